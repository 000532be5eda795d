// SPDX-License-Identifier: Apache-2.0
// Where work is done that nobody wants to wait for.
#pragma once

#include <functional>

#include "core/base/clock.h"

namespace manta {

/// Does pieces of work one after the other, in the order in which they were posted.
///
/// Thread-safety: one thread posts.
class WorkQueue {
 public:
  virtual ~WorkQueue() = default;

  /// Returns at once. `work` must not throw.
  virtual void post(std::function<void()> work) = 0;

  /// Waits until nothing is left to do, for `limit` at most. False: something is.
  virtual bool drain(Duration limit) = 0;
};

}  // namespace manta
