// SPDX-License-Identifier: Apache-2.0
// Which of the tasks sent to a worker it has begun; the rest can be taken back.
#pragma once

#include <atomic>
#include <cstdint>

namespace manta {

/// In the memory between a node and a worker, so that it can be read after the worker's death. Tasks are sent in
/// generations; the worker claims each before it runs it, and gets none of a generation that the node has ended. One
/// word holds the generation and the count of claims, so both sides agree on every task whatever the order of their
/// steps.
///
/// Thread-safety: any method, from any thread of both processes.
class TaskClaims {
 public:
  /// The worker is about to run the next task, sent in `generation`. False: the node has taken it back.
  bool claim(std::uint32_t generation) {
    std::uint64_t word = word_.load();
    do {
      if (static_cast<std::uint32_t>(word >> kShift) != generation) return false;
    } while (!word_.compare_exchange_weak(word, next_claim(word)));
    return true;
  }
  /// The node takes back what has not been claimed. Returns how many were claimed, ever.
  std::uint32_t revoke() { return static_cast<std::uint32_t>(word_.fetch_add(std::uint64_t{1} << kShift)); }
  std::uint32_t claimed() const { return static_cast<std::uint32_t>(word_.load()); }
  std::uint32_t generation() const { return static_cast<std::uint32_t>(word_.load() >> kShift); }

 private:
  static constexpr int kShift = 32;
  // The lower half wraps by itself.
  static std::uint64_t next_claim(std::uint64_t word) {
    return (word >> kShift << kShift) | static_cast<std::uint32_t>(word + 1);
  }

  std::atomic<std::uint64_t> word_{0};
};

}  // namespace manta
