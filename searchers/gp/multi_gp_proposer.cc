// SPDX-License-Identifier: Apache-2.0
#include "searchers/gp/multi_gp_proposer.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "searchers/gp/acquisition_search.h"
#include "searchers/gp/fitting.h"
#include "searchers/gp/goal_values.h"
#include "searchers/gp/training_set.h"
#include "searchers/internal/goal_losses.h"
#include "searchers/pareto/selection.h"

namespace manta::gp {

namespace {

using Json = nlohmann::json;
using internal::History;
using internal::TrialRecord;
using Point = UnitCube::Point;

constexpr std::size_t kFrontTrials = 6;  // Whose neighbours are looked at.
constexpr double kBehind = 1;  // The reference lies behind the front's worst by so much of the front's range.

constexpr double kDrawn = 0.5;  // So often, with three or more objectives, it is drawn:
constexpr double kLeastShare = 0.5;  // so many trials at least are better in each of them.

// Members of a front that there are boxes for: their number grows with it, the more the more objectives there are.
std::size_t most_in_front(std::size_t objectives) { return objectives <= 2 ? 128 : objectives == 3 ? 64 : 24; }

// Behind the worst of the front in each objective; where all are equal, one deviation of what was observed.
std::vector<double> reference_behind(const LossTable& front) {
  std::vector<double> reference;
  for (std::size_t i = 0; i < front.objectives(); ++i) {
    double best = front.size() > 0 ? front[0][i] : 0;
    double worst = best;
    for (std::size_t k = 0; k < front.size(); ++k) {
      best = std::min(best, front[k][i]);
      worst = std::max(worst, front[k][i]);
    }
    reference.push_back(worst + (worst > best ? kBehind * (worst - best) : 1));
  }
  return reference;
}

// In each objective what a share of all points is better than: half of them or more, drawn.
std::vector<double> reference_among(const LossTable& points, RandomStream& random) {
  std::vector<double> reference;
  for (std::size_t i = 0; i < points.objectives(); ++i) {
    std::vector<double> values;
    for (std::size_t k = 0; k < points.size(); ++k) values.push_back(points[k][i]);
    std::ranges::sort(values);
    const double share = std::lerp(kLeastShare, 1, random.uniform());
    const double value = values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
    reference.push_back(value > values.front() ? value : value + 1);
  }
  return reference;
}

LossTable covered(const LossTable& points) {
  LossTable front(points.objectives());
  for (const std::size_t place : covering_subset(points, pareto_front(points), most_in_front(points.objectives())))
    front.add(points[place]);
  return front;
}

Json json_of(const Hyperparameters& parameters) {
  return {parameters.weights, {parameters.joint, parameters.additive, parameters.reach, parameters.noise}};
}

bool are_positive_numbers(const Json& numbers, std::size_t count) {
  return numbers.is_array() && numbers.size() == count && std::ranges::all_of(numbers, [](const Json& number) {
           return number.is_number() && number.get<double>() > 0;
         });
}

Hyperparameters hyperparameters_in(const Json& json) {
  return {.weights = json[0].get<std::vector<double>>(),
          .joint = json[1][0].get<double>(),
          .additive = json[1][1].get<double>(),
          .reach = json[1][2].get<double>(),
          .noise = json[1][3].get<double>()};
}

}  // namespace

MultiGpProposer::MultiGpProposer(const UnitCube& cube, std::size_t objectives, std::size_t constraints,
                                 std::int64_t costly_samples)
    : cube_(cube),
      objectives_(objectives <= kMostByVolume ? objectives : 1),
      processes_(objectives_ + constraints, GaussianProcess(axis_kinds(cube))),
      limits_(constraints),
      feasibility_(cube, internal::Feasibility::Learns::kOutcomes),
      prior_(cube),
      cost_(cube, costly_samples) {}

PointSet MultiGpProposer::points_of(const History& history, const std::vector<std::size_t>& places) const {
  PointSet points(cube_.size());
  for (const std::size_t place : places)
    points.add(without_gaps(history.point(place), processes_.front().kinds()));
  return points;
}

Point MultiGpProposer::propose(const History& history, RandomStream& random) {
  if (cube_.size() == 0) return {};
  std::vector<std::size_t> complete = internal::complete_places(history);
  if (complete.size() < first_points(cube_.size()))
    return random_point(cube_.size(), random);
  places_ = std::move(complete);
  learn(history, values_of(history, random));
  feasibility_.learn(history);
  cost_.learn(history);
  const std::vector<Point> near = front_trials(history, random);
  const LossTable front = known_front(history);
  const std::vector<double> reference = reference_of(front, random);
  believe(history);
  const HypervolumeImprovement improvement = improvement_over(front, reference);
  const double prior_weight = prior_.weight(history, kPriorTrials);
  return AcquisitionSearch({cube_, improvement, feasibility_, prior_, cost_, history, prior_weight}, random).run(near);
}

// Chooses the trials too, if there are too many.
MultiGpProposer::Values MultiGpProposer::values_of(const History& history, RandomStream& random) {
  if (places_.size() > kMost) {
    const LossTable all = internal::losses_of(history, places_);
    std::vector<bool> is_chosen(places_.size());
    for (const std::size_t i : best_by_fronts(all, internal::violations_of(history, places_), kMost / 2))
      is_chosen[i] = true;
    std::size_t newest = kMost / 2;
    for (std::size_t i = is_chosen.size(); i-- > 0 && newest > 0;) {
      if (is_chosen[i]) continue;
      is_chosen[i] = true;
      --newest;
    }
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; i < is_chosen.size(); ++i) {
      if (is_chosen[i]) chosen.push_back(places_[i]);
    }
    places_ = std::move(chosen);
  }
  const LossTable losses = internal::losses_of(history, places_);
  Values values = losses.objectives() == objectives_ ? objective_values(losses)
                                                     : Values{scalarised_values(losses, random)};
  for (std::size_t i = 0; i < limits_.size(); ++i) {
    std::vector<double> margins;
    for (const std::size_t place : places_) margins.push_back(history.margins(place)[i]);
    MarginValues of_margins = margin_values(margins);
    values.push_back(std::move(of_margins.values));
    limits_[i] = of_margins.limit;
  }
  return values;
}

