// SPDX-License-Identifier: Apache-2.0
// The help of the program manta, from its table of verbs.
#pragma once

#include <string>

#include "tune/cli/verb_table.h"

namespace manta {

/// All verbs, a line for each.
std::string program_help();

/// Usage, arguments, options, examples; no line is wider than 100 columns unless a word is.
std::string verb_help(const Verb& verb);

/// An option with its letter and its value: "-f, --follow", "--where TEXT".
std::string option_words(const VerbOption& option);

/// `text` in lines of at most `width` columns; empty lines stay.
std::string wrapped(std::string_view text, int width, std::string_view indent);

}  // namespace manta
