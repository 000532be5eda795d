// SPDX-License-Identifier: Apache-2.0
// What users command of an experiment, and what they are told, as lines of JSON.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "tune/cli/tune_options.h"
#include "tune/space/config.h"
#include "tune/space/space.h"
#include "tune/trial/trial_id.h"

namespace manta {

struct ControlRequest {
  std::string verb;             ///< stop, kill, pause, resume, retry, clone, add-trial, set or note.
  std::vector<TrialId> trials;  ///< Of clone: the donor. Of note: none or one. Of add-trial and set: none.
  Config config;                ///< Of add-trial; of clone: what is to differ.
  std::vector<std::pair<std::string, std::string>> options;  ///< Of set: names as on the command line, and values.
  std::string text;                                          ///< Of note.
};

/// On one line.
std::string to_json(const ControlRequest& request);
/// Errors: kIncompatible: of another version of Manta.
Result<ControlRequest> parse_control_request(std::string_view line);

/// On one line.
std::string answer_json(const Result<std::string>& answer);
/// The answer, or the error that was answered.
Result<std::string> parse_control_answer(std::string_view line);

/// `config` with whole numbers as floating-point ones where `space` wants those: users write 1 for 1.0.
Config coerced(Config config, const Space& space);

/// Sets limits and resources in `options`. Returns a line for each.
/// Errors: kInvalidArgument: an option that there is not, that an experiment keeps, or a value that it does not take.
Result<std::string> set_options(const std::vector<std::pair<std::string, std::string>>& values, TuneOptions& options,
                                bool is_running);

}  // namespace manta
