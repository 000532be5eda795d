// SPDX-License-Identifier: Apache-2.0
// How the program ends, for scripts.
#pragma once

#include "core/base/error.h"

namespace manta {

/// Stable; documented in docs/cli.md and in --help.
enum ExitCode : int {
  kExitOk = 0,             ///< Ended as asked.
  kExitTrialsFailed = 1,   ///< Too many trials failed, or none has a value.
  kExitUsage = 2,          ///< Wrong usage, space, plugin or resumed experiment.
  kExitEnvironment = 3,    ///< The machine refused: too few CPUs or GPUs, a directory that is not writable.
  kExitStorage = 4,        ///< Results cannot be kept: disk full or failing.
  kExitRuntime = 5,        ///< Worker processes were lost that the sweep needs.
  kExitBug = 6,            ///< A bug of Manta.
  kExitInterrupted = 130,  ///< Ctrl-C.
  kExitTerminated = 143,   ///< SIGTERM or SIGHUP.
};

/// The exit code of a run that ended with an error.
ExitCode exit_code_of(ErrorCode code);

}  // namespace manta
