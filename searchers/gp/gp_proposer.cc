// SPDX-License-Identifier: Apache-2.0
#include "searchers/gp/gp_proposer.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "searchers/gp/acquisition_search.h"
#include "searchers/gp/fitting.h"
#include "searchers/gp/output_warp.h"

namespace manta::gp {

namespace {

using Json = nlohmann::json;
using internal::History;
using internal::TrialRecord;
using Point = UnitCube::Point;

constexpr std::size_t kBestTrials = 5;  // Whose neighbours are looked at.
constexpr std::size_t kGains = 3;  // Proposals that expected_gain() speaks for.

bool are_positive(const Json& numbers, std::size_t count) {
  return numbers.is_array() && numbers.size() == count && std::ranges::all_of(numbers, [](const Json& number) {
           return number.is_number() && number.get<double>() > 0;
         });
}

bool are_numbers(const Json& numbers) {
  return numbers.is_array() && std::ranges::all_of(numbers, [](const Json& number) { return number.is_number(); });
}

bool are_counts(const Json& numbers) {
  return numbers.is_array() &&
         std::ranges::all_of(numbers, [](const Json& number) { return number.is_number_unsigned(); });
}

Json json_of(const TrainingSet::State& state) {
  return {{"fitted", state.fitted},
          {"places", state.places},
          {"at_once", state.at_once},
          {"newer", state.newer},
          {"awaited", state.awaited}};
}

std::optional<TrainingSet::State> read_trials(const Json& json) {
  const auto is_count = [&](const char* name) { return json.contains(name) && json[name].is_number_unsigned(); };
  const bool is_whole = json.is_object() && json.size() == 5 && is_count("fitted") && is_count("at_once") &&
                        is_count("newer") && json.contains("places") && are_counts(json["places"]) &&
                        json.contains("awaited") && are_counts(json["awaited"]) &&
                        json["at_once"].get<std::size_t>() <= json["places"].size();
  if (!is_whole) return std::nullopt;
  return TrainingSet::State{.fitted = json["fitted"].get<std::size_t>(),
                            .places = json["places"].get<std::vector<std::size_t>>(),
                            .at_once = json["at_once"].get<std::size_t>(),
                            .newer = json["newer"].get<std::size_t>(),
                            .awaited = json["awaited"].get<std::vector<std::size_t>>()};
}

// Snapshots of older versions say of the trials only how many there were at the last fit, and may say nothing of what
// the feasibility was learned from.
Json completed(Json state) {
  if (!state.is_object() || !state.contains("fitted")) return state;
  Json trials = json_of({});
  trials["fitted"] = state["fitted"];
  state.erase("fitted");
  if (!state.contains("feasible")) state["feasible"] = {0U, ""};
  state.emplace("trials", std::move(trials));
  return state;
}

}  // namespace

GpProposer::GpProposer(const UnitCube& cube, std::int64_t costly_samples)
    : cube_(cube), process_(axis_kinds(cube)), feasibility_(cube), prior_(cube), cost_(cube, costly_samples) {}

Point GpProposer::whole_point(const History& history, std::size_t place) const {
  return without_gaps(history.point(place), process_.kinds());
}

Point GpProposer::propose(const History& history, RandomStream& random) {
  if (cube_.size() == 0) return {};
  if (history.valued() < first_points(cube_.size())) {
    return random_point(cube_.size(), random);
  }
  learn(history);
  feasibility_.learn(history);
  cost_.learn(history);
  std::vector<std::pair<double, std::size_t>> losses;
  PointSet pending(cube_.size());
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (history[i].has_value()) losses.emplace_back(history[i].loss, i);
    if (history[i].state == TrialRecord::State::kPending) pending.add(whole_point(history, i));
  }
  const auto end = losses.begin() + static_cast<std::ptrdiff_t>(std::min(kBestTrials, losses.size()));
  std::ranges::partial_sort(losses, end);
  std::vector<Point> best_trials;
  for (auto trial = losses.begin(); trial != end; ++trial) best_trials.push_back(whole_point(history, trial->second));
  const double best = process_.least_mean();
  process_.believe(pending);
  const double prior_weight = prior_.weight(history, kPriorTrials);
  const ExpectedImprovement improvement(process_, best);
  AcquisitionSearch search({cube_, improvement, feasibility_, prior_, cost_, history, prior_weight}, random);
  Point point = search.run(best_trials);
  const std::optional<double> log_gain = search.log_gain();
  const double gain = log_gain ? std::exp(*log_gain) * loss_per_value_ : 0;
  // Where values are as large as numbers can be, it may be no number, which no snapshot holds.
  if (log_gain && std::isfinite(gain)) gains_.push_back(gain);
  if (gains_.size() > kGains) gains_.pop_front();
  return point;
}

