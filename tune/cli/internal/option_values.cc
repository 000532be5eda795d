// SPDX-License-Identifier: Apache-2.0
// Readers of numbers and times.
#include "tune/cli/internal/option_values.h"

#include <cmath>

#include "tune/cli/option_table.h"

namespace manta {

namespace internal {

Error not_expected(std::string_view text, const std::string& what) {
  return {ErrorCode::kInvalidArgument, "\"" + std::string(text) + "\" is not " + what};
}

Result<double> parse_number(std::string_view text, double low, double high) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_number = error == std::errc{} && end == text.data() + text.size() && std::isfinite(value);
  if (is_number && value >= low && value <= high) return value;
  const bool is_bounded = high != std::numeric_limits<double>::max();
  return not_expected(
      text, "a number of at least " + number_text(low) + (is_bounded ? " and at most " + number_text(high) : ""));
}

Result<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::pair<char, double> kUnits[] = {{'K', 0x1p10}, {'M', 0x1p20}, {'G', 0x1p30}, {'T', 0x1p40}};
  std::string_view number = text;
  for (const std::string_view ending : {"iB", "B"}) {
    if (!number.ends_with(ending)) continue;
    number.remove_suffix(ending.size());
    break;
  }
  double unit = 1;
  for (const auto& [letter, bytes] : kUnits) {
    if (!number.ends_with(letter)) continue;
    unit = bytes;
    number.remove_suffix(1);
  }
  const Result<double> amount = parse_number(number, 0);
  if (!amount || *amount * unit < 1 || *amount * unit > 0x1p60) {
    return not_expected(text, "a size above 0, such as 500M or 2G");
  }
  return static_cast<std::uint64_t>(*amount * unit);
}

}  // namespace internal

Result<double> parse_duration_seconds(std::string_view text) {
  constexpr std::pair<char, double> kUnits[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
  double unit = 1;
  std::string_view number = text;
  for (const auto& [letter, seconds] : kUnits) {
    if (!text.ends_with(letter)) continue;
    unit = seconds;
    number.remove_suffix(1);
  }
  const Result<double> amount = internal::parse_number(number, 0);
  if (!amount || *amount == 0) return internal::not_expected(text, "a time above 0, such as 90, 90s, 5m or 1h");
  return *amount * unit;
}

}  // namespace manta
