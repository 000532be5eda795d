// SPDX-License-Identifier: Apache-2.0
// Reading and testing of stop conditions.
#include <charconv>
#include <cmath>

#include "tune/loop/loop_options.h"

namespace manta {

namespace {

constexpr std::string_view kSpaces = " \t";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

Error malformed(std::string_view text, std::string_view why) {
  return {ErrorCode::kInvalidArgument,
          "stop condition \"" + std::string(text) + "\": " + std::string(why) +
              "; write a metric, one of >= > <= <, and a number, as in \"accuracy>=0.99\""};
}

}  // namespace

bool StopCondition::holds(const Metrics& metrics) const {
  const std::optional<double> value = metrics.find(metric);
  if (!value) return false;
  switch (comparison) {
    case Comparison::kGreater: return *value > threshold;
    case Comparison::kGreaterEqual: return *value >= threshold;
    case Comparison::kLess: return *value < threshold;
    case Comparison::kLessEqual: return *value <= threshold;
  }
  return false;
}

Result<StopCondition> StopCondition::parse(std::string_view text) {
  const std::size_t place = text.find_first_of("<>");
  if (place == std::string_view::npos) return malformed(text, "there is no comparison");
  const bool with_equal = text.substr(place + 1).starts_with('=');
  const bool greater = text[place] == '>';

  StopCondition condition;
  condition.metric = trimmed(text.substr(0, place));
  condition.comparison = greater ? (with_equal ? Comparison::kGreaterEqual : Comparison::kGreater)
                                 : (with_equal ? Comparison::kLessEqual : Comparison::kLess);
  if (condition.metric.empty()) return malformed(text, "there is no metric before the comparison");
  if (condition.metric.ends_with('=')) return malformed(text, "\"=>\" and \"=<\" are no comparisons");

  const std::string_view number = trimmed(text.substr(place + (with_equal ? 2 : 1)));
  const char* const end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, condition.threshold);
  if (error != std::errc{} || stop != end || std::isnan(condition.threshold)) {
    return malformed(text, "\"" + std::string(number) + "\" is no number");
  }
  return condition;
}

}  // namespace manta