void MultiGpProposer::learn(const History& history, const Values& values) {
  const std::size_t count = internal::complete_places(history).size();
  const bool is_fit_due = last_fit_at(count) > fitted_;
  const int evaluations = fit_evaluations(fitted_ == 0, places_.size());
  if (is_fit_due) fitted_ = last_fit_at(count);
  const PointSet points = points_of(history, places_);
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    if (is_fit_due) processes_[i].tune(points, values[i], evaluations);
    processes_[i].condition(points, values[i]);
  }
}

std::vector<Point> MultiGpProposer::front_trials(const History& history, RandomStream& random) const {
  const LossTable losses = internal::losses_of(history, places_);
  const std::vector<double> violations = internal::violations_of(history, places_);
  std::vector<std::size_t> front = best_by_fronts(losses, violations, 4 * kFrontTrials);
  std::vector<Point> points;
  while (!front.empty() && points.size() < kFrontTrials) {
    const std::size_t k = random.below(front.size());
    points.push_back(without_gaps(history.point(places_[front[k]]), processes_.front().kinds()));
    front.erase(front.begin() + static_cast<std::ptrdiff_t>(k));
  }
  return points;
}

// Of what is expected at trials, ended and pending, that keep the constraints.
LossTable MultiGpProposer::known_front(const History& history) const {
  LossTable points(objectives_);
  std::vector<std::vector<double>> means;
  for (std::size_t i = 0; i < objectives_; ++i) means.push_back(processes_[i].means());
  std::vector<double> losses(objectives_);
  for (std::size_t k = 0; k < places_.size(); ++k) {
    if (!history.keeps_constraints(places_[k])) continue;
    for (std::size_t i = 0; i < objectives_; ++i) losses[i] = means[i][k];
    points.add(losses);
  }
  for (std::size_t place = 0; place < history.size(); ++place) {
    if (history[place].state != TrialRecord::State::kPending) continue;
    const Point point = without_gaps(history.point(place), processes_.front().kinds());
    bool is_kept = true;
    for (std::size_t i = 0; i < limits_.size(); ++i)
      is_kept = is_kept && processes_[objectives_ + i].predict(point).mean <= limits_[i];
    for (std::size_t i = 0; i < objectives_; ++i) losses[i] = processes_[i].predict(point).mean;
    if (is_kept) points.add(losses);
  }
  return covered(points);
}

