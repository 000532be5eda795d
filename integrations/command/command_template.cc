// SPDX-License-Identifier: Apache-2.0
// Reads the braces once, so that every trial only joins pieces.
#include "integrations/command/command_template.h"

#include <algorithm>

#include "integrations/command/command_words.h"

namespace manta {

namespace {

std::string join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

Error brace_error(std::string_view text, std::size_t position, std::string_view problem) {
  return {ErrorCode::kInvalidArgument, "command \"" + std::string(text) + "\": " + std::string(problem) +
                                           " at character " + std::to_string(position + 1) +
                                           "; write {name} for a parameter, {{ and }} for braces"};
}

}  // namespace

Result<CommandTemplate> CommandTemplate::parse(std::string_view text) {
  CommandTemplate parsed;
  std::string literal;
  const auto end_literal = [&] {
    if (!literal.empty()) parsed.pieces_.push_back({false, std::move(literal)});
    literal.clear();
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if ((c == '{' || c == '}') && at + 1 < text.size() && text[at + 1] == c) {
      literal += c;
      ++at;
    } else if (c == '{') {
      const std::size_t end = text.find_first_of("{}", at + 1);
      if (end == std::string_view::npos || text[end] == '{') return brace_error(text, at, "a { without its }");
      if (end == at + 1) return brace_error(text, at, "no name between { and }");
      end_literal();
      parsed.pieces_.push_back({true, std::string(text.substr(at + 1, end - at - 1))});
      at = end;
    } else if (c == '}') {
      return brace_error(text, at, "a } without its {");
    } else {
      literal += c;
    }
  }
  end_literal();
  if (text.find_first_not_of(" \t\n") == std::string_view::npos) {
    return Error{ErrorCode::kInvalidArgument, "the command is empty: write a shell command such as './sim --nu {nu}'"};
  }
  return parsed;
}

std::vector<std::string> CommandTemplate::names() const {
  std::vector<std::string> names;
  for (const Piece& piece : pieces_) {
    if (piece.is_name && std::ranges::find(names, piece.text) == names.end()) names.push_back(piece.text);
  }
  return names;
}

Result<void> CommandTemplate::check(const Space& space) const {
  for (const std::string& name : names()) {
    if (space.find(name) != nullptr || name == kConfigFile) continue;
    std::vector<std::string> known;
    for (const Parameter& parameter : space.parameters()) known.push_back(parameter.name);
    return Error{ErrorCode::kInvalidArgument, "the command uses {" + name + "}, but the space has no \"" + name +
                                                  "\"; it has: " + join(known) +
                                                  " (and {config_file} is all of them; write {{ and }} for braces)"};
  }
  return {};
}

std::vector<std::string> CommandTemplate::unused(const Space& space) const {
  const std::vector<std::string> used = names();
  const bool has_file = std::ranges::find(used, kConfigFile) != used.end() && space.find(kConfigFile) == nullptr;
  if (has_file) return {};
  std::vector<std::string> unused;
  for (const Parameter& parameter : space.parameters()) {
    const bool is_constant = std::holds_alternative<ConstantDomain>(parameter.domain);
    if (!is_constant && std::ranges::find(used, parameter.name) == used.end()) unused.push_back(parameter.name);
  }
  return unused;
}

std::string CommandTemplate::expand(const Config& config, std::string_view config_file) const {
  std::string command;
  for (const Piece& piece : pieces_) {
    if (!piece.is_name) {
      command += piece.text;
      continue;
    }
    const auto found = config.values().find(piece.text);
    const bool is_value = found != config.values().end();
    if (is_value) command += shell_quoted(to_plain_text(found->second));
    if (!is_value) command += shell_quoted(piece.text == kConfigFile ? config_file : "");
  }
  return command;
}

std::string to_plain_text(const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text != nullptr ? *text : to_json(value);
}

std::string shell_quoted(std::string_view text) {
  if (!text.empty() && std::ranges::all_of(text, is_plain_character)) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

}  // namespace manta