std::optional<double> GpProposer::expected_gain(const History&) const {
  if (gains_.size() < kGains) return std::nullopt;
  return *std::ranges::max_element(gains_);
}

void GpProposer::learn(const History& history) {
  const bool is_fit_due = trials_.is_fit_due(history);
  const bool is_first = trials_.state().fitted == 0;
  bool is_anew = false;
  if (is_fit_due) {
    trials_.begin_fit(history);
  } else {
    is_anew = trials_.update(history);
  }
  std::vector<double> losses;
  for (const std::size_t place : trials_.state().places) losses.push_back(history[place].loss);
  const OutputWarp warp(losses);
  loss_per_value_ = warp.loss_per_value(*std::ranges::min_element(losses));
  std::vector<double> values;
  for (const double loss : losses) values.push_back(warp.value_of(loss));
  if (is_fit_due) tune(history, values, fit_evaluations(is_first, values.size()));
  if (is_anew) process_.place(PointSet(cube_.size()));
  place_trials(history);
  process_.observe(std::move(values));
}

void GpProposer::tune(const History& history, std::span<const double> values, int evaluations) {
  PointSet points(cube_.size());
  std::vector<double> some;
  for (const std::size_t i : tuning_sample(values)) {
    points.add(whole_point(history, trials_.state().places[i]));
    some.push_back(values[i]);
  }
  process_.tune(points, some, evaluations);
}

// Whoever restores a snapshot has to come to the same numbers: what was taken at once is taken at once again.
void GpProposer::place_trials(const History& history) {
  const TrainingSet::State& state = trials_.state();
  PointSet points(cube_.size());
  for (const std::size_t place : state.places) points.add(whole_point(history, place));
  const std::size_t known = process_.size();
  bool is_same = known >= state.at_once && known <= points.size();
  for (std::size_t axis = 0; axis < cube_.size() && is_same; ++axis) {
    is_same = std::equal(points.axis(axis), points.axis(axis) + known, process_.points().axis(axis));
  }
  if (!is_same) {
    PointSet first = points;
    first.truncate(state.at_once);
    process_.place(std::move(first));
  }
  for (std::size_t i = process_.size(); i < points.size(); ++i) process_.add(points.point(i));
}

std::string GpProposer::save() const {
  const Hyperparameters& parameters = process_.hyperparameters();
  return Json{{"trials", json_of(trials_.state())},
              {"gains", gains_},
              {"feasible", {feasibility_.learned(), feasibility_.states()}},
              {"weights", parameters.weights},
              {"others", {parameters.joint, parameters.additive, parameters.reach, parameters.noise}}}
      .dump();
}

Result<void> GpProposer::load(std::string_view json) {
  const Json state = completed(Json::parse(json, nullptr, /*allow_exceptions=*/false));
  const auto has = [&](const char* name, const auto& is_right) {
    return state.contains(name) && is_right(state[name]);
  };
  internal::Feasibility feasibility(cube_);
  const auto can_be_learned = [&](const Json& learned) {
    return learned.is_array() && learned.size() == 2 && learned[0].is_number_unsigned() && learned[1].is_string() &&
           feasibility.restore(learned[0].get<std::size_t>(), learned[1].get<std::string>());
  };
  const bool is_whole = state.is_object() && state.size() == 5 && has("gains", are_numbers) &&
                        state["gains"].size() <= kGains && has("feasible", can_be_learned) &&
                        has("weights", [&](const Json& numbers) { return are_positive(numbers, cube_.size()); }) &&
                        has("others", [](const Json& numbers) { return are_positive(numbers, 4); }) &&
                        state.contains("trials");
  std::optional<TrainingSet::State> trials = is_whole ? read_trials(state["trials"]) : std::nullopt;
  if (!trials) return Error{ErrorCode::kInvalidArgument, "its model is damaged"};
  trials_.set_state(*std::move(trials));
  gains_ = state["gains"].get<std::deque<double>>();
  feasibility_ = std::move(feasibility);
  process_.set_hyperparameters({.weights = state["weights"].get<std::vector<double>>(),
                                .joint = state["others"][0].get<double>(),
                                .additive = state["others"][1].get<double>(),
                                .reach = state["others"][2].get<double>(),
                                .noise = state["others"][3].get<double>()});
  return {};
}

}  // namespace manta::gp