// Of three objectives and more most trials are in the front, whose ends in one of them are bad in others, so far behind
// all that only ends would pay.
std::vector<double> MultiGpProposer::reference_of(const LossTable& front, RandomStream& random) const {
  if (objectives_ <= 2 || random.uniform() >= kDrawn) return reference_behind(front);
  std::vector<std::vector<double>> means;
  for (std::size_t i = 0; i < objectives_; ++i) means.push_back(processes_[i].means());
  LossTable all(objectives_);
  std::vector<double> losses(objectives_);
  for (std::size_t k = 0; k < places_.size(); ++k) {
    for (std::size_t i = 0; i < objectives_; ++i) losses[i] = means[i][k];
    all.add(losses);
  }
  return reference_among(all, random);
}

void MultiGpProposer::believe(const History& history) {
  std::vector<std::size_t> pending;
  for (std::size_t place = 0; place < history.size(); ++place) {
    if (history[place].state == TrialRecord::State::kPending) pending.push_back(place);
  }
  const PointSet points = points_of(history, pending);
  for (GaussianProcess& process : processes_) process.believe(points);
}

HypervolumeImprovement MultiGpProposer::improvement_over(const LossTable& front,
                                                         std::span<const double> reference) const {
  std::vector<const GaussianProcess*> objectives;
  for (std::size_t i = 0; i < objectives_; ++i) objectives.push_back(&processes_[i]);
  std::vector<Limit> limits;
  for (std::size_t i = 0; i < limits_.size(); ++i) limits.push_back({&processes_[objectives_ + i], limits_[i]});
  return {std::move(objectives), undominated_boxes(front, reference), std::move(limits)};
}

std::string MultiGpProposer::save() const {
  Json processes = Json::array();
  for (const GaussianProcess& process : processes_) processes.push_back(json_of(process.hyperparameters()));
  return Json{{"fitted", fitted_},
              {"feasible", {feasibility_.learned(), feasibility_.states()}},
              {"processes", std::move(processes)}}
      .dump();
}

Result<void> MultiGpProposer::load(std::string_view json) {
  const Json state = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  // Older versions learned the first objective alone: begin anew from what the trials are known to have come to.
  if (state.is_object() && state.contains("weights")) return {};
  internal::Feasibility feasibility = feasibility_;
  const auto is_process = [this](const Json& process) {
    return process.is_array() && process.size() == 2 && are_positive_numbers(process[0], cube_.size()) &&
           are_positive_numbers(process[1], 4);
  };
  const auto can_be_learned = [&](const Json& learned) {
    return learned.is_array() && learned.size() == 2 && learned[0].is_number_unsigned() && learned[1].is_string() &&
           feasibility.restore(learned[0].get<std::size_t>(), learned[1].get<std::string>());
  };
  const bool is_whole = state.is_object() && state.size() == 3 && state.contains("fitted") &&
                        state["fitted"].is_number_unsigned() && state.contains("feasible") &&
                        can_be_learned(state["feasible"]) && state.contains("processes") &&
                        state["processes"].is_array() && state["processes"].size() == processes_.size() &&
                        std::ranges::all_of(state["processes"], is_process);
  if (!is_whole) return Error{ErrorCode::kInvalidArgument, "its model is damaged"};
  fitted_ = state["fitted"].get<std::size_t>();
  feasibility_ = std::move(feasibility);
  for (std::size_t i = 0; i < processes_.size(); ++i)
    processes_[i].set_hyperparameters(hyperparameters_in(state["processes"][i]));
  return {};
}

}  // namespace manta::gp
