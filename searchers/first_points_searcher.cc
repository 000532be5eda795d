// SPDX-License-Identifier: Apache-2.0
// The points that a user wants to see first.
#include "searchers/first_points_searcher.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

namespace manta {

namespace {

using Json = nlohmann::json;

constexpr const char* kFirstPointsSnapshot = "FirstPointsSearcher";

Error refused(const std::string& why) {
  return {ErrorCode::kInvalidArgument, "this is no snapshot of " + std::string(kFirstPointsSnapshot) + ": " + why};
}

Result<std::vector<Config>> read_points(const Json& list) {
  std::vector<Config> points;
  for (const Json& text : list) {
    if (!text.is_string()) return refused("it is damaged");
    MANTA_ASSIGN_OR_RETURN(Config point, Config::from_json(text.get_ref<const std::string&>()));
    points.push_back(std::move(point));
  }
  return points;
}

}  // namespace

Result<std::optional<Config>> FirstPointsSearcher::ask(TrialId trial) {
  const bool is_first = trial.number >= 0 && trial.number < static_cast<std::int64_t>(points_.size());
  if (!is_first) return inner_->ask(trial);
  return std::optional(points_[static_cast<std::size_t>(trial.number)]);
}

Snapshot FirstPointsSearcher::save() const {
  Json points = Json::array();
  for (const Config& point : points_) points.push_back(point.to_json());
  const Json state = {{"inner", inner_->save().json}, {"points", std::move(points)}};
  return {Json{{kFirstPointsSnapshot, state}}.dump()};
}

Result<void> FirstPointsSearcher::restore(const Snapshot& snapshot) {
  const Json json = Json::parse(snapshot.json, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || json.size() != 1) return refused("it is damaged");
  if (!json.contains(kFirstPointsSnapshot)) {
    return refused("it is of " + json.begin().key() + "; resume with the space that the experiment began with");
  }
  const Json& state = json[kFirstPointsSnapshot];
  const bool is_whole = state.is_object() && state.size() == 2 && state.contains("inner") &&
                        state["inner"].is_string() && state.contains("points") && state["points"].is_array();
  if (!is_whole) return refused("it is damaged");
  MANTA_ASSIGN_OR_RETURN(std::vector<Config> points, read_points(state["points"]));
  MANTA_RETURN_IF_ERROR(inner_->restore({state["inner"].get<std::string>()}));
  points_ = std::move(points);
  return {};
}

Result<std::vector<Config>> first_points(const Space& space, std::uint64_t seed) {
  std::vector<Config> points;
  const bool has_defaults =
      std::ranges::any_of(space.parameters(), [](const Parameter& one) { return one.default_value.has_value(); });
  if (std::optional<Config> config = space.default_config(); has_defaults && config) {
    points.push_back(*std::move(config));
  }
  for (std::size_t i = 0; i < space.start().size(); ++i) {
    const auto trial = static_cast<std::int64_t>(points.size());
    Result<Config> point = complete(space, space.start()[i], seed, trial);
    if (!point) return Error{point.error().code, "start[" + std::to_string(i) + "]: " + point.error().message};
    points.push_back(*std::move(point));
  }
  return points;
}

}  // namespace manta
