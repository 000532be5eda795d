// SPDX-License-Identifier: Apache-2.0
// Texts of options, read into values and written as JSON.
#pragma once

#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "tune/space/value.h"

namespace manta::internal {

/// "\"text\" is not what".
Error not_expected(std::string_view text, const std::string& what);

/// Errors: kInvalidArgument: no integer, or outside [low, high].
template <class Integer>
Result<Integer> parse_integer(std::string_view text, Integer low, Integer high = std::numeric_limits<Integer>::max()) {
  Integer value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_integer = error == std::errc{} && end == text.data() + text.size();
  if (is_integer && value >= low && value <= high) return value;
  const bool is_bounded = high != std::numeric_limits<Integer>::max();
  return not_expected(text, "an integer of at least " + std::to_string(low) +
                                (is_bounded ? " and at most " + std::to_string(high) : ""));
}

/// Errors: kInvalidArgument: no finite number, or outside [low, high].
Result<double> parse_number(std::string_view text, double low, double high = std::numeric_limits<double>::max());

/// Reads "1073741824", "500M", "2G", "1.5GiB": powers of 1024. Bytes, above 0.
/// Errors: kInvalidArgument: the forms expected.
Result<std::uint64_t> parse_size(std::string_view text);

/// As JSON.
inline std::string number_text(double value) { return to_json(manta::Value(value)); }
inline std::string quoted(std::string text) { return to_json(manta::Value(std::move(text))); }

/// An enumeration's values by their words.
template <class Enum>
using Words = std::vector<std::pair<std::string_view, Enum>>;

/// Errors: kInvalidArgument: none of the words.
template <class Enum>
Result<Enum> parse_word(std::string_view text, const Words<Enum>& words) {
  std::string all;
  for (const auto& [word, value] : words) {
    if (word == text) return value;
    all += (all.empty() ? "" : ", ") + std::string(word);
  }
  return not_expected(text, "one of " + all);
}

/// As JSON.
template <class Enum>
std::string word_of(Enum value, const Words<Enum>& words) {
  for (const auto& [word, candidate] : words) {
    if (candidate == value) return quoted(std::string(word));
  }
  return "null";
}

}  // namespace manta::internal
