// SPDX-License-Identifier: Apache-2.0
// Makes a trial's process say where it is stuck.
#pragma once

#include <sys/types.h>

#include <string>

namespace manta {

/// Aborts process `pid` on the thread that runs the trial: that of a function trainable if there is one, else the
/// first. Its crash report then shows that thread's stack. Does nothing if the process is no trial's any more.
void abort_process(pid_t pid);

/// What that thread does at this moment, as far as the system says: "its thread sleeps in hrtimer_nanosleep". The process
/// is not touched. "": there is nothing to say, or no such process.
std::string process_activity(pid_t pid);

}  // namespace manta
