// SPDX-License-Identifier: Apache-2.0
// What the place that we print to can show.
#pragma once

#include <string>
#include <string_view>

#include "core/base/escape_control.h"
#include "tune/cli/run_request.h"

namespace manta {

/// The facts about one output, gathered by whoever may ask the environment.
struct TerminalFacts {
  bool is_terminal = false;
  int width = 0;             ///< In columns; 0: unknown.
  int height = 0;            ///< In rows; 0: unknown.
  bool no_color = false;     ///< NO_COLOR is set and not empty.
  bool force_color = false;  ///< CLICOLOR_FORCE is set and not "0".
  bool is_dumb = false;      ///< TERM is "dumb" or missing.
  bool is_utf8 = false;      ///< The locale's character set.
};

/// How to print there.
struct TextStyle {
  int width = 80;
  int height = 24;
  bool color = false;
  bool utf8 = false;
};

/// Asks the operating system and the environment about the descriptor.
TerminalFacts gather_terminal_facts(int fd);

/// An option on the command line wins over the environment, NO_COLOR over CLICOLOR_FORCE.
TextStyle choose_style(const TerminalFacts& facts, ColorMode mode);

/// kLive or kPlain for kAuto: live needs a terminal that moves its cursor. Asked for by name, live is live.
ProgressStyle choose_progress(const TerminalFacts& facts, ProgressStyle asked);

/// Columns that `text` takes: one per code point.
int display_width(std::string_view text);

/// `text` cut to `width` columns with an ellipsis when it is longer.
std::string fit(std::string_view text, int width, bool utf8);

/// As fit(), then filled with spaces; to the left of the text if `right`.
std::string padded(std::string_view text, int width, bool utf8, bool right = false);

}  // namespace manta
