// SPDX-License-Identifier: Apache-2.0
// How a node or a worker lives in time.
#pragma once

#include <functional>
#include <memory>

#include "core/base/clock.h"

namespace manta {

/// By default a process goes by the machine's clock and by its own threads. A test hands in another clock, and goes
/// through the steps itself: it decides which process takes its next message.
struct Pace {
  /// Instead of sleeping until there are messages, or until `deadline`. It takes steps of this or other processes.
  using Pause = std::function<void(TimePoint deadline)>;

  std::shared_ptr<const Clock> clock = std::make_shared<SystemClock>();
  Pause pause = {};  ///< Set: the process neither spins nor sleeps, and takes messages only when it is told to.
  /// Instead of sleeping until the node has made room in a worker's ring; no step of this process may be taken meanwhile.
  std::function<void()> pause_for_room = {};

  bool is_stepped() const { return pause != nullptr; }
};

}  // namespace manta
