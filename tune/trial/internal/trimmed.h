// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace manta::internal {

/// `text` without the spaces and tabs around it.
inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpaces = " \t";
  const std::size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

}  // namespace manta::internal
