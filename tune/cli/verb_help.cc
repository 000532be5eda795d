// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/verb_help.h"

#include <algorithm>

#include "tune/cli/terminal.h"

namespace manta {

namespace {

constexpr int kWidth = 100;

// Two columns.
std::string table(const std::vector<std::pair<std::string, std::string>>& rows) {
  int width = 0;
  for (const auto& [left, right] : rows) width = std::max(width, display_width(left));
  std::string text;
  for (const auto& [left, right] : rows) {
    const std::string indent(static_cast<std::size_t>(width) + 4, ' ');
    const std::string lines = wrapped(right, kWidth, indent);
    text += "  " + padded(left, width, /*utf8=*/true) + "  " + lines.substr(std::min(lines.size(), indent.size()));
  }
  return text;
}

}  // namespace

std::string option_words(const VerbOption& option) {
  std::string words = option.letter != 0 ? std::string("-") + option.letter + ", " : "";
  words += "--" + std::string(option.name);
  if (option.value_name.empty()) return words;
  const std::string value(option.value_name);
  return words + (option.value_is_optional ? " [" + value + "]" : " " + value);
}

std::string wrapped(std::string_view text, int width, std::string_view indent) {
  std::string lines;
  std::string line;
  const auto flush = [&] {
    if (!line.empty()) lines += std::string(indent) + line + "\n";
    line.clear();
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
    const std::string_view word = text.substr(0, end);
    if (!line.empty() && display_width(indent) + display_width(line) + 1 + display_width(word) > width) flush();
    if (!word.empty()) line += (line.empty() ? "" : " ") + std::string(word);
    if (end < text.size() && text[end] == '\n') {
      const bool is_blank = line.empty();
      flush();
      if (is_blank) lines += "\n";
    }
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  flush();
  return lines;
}

std::string program_help() {
  std::string text =
      "Looks at experiments and changes them, running or not, and looks at programs that use Manta's runtime.\n\n"
      "usage: manta VERB [OPTIONS] ...\n";
  std::string_view group;
  std::vector<std::pair<std::string, std::string>> rows;
  const auto flush = [&] {
    if (!rows.empty()) text += "\n" + std::string(group) + ":\n" + table(rows);
    rows.clear();
  };
  for (const Verb& verb : verb_table()) {
    if (verb.group != group) flush();
    group = verb.group;
    rows.emplace_back(std::string(verb.name), std::string(verb.summary));
  }
  flush();
  return text +
         "\nmanta VERB --help says more about one. Experiments are run by tune_run, or by your own program.\n"
         "Exit codes: 0 done, 2 wrong usage or nothing there, 3 not permitted or in use, 4 storage failed, 5 no "
         "answer.\n"
         "Manual: docs/cli.md\n";
}

std::string verb_help(const Verb& verb) {
  std::string text = std::string(verb.summary) + ".\n\nusage: " + usage_line(verb) + "\n";
  if (!verb.text.empty()) text += "\n" + wrapped(verb.text, kWidth, "");
  std::vector<std::pair<std::string, std::string>> rows;
  for (const VerbArgument& argument : verb.arguments) {
    rows.emplace_back(std::string(argument.name), std::string(argument.help));
  }
  for (const VerbOption& option : verb.options) rows.emplace_back(option_words(option), std::string(option.help));
  rows.emplace_back("-h, --help", "Print this and end");
  text += "\n" + table(rows);
  if (!verb.examples.empty()) text += "\nexamples:\n";
  for (const std::string_view example : verb.examples) text += "  " + std::string(example) + "\n";
  return text;
}

}  // namespace manta
