// SPDX-License-Identifier: Apache-2.0
#include "schedulers/i_epoch_scheduler.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/base/check.h"
#include "schedulers/internal/missing_metric.h"
#include "schedulers/internal/snapshot_frame.h"

namespace manta {
namespace {

constexpr std::string_view kIEpochSnapshot = "IEpochScheduler";

std::vector<std::int64_t> numbers_of(const std::unordered_set<TrialId>& trials) {
  std::vector<std::int64_t> numbers;
  for (const TrialId trial : trials) numbers.push_back(trial.number);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace

IEpochScheduler::IEpochScheduler(Objective objective, Options options)
    : objective_(std::move(objective)), options_(options) {
  MANTA_CHECK(options.iterations >= 1 && options.best >= 1, "i-epoch: an option is out of range");
}

void IEpochScheduler::add(TrialId trial, double score) {
  best_.insert({-score, trial});
  if (best_.size() > static_cast<std::size_t>(options_.best)) best_.erase(std::prev(best_.end()));
}

Result<std::vector<Order>> IEpochScheduler::on_report(const Report& report, TrialsView) {
  const std::optional<double> value = report.metrics.find(objective_.metric);
  if (!value) return internal::missing_metric(report, objective_);
  const std::vector<Order> stop{{report.trial, Stop{}}};
  if (stopped_.contains(report.trial)) return stop;
  if (report.iteration < options_.iterations || !judged_.insert(report.trial).second) return std::vector<Order>{};
  const double score = objective_.score(*value);
  if (!std::isfinite(score)) {
    stopped_.insert(report.trial);
    return stop;
  }
  add(report.trial, score);
  return std::vector<Order>{{report.trial, Pause{}}};
}

void IEpochScheduler::on_end(TrialId trial, TrialState) {
  stopped_.erase(trial);
  if (!judged_.contains(trial)) ++ended_before_;
}

std::optional<TrialId> IEpochScheduler::next_to_resume(TrialsView trials, bool more_to_come) const {
  const std::size_t known = judged_.size() + static_cast<std::size_t>(ended_before_);
  if (more_to_come || known < trials.size()) return std::nullopt;
  for (const auto& [negated, trial] : best_) {
    const auto number = static_cast<std::size_t>(trial.number);
    if (number < trials.size() && trials[number].state == TrialState::kPaused) return trial;
  }
  return std::nullopt;
}

Snapshot IEpochScheduler::save() const {
  nlohmann::json best = nlohmann::json::array();
  for (const auto& [negated, trial] : best_) best.push_back({trial.number, -negated});
  const nlohmann::json state = {{"metric", objective_.metric},     {"mode", internal::mode_name(objective_.mode)},
                                {"i", options_.iterations},        {"judged", numbers_of(judged_)},
                                {"stopped", numbers_of(stopped_)}, {"best", std::move(best)},
                                {"ended_before", ended_before_}};
  return internal::write_snapshot(kIEpochSnapshot, state.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

Result<void> IEpochScheduler::restore(const Snapshot& snapshot) {
  MANTA_ASSIGN_OR_RETURN(const std::string text, internal::read_snapshot(kIEpochSnapshot, snapshot));
  IEpochScheduler read(objective_, options_);
  try {
    const nlohmann::json state = nlohmann::json::parse(text);
    if (state.at("metric") != objective_.metric || state.at("mode") != internal::mode_name(objective_.mode) ||
        state.at("i") != options_.iterations)
      return internal::damaged_snapshot(kIEpochSnapshot, "metric, mode or i differ; resume with those it began with");
    for (const nlohmann::json& number : state.at("judged")) read.judged_.insert({number.get<std::int64_t>()});
    for (const nlohmann::json& number : state.at("stopped")) read.stopped_.insert({number.get<std::int64_t>()});
    for (const nlohmann::json& entry : state.at("best"))
      read.add({entry.at(0).get<std::int64_t>()}, entry.at(1).get<double>());
    read.ended_before_ = state.at("ended_before").get<std::int64_t>();
  } catch (const nlohmann::json::exception& error) {
    return internal::damaged_snapshot(kIEpochSnapshot, error.what());
  }
  judged_ = std::move(read.judged_);
  stopped_ = std::move(read.stopped_);
  best_ = std::move(read.best_);
  ended_before_ = read.ended_before_;
  return {};
}

}  // namespace manta
