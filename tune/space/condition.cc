// SPDX-License-Identifier: Apache-2.0
// What holds for a value, and how it is written.
#include "tune/space/condition.h"

#include <algorithm>
#include <cmath>

namespace manta {

namespace {

std::string range_json(const NumberRange& range) {
  std::string text;
  if (std::isfinite(range.low)) {
    text += std::string(range.low_is_open ? "\">\":" : "\">=\":") + to_json(Value(range.low));
  }
  if (std::isfinite(range.high)) {
    text +=
        (text.empty() ? "" : ",") + std::string(range.high_is_open ? "\"<\":" : "\"<=\":") + to_json(Value(range.high));
  }
  return "{" + text + "}";
}

std::string values_json(const std::vector<Value>& values) {
  if (values.size() == 1) return to_json(values.front());
  std::string text;
  for (const Value& value : values) text += (text.empty() ? "" : ",") + to_json(value);
  return "[" + text + "]";
}

}  // namespace

bool NumberRange::contains(double number) const {
  const bool above = low_is_open ? number > low : number >= low;
  return above && (high_is_open ? number < high : number <= high);
}

bool ConditionTerm::holds(const Value& value) const {
  if (!range) return std::ranges::any_of(values, [&](const Value& one) { return same_value(one, value); });
  const std::optional<double> number = number_of(value);
  return number && range->contains(*number);
}

std::string condition_json(const Condition& condition) {
  std::string text;
  for (const ConditionTerm& term : condition) {
    text += (text.empty() ? "" : ",") + to_json(Value(term.parameter)) + ":" +
            (term.range ? range_json(*term.range) : values_json(term.values));
  }
  return "{" + text + "}";
}

}  // namespace manta
