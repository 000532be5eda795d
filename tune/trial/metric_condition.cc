// SPDX-License-Identifier: Apache-2.0
#include "tune/trial/metric_condition.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "tune/trial/internal/trimmed.h"

namespace manta {

namespace {

Error malformed(std::string_view text, std::string_view why) {
  return {ErrorCode::kInvalidArgument,
          "condition \"" + std::string(text) + "\": " + std::string(why) +
              "; write a metric, one of >= > <= <, and a number, as in \"accuracy>=0.99\""};
}

}  // namespace

bool MetricCondition::holds(const Metrics& metrics) const {
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

double MetricCondition::margin(const Metrics& metrics) const {
  const double value = metrics.find(metric).value_or(std::numeric_limits<double>::quiet_NaN());
  if (std::isnan(value)) return std::numeric_limits<double>::infinity();
  const double distance = std::abs(value - threshold);
  return holds(metrics) ? -std::min(distance, std::numeric_limits<double>::max())
                        : std::max(distance, std::numeric_limits<double>::min());
}

std::string MetricCondition::text() const {
  char number[32];
  const auto [end, error] = std::to_chars(number, number + sizeof number, threshold);
  return metric + " " + std::string(comparison_text()) + " " + std::string(number, end);
}

std::string_view MetricCondition::comparison_text() const {
  switch (comparison) {
    case Comparison::kGreater: return ">";
    case Comparison::kGreaterEqual: return ">=";
    case Comparison::kLess: return "<";
    case Comparison::kLessEqual: return "<=";
  }
  return "";
}

Result<MetricCondition> MetricCondition::parse(std::string_view text) {
  const std::size_t place = text.find_first_of("<>");
  if (place == std::string_view::npos) return malformed(text, "there is no comparison");
  const bool with_equal = text.substr(place + 1).starts_with('=');
  const bool greater = text[place] == '>';

  MetricCondition condition;
  condition.metric = internal::trimmed(text.substr(0, place));
  condition.comparison = greater ? (with_equal ? Comparison::kGreaterEqual : Comparison::kGreater)
                                 : (with_equal ? Comparison::kLessEqual : Comparison::kLess);
  if (condition.metric.empty()) return malformed(text, "there is no metric before the comparison");
  if (condition.metric.ends_with('=')) return malformed(text, "\"=>\" and \"=<\" are no comparisons");

  const std::string_view number = internal::trimmed(text.substr(place + (with_equal ? 2 : 1)));
  const char* const end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, condition.threshold);
  if (error != std::errc{} || stop != end || std::isnan(condition.threshold)) {
    return malformed(text, "\"" + std::string(number) + "\" is no number");
  }
  return condition;
}

}  // namespace manta
