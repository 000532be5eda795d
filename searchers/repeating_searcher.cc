// SPDX-License-Identifier: Apache-2.0
// Tries promising configurations again where values are noisy.
#include "searchers/repeating_searcher.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace manta {

namespace {

using Json = nlohmann::json;

constexpr double kNewShare = 0.7;  // Of the samples; how it was chosen: docs/guides/searchers.md.
constexpr const char* kRepeatingSnapshot = "RepeatingSearcher";

Error refused_repeats(const std::string& why) {
  return {ErrorCode::kInvalidArgument, "this is no snapshot of " + std::string(kRepeatingSnapshot) + ": " + why};
}

bool is_run(const Json& row) {
  return row.is_array() && row.size() == 5 && row[0].is_number_integer() && row[1].is_boolean() &&
         row[2].is_number_integer() && row[3].is_number() && (row[4].is_null() || row[4].is_number());
}

bool is_group(const Json& group) {
  return group.is_array() && group.size() == 2 && group[0].is_string() && group[1].is_array() && !group[1].empty() &&
         std::ranges::all_of(group[1], is_run);
}

}  // namespace

Result<std::unique_ptr<Searcher>> RepeatingSearcher::make(std::unique_ptr<Searcher> inner, const SearcherSetup& setup,
                                                          std::int64_t most) {
  if (most < 2 || most > kMost) {
    return Error{ErrorCode::kInvalidArgument,
                 "--repeat is " + std::to_string(most) + "; it is 1 to " + std::to_string(kMost)};
  }
  if (inner->size()) {
    return Error{ErrorCode::kInvalidArgument, "a grid is repeated as a whole, by --samples, and not by --repeat"};
  }
  if (!setup.further.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "--repeat takes the mean of one metric; it does not go with several, or with constraints on metrics"};
  }
  return std::unique_ptr<Searcher>(new RepeatingSearcher(std::move(inner), setup, most));
}

RepeatedValue RepeatingSearcher::value_of(const Group& group) {
  std::int64_t furthest = 0;
  for (const Run& run : group.runs) {
    if (run.loss) furthest = std::max(furthest, run.iteration);
  }
  RepeatedValue value;
  for (const Run& run : group.runs) {
    if (run.loss && run.iteration == furthest) value.add(*run.loss);
  }
  return value;
}

// The group to try again, if any.
std::optional<std::size_t> RepeatingSearcher::due_repeat() const {
  if (static_cast<double>(group_of_.size()) < kNewShare * static_cast<double>(samples_)) return std::nullopt;
  std::vector<RepeatedValue> values;
  std::size_t valued = 0;
  for (const Group& group : groups_) {
    values.push_back(value_of(group));
    valued += values.back().count > 0 ? 1 : 0;
  }
  if (valued < kFirst) return std::nullopt;
  const std::optional<double> known = noise_deviation(values);
  const double noise = known.value_or(0);
  double best = std::numeric_limits<double>::infinity();
  for (const RepeatedValue& value : values) {
    if (value.count > 0) best = std::min(best, value.mean + standard_error(value, noise));
  }
  std::optional<std::size_t> due;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (values[i].count == 0 || values[i].mean > best) continue;
    if (due && values[i].mean >= values[*due].mean) continue;
    const bool is_whole = std::ssize(groups_[i].runs) >= most_;
    const bool is_tried = std::ranges::any_of(groups_[i].runs, [](const Run& run) { return !run.is_over; });
    if (is_tried && !known) return std::nullopt;  // Whether there is noise is being found out.
    if (!is_whole && !is_tried) due = i;
  }
  // Without noise the first repeat was one too many.
  return known && *known == 0 ? std::nullopt : due;
}

Result<std::optional<Config>> RepeatingSearcher::ask(TrialId trial) {
  if (const std::optional<std::size_t> due = due_repeat()) {
    add_run(*due, trial.number);
    return std::optional(groups_[*due].config);
  }
  MANTA_ASSIGN_OR_RETURN(std::optional<Config> config, inner_->ask(trial));
  if (config) {
    groups_.push_back({.config = *config, .runs = {}});
    add_run(groups_.size() - 1, trial.number);
  }
  return config;
}

void RepeatingSearcher::add_run(std::size_t group, std::int64_t trial) {
  groups_[group].runs.push_back({.trial = trial});
  group_of_.insert_or_assign(trial, group);
}

