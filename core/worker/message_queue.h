// SPDX-License-Identifier: Apache-2.0
// Messages that were taken out of a ring and wait for their turn.
#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace manta {

/// Thread-safety: any method, from any thread.
class MessageQueue {
 public:
  bool empty() const { return size_.load() == 0; }
  std::size_t size() const { return size_.load(); }

  void push(std::span<const std::byte> message) { push(message, {}); }
  /// One message in two parts.
  void push(std::span<const std::byte> first, std::span<const std::byte> second) {
    const std::lock_guard lock(mutex_);
    std::vector<std::byte> bytes;
    if (!free_.empty()) {
      bytes = std::move(free_.back());
      free_.pop_back();
    }
    bytes.assign(first.begin(), first.end());
    bytes.insert(bytes.end(), second.begin(), second.end());
    messages_.push_back(std::move(bytes));
    size_.store(messages_.size());
  }
  /// Puts the oldest message into `message`, whose old bytes are kept for another one. False: there is none.
  bool pop(std::vector<std::byte>& message) {
    const std::lock_guard lock(mutex_);
    if (messages_.empty()) return false;
    constexpr std::size_t kKept = 256;
    if (free_.size() < kKept) free_.push_back(std::move(message));
    message = std::move(messages_.front());
    messages_.pop_front();
    size_.store(messages_.size());
    return true;
  }

 private:
  std::mutex mutex_;
  std::deque<std::vector<std::byte>> messages_;
  std::vector<std::vector<std::byte>> free_;
  std::atomic<std::size_t> size_{0};
};

}  // namespace manta
