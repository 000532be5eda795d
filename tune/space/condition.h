// SPDX-License-Identifier: Apache-2.0
// When a parameter takes part: demands on the values of others.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "tune/space/value.h"

namespace manta {

/// Numbers between two bounds, each of which belongs to it or not.
struct NumberRange {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_is_open = true;  ///< `low` itself lies outside.
  bool high_is_open = true;

  bool contains(double number) const;
  friend bool operator==(const NumberRange&, const NumberRange&) = default;
};

/// Parameter `parameter` is active, and its value is one of `values` or, if there is a `range`, lies in it.
struct ConditionTerm {
  std::string parameter;  ///< The whole name, from the top of the space.
  std::vector<Value> values;
  std::optional<NumberRange> range;

  /// Whether a value of the parameter fulfils the demand. 1 and 1.0 count as the same.
  bool holds(const Value& value) const;
  friend bool operator==(const ConditionTerm&, const ConditionTerm&) = default;
};

/// All terms must hold. Without a term it always does.
using Condition = std::vector<ConditionTerm>;

/// `condition` as a space writes it: `{"layers":{">=":2.0},"optimizer":["sgd","adam"]}`.
std::string condition_json(const Condition& condition);

}  // namespace manta
