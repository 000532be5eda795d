// SPDX-License-Identifier: Apache-2.0
// Terminals: asked once, then only values.
#include "tune/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace manta {

namespace {

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

bool names_utf8(const char* value) {
  return value != nullptr && (std::strstr(value, "UTF-8") != nullptr || std::strstr(value, "utf8") != nullptr ||
                              std::strstr(value, "utf-8") != nullptr);
}

// From the variables and not from nl_langinfo(), which would need setlocale() and change the user's program.
bool locale_is_utf8() {
  for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (is_set(variable)) return names_utf8(std::getenv(variable));
  }
  return false;
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

TerminalFacts gather_terminal_facts(int fd) {
  TerminalFacts facts;
  facts.is_terminal = isatty(fd) == 1;
  winsize size{};
  if (facts.is_terminal && ioctl(fd, TIOCGWINSZ, &size) == 0) {
    facts.width = size.ws_col;
    facts.height = size.ws_row;
  }
  const char* force = std::getenv("CLICOLOR_FORCE");
  const char* term = std::getenv("TERM");
  facts.no_color = is_set("NO_COLOR");
  facts.force_color = force != nullptr && *force != '\0' && std::strcmp(force, "0") != 0;
  facts.is_dumb = term == nullptr || *term == '\0' || std::strcmp(term, "dumb") == 0;
  facts.is_utf8 = locale_is_utf8();
  return facts;
}

TextStyle choose_style(const TerminalFacts& facts, ColorMode mode) {
  TextStyle style;
  if (facts.width > 0) style.width = facts.width;
  if (facts.height > 0) style.height = facts.height;
  style.utf8 = facts.is_utf8;
  const bool by_environment = !facts.no_color && (facts.force_color || (facts.is_terminal && !facts.is_dumb));
  style.color = mode == ColorMode::kAlways || (mode == ColorMode::kAuto && by_environment);
  return style;
}

ProgressStyle choose_progress(const TerminalFacts& facts, ProgressStyle asked) {
  if (asked != ProgressStyle::kAuto) return asked;
  return facts.is_terminal && !facts.is_dumb ? ProgressStyle::kLive : ProgressStyle::kPlain;
}

int display_width(std::string_view text) {
  int columns = 0;
  for (const char c : text) columns += is_continuation(c) ? 0 : 1;
  return columns;
}

std::string fit(std::string_view text, int width, bool utf8) {
  if (width <= 0) return "";
  if (display_width(text) <= width) return std::string(text);
  const std::string_view ellipsis = utf8 ? "…" : "~";
  std::size_t end = 0;
  for (int columns = 0; columns < width - 1; ++columns) {
    ++end;
    while (end < text.size() && is_continuation(text[end])) ++end;
  }
  return std::string(text.substr(0, end)).append(ellipsis);
}

std::string padded(std::string_view text, int width, bool utf8, bool right) {
  std::string cut = fit(text, width, utf8);
  const std::string fill(static_cast<std::size_t>(std::max(0, width - display_width(cut))), ' ');
  return right ? fill + cut : cut + fill;
}

}  // namespace manta
