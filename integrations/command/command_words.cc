// SPDX-License-Identifier: Apache-2.0
#include "integrations/command/command_words.h"

#include <utility>

namespace manta {

namespace {

constexpr std::string_view kBetween = " \t";

// Takes the word at the beginning of `rest`, plain characters and 'quoted' ones; none: there is something else in it.
std::optional<std::string> take_word(std::string_view& rest) {
  std::string word;
  while (!rest.empty() && kBetween.find(rest.front()) == std::string_view::npos) {
    const bool is_quoted = rest.front() == '\'';
    if (!is_quoted && !is_plain_character(rest.front())) return std::nullopt;
    const std::size_t end = is_quoted ? rest.find('\'', 1) : 1;
    if (end == std::string_view::npos) return std::nullopt;
    word += rest.substr(is_quoted ? 1 : 0, is_quoted ? end - 1 : 1);
    rest.remove_prefix(is_quoted ? end + 1 : 1);
  }
  return word;
}

}  // namespace

bool is_plain_character(char c) {
  const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return alphanumeric || std::string_view("_-+=./:,@%").find(c) != std::string_view::npos;
}

std::optional<std::vector<std::string>> words_without_shell(std::string_view command) {
  if (command.find('\0') != std::string_view::npos) return std::nullopt;
  std::vector<std::string> words;
  while (true) {
    const std::size_t begin = command.find_first_not_of(kBetween);
    if (begin == std::string_view::npos) break;
    command.remove_prefix(begin);
    std::optional<std::string> word = take_word(command);
    if (!word) return std::nullopt;
    words.push_back(*std::move(word));
  }
  // "a=b/c" in front is a variable of the program behind it.
  const bool is_path = !words.empty() && words[0].find('/') != std::string::npos;
  if (!is_path || words[0].find('=') != std::string::npos) return std::nullopt;
  return words;
}

}  // namespace manta