// Of a trial that was not asked for here, the group of its configuration, which may be new.
std::size_t RepeatingSearcher::group_told(const Outcome& outcome) {
  const std::int64_t trial = outcome.trial.number;
  if (const auto known = group_of_.find(trial); known != group_of_.end()) return known->second;
  const auto same = std::ranges::find(groups_, outcome.config, &Group::config);
  const auto group = static_cast<std::size_t>(same - groups_.begin());
  if (same == groups_.end()) groups_.push_back({.config = outcome.config, .runs = {}});
  add_run(group, trial);
  return group;
}

void RepeatingSearcher::tell(const Outcome& outcome) {
  if (outcome.trial.number >= kFirstNumberOfBefore) return inner_->tell(outcome);
  Group& group = groups_[group_told(outcome)];
  if (group.runs.size() == 1 && is_ended(outcome.state)) group.config = outcome.config;  // A clone's is another.
  Run& run = *std::ranges::find(group.runs, outcome.trial.number, &Run::trial);
  if (is_ended(outcome.state)) {
    const bool is_value = outcome.value && std::isfinite(*outcome.value) && outcome.state != TrialState::kFailed &&
                          outcome.state != TrialState::kInfeasible;
    run.is_over = true;
    run.iteration = outcome.iteration;
    run.seconds = outcome.seconds;
    run.loss = is_value ? std::optional(-objective_.score(*outcome.value)) : std::nullopt;
  }
  const RepeatedValue value = value_of(group);
  const bool is_alone = group.runs.size() == 1 || (value.count == 0 && &run == &group.runs.front());
  if (is_alone) return inner_->tell(outcome);
  if (run.loss) tell_mean(group);
}

void RepeatingSearcher::tell_mean(const Group& group) {
  Run longest;
  for (const Run& run : group.runs) {
    if (run.loss && run.iteration >= longest.iteration) longest = run;
  }
  double seconds = 0;
  double runs = 0;
  for (const Run& run : group.runs) {
    if (!run.loss || run.iteration != longest.iteration) continue;
    seconds += run.seconds;
    ++runs;
  }
  const double mean = value_of(group).mean;
  inner_->tell({.trial = TrialId{group.runs.front().trial},
                .config = group.config,
                .state = TrialState::kCompleted,
                .iteration = longest.iteration,
                .value = objective_.mode == Mode::kMin ? mean : -mean,
                .seconds = seconds / runs});
}

Snapshot RepeatingSearcher::save() const {
  Json groups = Json::array();
  for (const Group& group : groups_) {
    Json runs = Json::array();
    for (const Run& run : group.runs) {
      runs.push_back({run.trial, run.is_over, run.iteration, run.seconds, run.loss ? Json(*run.loss) : Json()});
    }
    groups.push_back({group.config.to_json(), std::move(runs)});
  }
  const Json state = {{"inner", inner_->save().json}, {"groups", std::move(groups)}};
  return {Json{{kRepeatingSnapshot, state}}.dump()};
}

Result<void> RepeatingSearcher::restore(const Snapshot& snapshot) {
  const Json json = Json::parse(snapshot.json, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || json.size() != 1) return refused_repeats("it is damaged");
  if (!json.contains(kRepeatingSnapshot)) return refused_repeats("it is of " + json.begin().key());
  const Json& state = json[kRepeatingSnapshot];
  const bool is_whole = state.is_object() && state.size() == 2 && state.contains("inner") &&
                        state["inner"].is_string() && state.contains("groups") && state["groups"].is_array() &&
                        std::ranges::all_of(state["groups"], is_group);
  if (!is_whole) return refused_repeats("it is damaged");
  RepeatingSearcher restored(nullptr, {.objective = objective_, .samples = samples_}, most_);
  for (const Json& group : state["groups"]) {
    MANTA_ASSIGN_OR_RETURN(Config config, Config::from_json(group[0].get_ref<const std::string&>()));
    restored.groups_.push_back({.config = std::move(config), .runs = {}});
    for (const Json& row : group[1]) {
      restored.add_run(restored.groups_.size() - 1, row[0].get<std::int64_t>());
      restored.groups_.back().runs.back() = {.trial = row[0].get<std::int64_t>(),
                                             .is_over = row[1].get<bool>(),
                                             .iteration = row[2].get<std::int64_t>(),
                                             .seconds = row[3].get<double>(),
                                             .loss = row[4].is_null() ? std::nullopt
                                                                      : std::optional(row[4].get<double>())};
    }
  }
  MANTA_RETURN_IF_ERROR(inner_->restore({state["inner"].get<std::string>()}));
  groups_ = std::move(restored.groups_);
  group_of_ = std::move(restored.group_of_);
  return {};
}

}  // namespace manta
