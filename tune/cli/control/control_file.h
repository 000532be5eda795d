// SPDX-License-Identifier: Apache-2.0
// Commands for an experiment that nobody runs: written into its file, and taken up by --resume.
#pragma once

#include <filesystem>
#include <string>

#include "core/base/result.h"
#include "tune/cli/control/control_request.h"

namespace manta {

/// Says what was done, in a line for each thing; it is durable by then.
/// Errors: as TuneLoop::post() gives them; kFailedPrecondition also: somebody runs the experiment, or the command is
/// for running ones only; and those of ResultStore::open().
Result<std::string> command_file(const std::filesystem::path& directory, const ControlRequest& request);

}  // namespace manta
