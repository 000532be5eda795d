// SPDX-License-Identifier: Apache-2.0
// Makes a trial's process say where it is stuck.
#pragma once

#include <sys/types.h>

namespace manta {

/// Aborts process `pid` on the thread that runs the trial: that of a function trainable if there is one, else the
/// first. Its crash report then shows that thread's stack. Does nothing if the process is no trial's any more.
void abort_process(pid_t pid);

}  // namespace manta
