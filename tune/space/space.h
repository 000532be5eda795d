// SPDX-License-Identifier: Apache-2.0
// The search space: which parameters there are and which values each may take.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.h"
#include "tune/space/config.h"

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

struct Parameter {
  std::string name;  ///< With '/' between the levels.
  Domain domain;
};

/// Parameters in the order of the document. Names are unique. Made valid by parse_space() and never changed.
class Space {
 public:
  Space() = default;
  explicit Space(std::vector<Parameter> parameters) : parameters_(std::move(parameters)) {}

  const std::vector<Parameter>& parameters() const { return parameters_; }
  const Parameter* find(std::string_view name) const;
  /// Product of the sizes of all grids; 1 when there is none. Saturates at 2^62.
  std::int64_t grid_size() const;
  /// True if every value of `config` lies in its domain and no parameter is missing or unknown; else the first mistake.
  Result<void> validate(const Config& config) const;

 private:
  std::vector<Parameter> parameters_;
};

/// Reads and validates a space written in JSON (docs/space.md, docs/space.schema.json).
/// Errors: kInvalidArgument: the message has the path of the mistake, what stands there, and what is allowed.
Result<Space> parse_space(std::string_view json);

/// The value of `domain` at `u` in [0, 1): the quantile function of its distribution. Monotone for numbers.
Value value_at(const Domain& domain, double u);

/// `domain` as a space writes it: `{"float":[0.0,0.5],"step":0.05}`.
std::string domain_json(const Domain& domain);

/// The value of `parameter` in trial `trial`: value_at() a number from the stream keyed by (seed, trial, name).
Value draw(const Parameter& parameter, std::uint64_t seed, std::int64_t trial);

/// The parts of one trial: grid values by `grid_index` in [0, grid_size()), the first grid parameter varies slowest;
/// all else by draw(), from streams keyed by (seed, trial, parameter name), so that a parameter added to or taken from
/// the space leaves the others' values alone.
Config sample(const Space& space, std::uint64_t seed, std::int64_t trial, std::int64_t grid_index);

}  // namespace manta
