// SPDX-License-Identifier: Apache-2.0
// What values a parameter may have, and with which probability.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tune/space/value.h"

namespace manta {

/// Floats in [low, high]; with `log`, uniform in the logarithm (0 < low); with `step`, the values low, low + step, …,
/// high, each of equal mass (the step divides the range; not with `log`).
struct FloatDomain {
  double low = 0;
  double high = 1;
  bool log = false;
  std::optional<double> step;
};
/// Integers in {low, low + step, …, high}, both ends included; with `log`, mass falls as 1/x (1 <= low, step 1). All
/// lie within +-2^53, so that each is also a double.
struct IntDomain {
  std::int64_t low = 0;
  std::int64_t high = 1;
  bool log = false;
  std::int64_t step = 1;
};
/// One of `values`, without an order.
struct ChoiceDomain {
  std::vector<Value> values;
};
/// One of `values`, which are ordered from least to most.
struct OrdinalDomain {
  std::vector<Value> values;
};
/// Each of `values` in turn: the grid is the product over all such parameters.
struct GridDomain {
  std::vector<Value> values;
};
/// Normal, unbounded.
struct NormalDomain {
  double mean = 0;
  double stddev = 1;
};
/// The same value in every trial.
struct ConstantDomain {
  Value value;
};
using Domain =
    std::variant<FloatDomain, IntDomain, ChoiceDomain, OrdinalDomain, GridDomain, NormalDomain, ConstantDomain>;

/// Whether `value` lies in `domain`. A number in a numeric domain may be written either way, 1 or 1.0, as Config's
/// accessors read it; a listed value only as it is listed.
bool contains(const Domain& domain, const Value& value);

/// The value of `domain` at `u` in [0, 1): the quantile function of its distribution. Monotone for numbers.
Value value_at(const Domain& domain, double u);

/// `domain` as a space writes it: `{"float":[0.0,0.5],"step":0.05}`.
std::string domain_json(const Domain& domain);

}  // namespace manta
