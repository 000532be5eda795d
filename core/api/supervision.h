// SPDX-License-Identifier: Apache-2.0
// Deaths of the actors that this process has made.
#pragma once

#include "core/base/result.h"
#include "core/net/child_death.h"

namespace manta {

/// From now on `handler` is told of each actor that this process made and that died unexpectedly: not by a kill(), a
/// stop() or the end of its handles. An actor that is to be started again (max_restarts) has not died, and one that
/// this process watches by Actor::monitor() is left to whoever does. A handler that returns false, or throws, passes
/// the death on to the process that made this one; so does a process without a handler. What nobody has handled when it
/// has passed the driver is one line on standard error; no process is ended for it. An empty `handler` takes the
/// process' handler away.
///
/// In an actor, the handler runs between two calls, on a thread that runs them, and may do what a method may. In the
/// driver, it runs on a thread of the runtime, or on one that waits for an object; it may make calls and actors, but
/// not wait for them.
/// Errors: kFailedPrecondition: no runtime; kCancelled: it has ended.
Result<void> on_child_death(ChildDeathHandler handler);

}  // namespace manta
