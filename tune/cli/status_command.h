// SPDX-License-Identifier: Apache-2.0
// "manta status": what there is in the runtimes of this machine.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "tune/cli/exit_code.h"
#include "tune/cli/run_request.h"

namespace manta {

/// What the user asked for.
struct StatusRequest {
  std::optional<pid_t> pid;  ///< Of the driver; none: every runtime of this user.
  bool json = false;
  bool all = false;                     ///< Every row of every table.
  std::optional<double> watch_seconds;  ///< Again and again, with this pause between, until the runtime ends.
  ColorMode color = ColorMode::kAuto;
};

/// Prints to standard output what was asked for.
/// Errors: kNotFound: no runtime, or not of that process, with those that there are. kFailedPrecondition: it is another
/// user's. kIncompatible, kTimeout, kSystem: as from ask_runtime().
Result<ExitCode> show_status(const StatusRequest& request);

}  // namespace manta
