// SPDX-License-Identifier: Apache-2.0
// What a shell offers behind the Tab key, from the tables of verbs and options.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace manta {

/// A script that completes the words of manta and tune_run, for "bash", "zsh" or "fish".
/// Errors: kInvalidArgument: another shell.
Result<std::string> completion_script(std::string_view shell);

}  // namespace manta
