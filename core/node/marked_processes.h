// SPDX-License-Identifier: Apache-2.0
// Processes found by what their environment says.
#pragma once

#include <string>

namespace manta {

/// Ends (SIGKILL) each process of this user that was started with `variable` ("NAME=value") in its environment, and
/// its descendants that have neither been given another environment nor written over it: until a look at all processes
/// finds none, or for about two seconds. Blocks so long. This process is left out.
void kill_marked_processes(const std::string& variable);

}  // namespace manta
