// SPDX-License-Identifier: Apache-2.0
// Commands that need no shell.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace manta {

/// Means nothing but itself to every shell, wherever in a word it stands.
bool is_plain_character(char c);

/// The words of `command` if /bin/sh would do no more with it than to execute one program with them; none: it may do
/// more, so it is the shell's. The program is given by its path ("./sim", not "sim", which might be the shell's own),
/// and words are plain or in single quotes.
std::optional<std::vector<std::string>> words_without_shell(std::string_view command);

}  // namespace manta
