// SPDX-License-Identifier: Apache-2.0
// Conditions with a third answer: it depends on what will be drawn.
#include "searchers/internal/grid_points.h"

#include <algorithm>

#include "core/base/check.h"

namespace manta::internal {

namespace {

enum class Activity { kActive, kInactive, kOpen };

class PointJudge {
 public:
  explicit PointJudge(const Space& space) : space_(space), activity_(space.parameters().size(), Activity::kActive) {}

  bool is_visited(std::int64_t index) {
    values_ = grid_values(space_, index);
    for (const std::size_t position : space_.activity_order()) {
      const Parameter& parameter = space_.parameters()[position];
      if (const auto* constant = std::get_if<ConstantDomain>(&parameter.domain)) values_[position] = constant->value;
      activity_[position] = activity_of(parameter.when);
      if (activity_[position] != Activity::kInactive) continue;
      const auto* grid = std::get_if<GridDomain>(&parameter.domain);
      if (grid != nullptr && values_[position] != grid->values.front()) return false;
      values_[position].reset();
    }
    return std::ranges::none_of(space_.constraints(), [this](const Expression& one) { return is_broken(one); });
  }

 private:
  Activity activity_of(const Condition& when) const {
    Activity all = Activity::kActive;
    for (const ConditionTerm& term : when) {
      const std::size_t named = space_.position_of(term.parameter).value();
      const bool is_known = activity_[named] != Activity::kOpen && values_[named].has_value();
      if (activity_[named] == Activity::kInactive || (is_known && !term.holds(*values_[named]))) {
        return Activity::kInactive;
      }
      if (!is_known) all = Activity::kOpen;
    }
    return all;
  }

  bool is_broken(const Expression& constraint) const {
    const bool is_decided = std::ranges::none_of(constraint.names(), [this](std::size_t position) {
      return activity_[position] == Activity::kOpen ||
             (activity_[position] == Activity::kActive && !values_[position].has_value());
    });
    return is_decided && !constraint.holds(values_);
  }

  const Space& space_;
  std::vector<std::optional<Value>> values_;
  std::vector<Activity> activity_;
};

}  // namespace

bool has_filtered_grid(const Space& space) {
  return !space.constraints().empty() || std::ranges::any_of(space.parameters(), [](const Parameter& parameter) {
    return std::holds_alternative<GridDomain>(parameter.domain) && !parameter.when.empty();
  });
}

std::vector<std::int64_t> visited_points(const Space& space) {
  MANTA_CHECK(space.grid_size() <= kMaxFilteredGrid, "the grid is too large to be looked through");
  PointJudge judge(space);
  std::vector<std::int64_t> points;
  for (std::int64_t index = 0; index < space.grid_size(); ++index) {
    if (judge.is_visited(index)) points.push_back(index);
  }
  return points;
}

}  // namespace manta::internal
