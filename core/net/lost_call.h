// SPDX-License-Identifier: Apache-2.0
// What a call is told whose actor is dead.
#pragma once

#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/net/call.h"

namespace manta {

/// Stands in an actor's cause of death before what it printed last.
inline constexpr std::string_view kLastLines = "; its last lines";

/// "actor tally (Counter, pid 4711)"; without the class if `name` is that, without the process if `pid` is 0.
std::string title_of_actor(std::string_view name, std::string_view type, int pid);

/// The error of a call that an actor had when it died of `death`: "<cause> before it answered Counter::increase, called
/// by <caller>; its last lines: …".
Error lost_call_error(const Error& death, const Call& call, std::string_view caller);

/// The error of a call that was made `age` after its death: "<cause> 2.3 s before Counter::increase was called by …".
Error undelivered_call_error(const Error& death, Duration age, const Call& call, std::string_view caller);

}  // namespace manta
