// SPDX-License-Identifier: Apache-2.0
// The search space: which parameters there are, which values each may take, and which of them go together.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "tune/space/condition.h"
#include "tune/space/config.h"
#include "tune/space/domain.h"
#include "tune/space/expression.h"

namespace manta {

/// How sure the user is that a default is good: for searchers that can begin from a prior.
enum class Confidence { kLow, kMedium, kHigh };

struct Parameter {
  std::string name;  ///< With '/' between the levels.
  Domain domain;
  /// When it takes part; else it is inactive and no configuration has it. With the conditions of its groups.
  Condition when = {};
  std::optional<Value> default_value = std::nullopt;
  Confidence confidence = Confidence::kMedium;  ///< In `default_value`.
};

/// Parameters in the order of the document, constraints between them, and points to begin with. Names are unique, and
/// each names what is there. Made valid by parse_space() and never changed.
///
/// Thread-safety: as an immutable value.
class Space {
 public:
  /// One value per parameter, in their order; none: the parameter is inactive.
  using Values = std::span<const std::optional<Value>>;

  Space() = default;
  /// The conditions name other parameters and have no cycle; `constraints` were parsed with expression_names() of
  /// `parameters`; `start` holds values of their domains.
  explicit Space(std::vector<Parameter> parameters, std::vector<Expression> constraints = {},
                 std::vector<Config> start = {});

  const std::vector<Parameter>& parameters() const { return parameters_; }
  const Parameter* find(std::string_view name) const;
  std::optional<std::size_t> position_of(std::string_view name) const;
  const std::vector<Expression>& constraints() const { return constraints_; }
  /// The first points that the user wrote. What a point leaves out is drawn.
  const std::vector<Config>& start() const { return start_; }
  bool has_conditions() const { return has_conditions_; }

  /// Positions of all parameters, each after those that its condition names; the document's order without conditions.
  const std::vector<std::size_t>& activity_order() const { return order_; }
  /// Whether a parameter takes part, given `values` of those before it in activity_order().
  bool is_active(std::size_t position, Values values) const;
  /// The first constraint that `values` break, by its position, or none. One that names an inactive parameter holds.
  std::optional<std::size_t> broken_constraint(Values values) const;

  /// The defaults of all parameters that take part in them, or none: one of these has no default. A constant is its
  /// own.
  std::optional<Config> default_config() const;
  /// Product of the sizes of all grids, whatever conditions and constraints say; 1 when there is none. Saturates at
  /// 2^62.
  std::int64_t grid_size() const;
  /// True if every value of `config` lies in its domain, no active parameter is missing, none inactive or unknown is
  /// there, and all constraints hold; else the first mistake.
  Result<void> validate(const Config& config) const;
  /// The same for a part of a configuration: its values and names only.
  Result<void> validate_part(const Config& config) const;

 private:
  std::vector<Parameter> parameters_;
  std::vector<Expression> constraints_;
  std::vector<Config> start_;
  std::map<std::string, std::size_t, std::less<>> positions_;
  std::vector<std::vector<std::size_t>> named_;  // Per parameter: the positions that its condition names, term by term.
  std::vector<std::size_t> order_;
  bool has_conditions_ = false;
};

/// Reads and validates a space written in JSON (docs/space.md, docs/space.schema.json).
/// Errors: kInvalidArgument: the message has the path of the mistake, what stands there, and what is allowed.
Result<Space> parse_space(std::string_view json);

/// What constraints may name, in the order of `parameters`.
std::vector<ExpressionName> expression_names(const std::vector<Parameter>& parameters);

/// `parameter` as a space writes it, its condition whole: `{"float":[0.0,0.5],"when":{"optimizer":"sgd"}}`.
std::string parameter_json(const Parameter& parameter);

/// The value of `parameter` in the first draw of trial `trial`: value_at() the first number of the stream keyed by
/// (seed, trial, name).
Value draw(const Parameter& parameter, std::uint64_t seed, std::int64_t trial);

/// Draws that are thrown away, because a constraint is broken, before sample() gives up.
inline constexpr int kMaxDraws = 10'000;

/// One trial, all of it drawn, grid parameters too: draw k takes the k-th number of each parameter's own stream, keyed
/// by (seed, trial, name), and the first draw that keeps all constraints is the trial. So a parameter that is added to
/// or taken from the space leaves the others' values alone, but for constraints that name it.
/// Errors: kInvalidArgument: none of kMaxDraws draws keeps them; the message names the constraint that is broken most
/// often.
Result<Config> sample(const Space& space, std::uint64_t seed, std::int64_t trial);

/// The values of the grid parameters at `grid_index` in [0, grid_size()), in the order of the parameters; none for all
/// others. The first grid parameter varies slowest.
std::vector<std::optional<Value>> grid_values(const Space& space, std::int64_t grid_index);

/// The same as sample() above with grid_values() for the grid parameters. One that is inactive in the draw is left out.
Result<Config> sample(const Space& space, std::uint64_t seed, std::int64_t trial, std::int64_t grid_index);

/// The same with the values of `part`, which validate_part() accepts; a draw in which one of them is inactive is thrown
/// away too.
Result<Config> complete(const Space& space, const Config& part, std::uint64_t seed, std::int64_t trial);

/// How much of a space its constraints leave.
struct Feasibility {
  int draws = 0;
  int feasible = 0;         ///< Draws that keep all constraints.
  std::vector<int> broken;  ///< Per constraint: the draws that break it.
};

/// Looks at the first draws of trials 0 to `draws` - 1.
Feasibility measure_feasibility(const Space& space, std::uint64_t seed, int draws);

}  // namespace manta
