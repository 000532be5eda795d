// SPDX-License-Identifier: Apache-2.0
// Which call a thread runs.
#pragma once

#include <cstdint>
#include <utility>

namespace manta {

/// While it lives, this thread runs call `number` of its process.
///
/// Thread-safety: one at a time on each thread; scopes nest.
class RunningCall {
 public:
  explicit RunningCall(std::uint64_t number) : outer_(std::exchange(current_, number)) {}
  ~RunningCall() { current_ = outer_; }
  RunningCall(const RunningCall&) = delete;
  RunningCall& operator=(const RunningCall&) = delete;

  /// 0: none.
  static std::uint64_t number() { return current_; }

 private:
  const std::uint64_t outer_;
  static inline thread_local std::uint64_t current_ = 0;
};

}  // namespace manta
