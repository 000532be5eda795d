// SPDX-License-Identifier: Apache-2.0
// Any program as a trainable: its parameters on the command line, its metrics on standard output.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "integrations/command/command_template.h"
#include "tune/trainable.h"

namespace manta {

/// Makes a trainable that runs `command` once per trial.
///
/// The program gets its values by placeholders and in its environment: MANTA_CONFIG (the configuration as JSON) and
/// MANTA_PARAM_<NAME> for each (upper case, anything but letters and digits as '_'); and as a file of JSON, which
/// MANTA_CONFIG_FILE and the placeholder {config_file} name, and which is removed when the program has ended. Each line of standard output that
/// is a JSON object with a number is one report. If there was none, the last number on standard output is the value of
/// `metric`, once the program ends with exit code 0. All else that it prints goes to standard error, the trial's log.
/// A line {"infeasible": "why"} ends the trial as Trainable::infeasible() does. Any other end fails the attempt; the
/// message has the exit code or signal and the last lines of standard error.
///
/// A program takes part in pauses, clones and retries by files: it makes a file or directory of a new name in
/// MANTA_CHECKPOINT_DIR, then names it in its report, {"loss": 0.3, "checkpoint": "step-7"}. Who goes on finds it at
/// MANTA_CHECKPOINT; that is not set where a trial begins anew, as one does that was paused or cloned at a report
/// without a checkpoint. It reads no input.
/// Destruction and reset() kill the program and its children at once.
std::unique_ptr<Trainable> make_command_trainable(CommandTemplate command, std::string metric);

/// The text by which a worker finds this command: see resolve_trainable().
std::string command_reference(std::string_view command, std::string_view metric);
/// True if command_reference() made `reference`.
bool is_command_reference(std::string_view reference);
/// Errors: those of CommandTemplate::parse(); kInvalidArgument: not made by command_reference().
Result<TrainableEntry> trainable_of_command_reference(std::string_view reference);

}  // namespace manta
