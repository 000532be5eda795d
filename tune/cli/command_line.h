// SPDX-License-Identifier: Apache-2.0
// The words of a command line, sorted.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "tune/cli/option_table.h"
#include "tune/cli/run_request.h"

namespace manta {

struct CommandLine {
  enum class Action {
    kRun,    ///< Run or resume an experiment.
    kCheck,  ///< Look at a document only.
    kPrint,  ///< Print `text` and end well: --help, --version.
  };
  struct Setting {
    const OptionSpec* option;
    std::vector<std::string> values;
  };

  Action action = Action::kRun;
  std::string text;
  std::string document;           ///< Path of space.json; "" when there is none.
  std::vector<Setting> settings;  ///< What was given, in the order of the table.
};

/// Sorts `arguments` (without the program's name, which is `program`).
/// Errors: kInvalidArgument: unknown option (with the nearest one), a value that is missing, a word too many.
Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments, const std::string& program);

/// `base` (a resumed experiment's options, or the defaults) with the document on top, and the command line on top of
/// that. Errors: kNotFound, kSystem: the file; kInvalidArgument: a value, with the name of its option or the document's
/// path.
Result<RunRequest> make_request(const CommandLine& line, RunRequest base = {});

/// The directory after --resume, or none.
std::optional<std::string> resume_directory(const CommandLine& line);
/// The value of --simulate, or none.
std::optional<std::string> simulated_source(const CommandLine& line);

}  // namespace manta
