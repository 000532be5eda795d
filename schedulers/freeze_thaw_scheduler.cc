// SPDX-License-Identifier: Apache-2.0
#include "schedulers/freeze_thaw_scheduler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/check.h"
#include "core/base/random.h"
#include "schedulers/internal/missing_metric.h"
#include "schedulers/internal/paused.h"
#include "schedulers/internal/snapshot_frame.h"

namespace manta {
namespace {

using Json = nlohmann::json;
using curves::CurveModel;

constexpr std::string_view kFreezeThawSnapshot = "FreezeThawScheduler";
constexpr std::uint32_t kFreezeThawStream = static_cast<std::uint32_t>(hash_name("schedulers/freeze_thaw"));
constexpr double kNoPromise = -std::numeric_limits<double>::infinity();
constexpr double kLeastChance = 0.05;  // With less of a chance nobody goes on once there is nothing new.
constexpr double kLeastShare = 0.15;   // Of what is left that a trial is expected to cost, however unlikely it is to be best.
constexpr double kLeastNew = 0.25;     // Of all iterations, those that are first ones.
constexpr double kMostNew = 0.4;
constexpr std::size_t kDrawn = 64;     // Points that stand for all.

}  // namespace

FreezeThawScheduler::FreezeThawScheduler(Objective objective, const Space& space, const Options& options)
    : objective_(std::move(objective)),
      options_(options),
      cube_(std::make_unique<const UnitCube>(space)),
      model_(*cube_, options.max_t) {
  MANTA_CHECK(options.max_t >= 1, "freeze-thaw: max_t is out of range");
}

Result<std::vector<Order>> FreezeThawScheduler::on_report(const Report& report, TrialsView trials) {
  const std::optional<double> value = report.metrics.find(objective_.metric);
  if (!value) return internal::missing_metric(report, objective_);
  if (stopped_.contains(report.trial)) return std::vector<Order>{{report.trial, Stop{}}};
  const double score = objective_.score(*value);
  if (!std::isfinite(score)) {
    stopped_.insert(report.trial);
    return std::vector<Order>{{report.trial, Stop{}}};
  }
  ++iterations_;
  const auto number = static_cast<std::size_t>(report.trial.number);
  if (number >= trials.size()) return std::vector<Order>{};
  if (std::exchange(is_restored_, false)) place_again(trials);
  model_.report(report.trial.number, cube_->encode(trials[number].config),
                {std::max<std::int64_t>(report.iteration, 1), -score});
  Standing& standing = standings_[report.trial];
  standing.iteration = report.iteration;
  has_finished_ = has_finished_ || report.iteration >= options_.max_t;
  if (report.iteration < standing.look || report.iteration >= options_.max_t) return std::vector<Order>{};
  standing.look = curves::next_mark(report.iteration);
  judge();
  if (goes_on(report.trial, trials)) return std::vector<Order>{};
  return std::vector<Order>{{report.trial, Pause{}}};
}

void FreezeThawScheduler::on_end(TrialId trial, TrialState) {
  standings_.erase(trial);
  stopped_.erase(trial);
}

void FreezeThawScheduler::place_again(TrialsView trials) {
  for (std::size_t place = 0; place < model_.curves().size(); ++place) {
    const auto number = static_cast<std::size_t>(model_.curves()[place].trial);
    if (number < trials.size()) model_.move(place, cube_->encode(trials[number].config));
  }
}

void FreezeThawScheduler::judge() {
  ++looks_;
  if (!model_.is_ready()) return;
  model_.learn();
  for (auto& [trial, standing] : standings_) {
    const std::optional<gp::Prediction> end = model_.at_end(trial.number);
    standing.promise = kNoPromise;
    standing.chance = 0;
    if (!end) continue;
    const CurveModel::Promise promise = model_.promise_of(*end);
    standing.promise = promise_of(promise, standing.iteration);
    standing.chance = promise.probability;
    standing.expected = end->mean;
  }
  new_promise_ = new_promise();
}

double FreezeThawScheduler::promise_of(const CurveModel::Promise& promise, std::int64_t iteration) const {
  const auto left = static_cast<double>(std::max<std::int64_t>(options_.max_t - iteration, 1));
  const double next = std::min(static_cast<double>(curves::next_mark(iteration) - iteration), left);
  const double chance = std::max(promise.probability, kLeastShare);
  return promise.log_gain - std::log(next + chance * (left - next));
}

// Of a trial that may be anywhere: the mean over random points.
double FreezeThawScheduler::new_promise() const {
  RandomStream random(options_.seed, looks_, kFreezeThawStream);
  std::vector<UnitCube::Point> points;
  for (std::size_t i = 0; i < kDrawn; ++i) {
    UnitCube::Point point(cube_->size());
    for (double& u : point) u = random.uniform();
    points.push_back(std::move(point));
  }
  double gain = 0;
  double chance = 0;
  for (const gp::Prediction& end : model_.at_end(points)) {
    const CurveModel::Promise promise = model_.promise_of(end);
    gain += std::exp(promise.log_gain) / kDrawn;
    chance += promise.probability / kDrawn;
  }
  return promise_of({std::log(gain), chance}, 0);
}

// The model is as sure of what it has not seen as it is of what it has; so that it errs neither way for long, first
// looks get their share of all iterations, and no more.
bool FreezeThawScheduler::is_new_due(TrialsView trials) const {
  return static_cast<double>(trials.size()) < kLeastNew * static_cast<double>(iterations_);
}

bool FreezeThawScheduler::may_be_new(TrialsView trials) const {
  return static_cast<double>(trials.size()) < kMostNew * static_cast<double>(iterations_);
}

bool FreezeThawScheduler::goes_on(TrialId trial, TrialsView trials) const {
  if (!model_.is_ready()) return false;
  const double promise = standings_.at(trial).promise;
  if (promise < new_promise_ && may_be_new(trials)) return false;
  return std::ranges::none_of(standings_, [&](const auto& other) {
    return other.second.promise > promise && internal::is_paused(trials, other.first);
  });
}

std::optional<TrialId> FreezeThawScheduler::next_to_resume(TrialsView trials, bool more_to_come) const {
  if (more_to_come && !model_.is_ready()) return std::nullopt;
  std::optional<TrialId> best, likeliest;
  for (const auto& [trial, standing] : standings_) {
    if (!internal::is_paused(trials, trial)) continue;
    if (!best || standing.promise > standings_.at(*best).promise) best = trial;
    if (!likeliest || standing.expected < standings_.at(*likeliest).expected) likeliest = trial;
  }
  if (!best) return std::nullopt;
  const Standing& standing = standings_.at(*best);
  if (more_to_come) {
    const bool is_new_better = standing.promise < new_promise_ && may_be_new(trials);
    return is_new_better || is_new_due(trials) ? std::nullopt : best;
  }
  if (standing.chance >= kLeastChance) return best;
  return has_finished_ ? std::nullopt : likeliest;
}

Snapshot FreezeThawScheduler::save() const {
  Json trials = Json::array();
  for (const auto& [trial, standing] : standings_) {
    trials.push_back({trial.number, standing.iteration, standing.look,
                      std::isfinite(standing.promise) ? Json(standing.promise) : Json(), standing.chance,
                      standing.expected});
  }
  std::vector<std::int64_t> stopped;
  for (const TrialId trial : stopped_) stopped.push_back(trial.number);
  std::ranges::sort(stopped);
  const Json state = {{"metric", objective_.metric},
                      {"mode", internal::mode_name(objective_.mode)},
                      {"trials", std::move(trials)},
                      {"stopped", std::move(stopped)},
                      {"new", std::isfinite(new_promise_) ? Json(new_promise_) : Json()},
                      {"looks", looks_},
                      {"iterations", iterations_},
                      {"finished", has_finished_},
                      {"model", Json::parse(model_.save())}};
  return internal::write_snapshot(kFreezeThawSnapshot, state.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Result<void> FreezeThawScheduler::restore(const Snapshot& snapshot) {
  MANTA_ASSIGN_OR_RETURN(const std::string text, internal::read_snapshot(kFreezeThawSnapshot, snapshot));
  const auto number_or_none = [](const Json& json) { return json.is_null() ? kNoPromise : json.get<double>(); };
  std::map<TrialId, Standing> standings;
  std::unordered_set<TrialId> stopped;
  double new_promise = 0;
  std::uint64_t looks = 0;
  std::int64_t iterations = 0;
  bool has_finished = false;
  std::string model;
  try {
    const Json state = Json::parse(text);
    if (state.at("metric") != objective_.metric || state.at("mode") != internal::mode_name(objective_.mode))
      return internal::damaged_snapshot(kFreezeThawSnapshot, "metric or mode differ; resume with those it began with");
    for (const Json& trial : state.at("trials")) {
      standings[TrialId{trial.at(0).get<std::int64_t>()}] = {.iteration = trial.at(1).get<std::int64_t>(),
                                                             .look = trial.at(2).get<std::int64_t>(),
                                                             .promise = number_or_none(trial.at(3)),
                                                             .chance = trial.at(4).get<double>(),
                                                             .expected = trial.at(5).get<double>()};
    }
    for (const Json& trial : state.at("stopped")) stopped.insert(TrialId{trial.get<std::int64_t>()});
    new_promise = number_or_none(state.at("new"));
    looks = state.at("looks").get<std::uint64_t>();
    iterations = state.at("iterations").get<std::int64_t>();
    has_finished = state.at("finished").get<bool>();
    model = state.at("model").dump();
  } catch (const Json::exception& error) {
    return internal::damaged_snapshot(kFreezeThawSnapshot, error.what());
  }
  if (const Result<void> loaded = model_.load(model); !loaded)
    return internal::damaged_snapshot(kFreezeThawSnapshot, loaded.error().message);
  standings_ = std::move(standings);
  stopped_ = std::move(stopped);
  new_promise_ = new_promise;
  looks_ = looks;
  iterations_ = iterations;
  has_finished_ = has_finished;
  is_restored_ = true;
  return {};
}

}  // namespace manta
