// SPDX-License-Identifier: Apache-2.0
// By what the code on one thread makes its calls, if not by what its process is.
#pragma once

#include <memory>
#include <utility>

#include "core/net/caller.h"

namespace manta {

/// While it lives, code on this thread makes its calls by `caller`. A program that is driver and workers at once, as
/// tests are, has one on each thread.
///
/// Thread-safety: one at a time on each thread; scopes nest.
class CallerScope {
 public:
  explicit CallerScope(std::shared_ptr<Caller> caller) : caller_(std::move(caller)), outer_(current_) {
    current_ = this;
  }
  ~CallerScope() { current_ = outer_; }
  CallerScope(const CallerScope&) = delete;
  CallerScope& operator=(const CallerScope&) = delete;

  /// Null where no scope is open.
  static std::shared_ptr<Caller> caller() { return current_ != nullptr ? current_->caller_ : nullptr; }

 private:
  const std::shared_ptr<Caller> caller_;
  CallerScope* const outer_;
  static inline thread_local CallerScope* current_ = nullptr;
};

}  // namespace manta
