// SPDX-License-Identifier: Apache-2.0
// A trial's values from counter-based streams, again until the constraints hold.
#include <algorithm>

#include "core/base/check.h"
#include "core/base/random.h"
#include "tune/space/space.h"

namespace manta {

namespace {

using MaybeValues = std::vector<std::optional<Value>>;

RandomStream stream_of(const Parameter& parameter, std::uint64_t seed, std::int64_t trial) {
  return {seed, static_cast<std::uint64_t>(trial), static_cast<std::uint32_t>(hash_name(parameter.name))};
}

// The draws of one trial. Each takes one number of each parameter, whether it takes part or not.
class Draws {
 public:
  // `given`: a value in place of one that is drawn.
  Draws(const Space& space, const MaybeValues& given, std::uint64_t seed, std::int64_t trial)
      : space_(space), given_(given), values_(given.size()) {
    for (const Parameter& parameter : space.parameters()) streams_.push_back(stream_of(parameter, seed, trial));
  }

  const MaybeValues& next() {
    for (const std::size_t position : space_.activity_order()) {
      const double u = streams_[position].uniform();
      values_[position].reset();
      if (!space_.is_active(position, values_)) continue;
      values_[position] = given_[position] ? given_[position] : value_at(space_.parameters()[position].domain, u);
    }
    return values_;
  }

 private:
  const Space& space_;
  const MaybeValues& given_;
  MaybeValues values_;
  std::vector<RandomStream> streams_;
};

Config config_of(const Space& space, const MaybeValues& values) {
  Config config;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i]) config.set(space.parameters()[i].name, *values[i]);
  }
  return config;
}

// The first that is given and takes no part, if all that are given must.
std::optional<std::size_t> left_out(const MaybeValues& given, const MaybeValues& values) {
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (given[i] && !values[i]) return i;
  }
  return std::nullopt;
}

Error too_few(const Space& space, const std::vector<int>& broken, const std::vector<int>& inactive) {
  const auto worst = std::ranges::max_element(broken);
  const auto idle = std::ranges::max_element(inactive);
  const std::string begin =
      "space: none of " + std::to_string(kMaxDraws) + " draws satisfies the conditions and constraints; ";
  if (worst == broken.end() || (idle != inactive.end() && *idle > *worst)) {
    const Parameter& parameter = space.parameters()[static_cast<std::size_t>(idle - inactive.begin())];
    return {ErrorCode::kInvalidArgument, begin + parameter.name + " is given a value, but takes part only when " +
                                             condition_json(parameter.when) + " holds, which was not so in " +
                                             std::to_string(*idle) + " of them"};
  }
  const Expression& constraint = space.constraints()[static_cast<std::size_t>(worst - broken.begin())];
  return {ErrorCode::kInvalidArgument, begin + to_json(Value(constraint.text())) + " was broken by " +
                                           std::to_string(*worst) +
                                           " of them: ease it, or change the bounds of what it names"};
}

Result<Config> draw_config(const Space& space, const MaybeValues& given, bool all_given_take_part, std::uint64_t seed,
                           std::int64_t trial) {
  Draws draws(space, given, seed, trial);
  std::vector<int> broken(space.constraints().size());
  std::vector<int> inactive(all_given_take_part ? given.size() : 0);
  const bool can_fail = !broken.empty() || (!inactive.empty() && space.has_conditions());
  for (int attempt = 0; attempt < kMaxDraws; ++attempt) {
    const MaybeValues& values = draws.next();
    if (!can_fail) return config_of(space, values);
    if (const auto idle = inactive.empty() ? std::nullopt : left_out(given, values)) {
      ++inactive[*idle];
    } else if (const auto constraint = space.broken_constraint(values)) {
      ++broken[*constraint];
    } else {
      return config_of(space, values);
    }
  }
  return too_few(space, broken, inactive);
}

}  // namespace

Value draw(const Parameter& parameter, std::uint64_t seed, std::int64_t trial) {
  return value_at(parameter.domain, stream_of(parameter, seed, trial).uniform());
}

Result<Config> sample(const Space& space, std::uint64_t seed, std::int64_t trial) {
  return draw_config(space, MaybeValues(space.parameters().size()), false, seed, trial);
}

std::vector<std::optional<Value>> grid_values(const Space& space, std::int64_t grid_index) {
  MANTA_CHECK(grid_index >= 0 && grid_index < space.grid_size(), "the grid index lies outside the grid");
  MaybeValues values(space.parameters().size());
  // From the last, because the last grid parameter varies fastest: its index is the lowest digit.
  for (std::size_t i = values.size(); i-- > 0;) {
    const auto* grid = std::get_if<GridDomain>(&space.parameters()[i].domain);
    if (grid == nullptr) continue;
    const auto size = static_cast<std::int64_t>(grid->values.size());
    values[i] = grid->values[static_cast<std::size_t>(grid_index % size)];
    grid_index /= size;
  }
  return values;
}

Result<Config> sample(const Space& space, std::uint64_t seed, std::int64_t trial, std::int64_t grid_index) {
  return draw_config(space, grid_values(space, grid_index), false, seed, trial);
}

Result<Config> complete(const Space& space, const Config& part, std::uint64_t seed, std::int64_t trial) {
  MANTA_RETURN_IF_ERROR(space.validate_part(part));
  MaybeValues given(space.parameters().size());
  for (const auto& [name, value] : part.values()) given[*space.position_of(name)] = value;
  return draw_config(space, given, true, seed, trial);
}

Feasibility measure_feasibility(const Space& space, std::uint64_t seed, int draws) {
  Feasibility result{.draws = draws, .feasible = 0, .broken = std::vector<int>(space.constraints().size())};
  const MaybeValues given(space.parameters().size());
  for (int trial = 0; trial < draws; ++trial) {
    Draws one(space, given, seed, trial);
    const MaybeValues& values = one.next();
    bool is_feasible = true;
    for (std::size_t i = 0; i < result.broken.size(); ++i) {
      if (space.constraints()[i].holds(values)) continue;
      ++result.broken[i];
      is_feasible = false;
    }
    if (is_feasible) ++result.feasible;
  }
  return result;
}

}  // namespace manta
