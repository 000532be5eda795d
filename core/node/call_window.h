// SPDX-License-Identifier: Apache-2.0
// The calls that one worker has and has not answered.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "core/net/call.h"

namespace manta {

/// Calls by consecutive numbers; most are answered in order, so a number is a place in a queue.
///
/// Thread-safety: none.
class CallWindow {
 public:
  /// The number that put() will give.
  std::uint64_t next() const { return first_ + calls_.size(); }
  std::uint64_t put(Call call) {
    calls_.emplace_back(std::move(call));
    ++count_;
    return next() - 1;
  }
  /// Call `number`, or null if it is not here.
  Call* find(std::uint64_t number) {
    if (number < first_ || number >= next()) return nullptr;
    std::optional<Call>& place = calls_[number - first_];
    return place ? &*place : nullptr;
  }
  /// Takes out call `number`; none if it is not here.
  std::optional<Call> take(std::uint64_t number) {
    Call* call = find(number);
    if (call == nullptr) return std::nullopt;
    std::optional<Call> taken(std::move(*call));
    calls_[number - first_].reset();
    --count_;
    while (!calls_.empty() && !calls_.front()) {
      calls_.pop_front();
      ++first_;
    }
    return taken;
  }
  bool empty() const { return count_ == 0; }
  std::size_t size() const { return count_; }

  /// `visit(Call&)` for each, oldest first.
  template <class Visit>
  void for_each(Visit&& visit) {
    for (std::optional<Call>& call : calls_)
      if (call) visit(*call);
  }
  /// As for_each(), with the numbers.
  template <class Visit>
  void for_each_numbered(Visit&& visit) {
    for (std::size_t i = 0; i < calls_.size(); ++i)
      if (calls_[i]) visit(first_ + i, *calls_[i]);
  }
  /// Takes out those that `wanted(const Call&)` says; `visit(Call)` for each, latest first.
  template <class Wanted, class Visit>
  void take_latest_first(Wanted&& wanted, Visit&& visit) {
    for (std::size_t i = calls_.size(); i-- > 0;) {
      if (!calls_[i] || !wanted(*calls_[i])) continue;
      visit(std::move(*calls_[i]));
      calls_[i].reset();
      --count_;
    }
  }
  /// Takes all out; `visit(Call)` for each, latest first, as they go back to the front of a queue.
  template <class Visit>
  void drain_latest_first(Visit&& visit) {
    first_ = next();
    std::deque<std::optional<Call>> calls = std::exchange(calls_, {});
    count_ = 0;
    for (auto it = calls.rbegin(); it != calls.rend(); ++it)
      if (*it) visit(std::move(**it));
  }

 private:
  std::deque<std::optional<Call>> calls_;  // calls_[i] has the number first_ + i; none: it was answered.
  std::uint64_t first_ = 1;
  std::size_t count_ = 0;
};

}  // namespace manta
