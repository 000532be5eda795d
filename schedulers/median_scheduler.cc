// SPDX-License-Identifier: Apache-2.0
#include "schedulers/median_scheduler.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/check.h"
#include "schedulers/internal/missing_metric.h"
#include "schedulers/internal/snapshot_frame.h"

namespace manta {
namespace {

constexpr std::string_view kMedianSnapshot = "MedianScheduler";
constexpr std::int64_t kMedian = 2;  // A rung keeps the percentile 1 - 1/eta.

}  // namespace

MedianScheduler::MedianScheduler(Objective objective, Options options)
    : objective_(std::move(objective)), options_(options) {
  MANTA_CHECK(options.grace >= 1 && options.samples >= 1, "median: an option is out of range");
}

Result<std::vector<Order>> MedianScheduler::on_report(const Report& report, TrialsView) {
  const std::optional<double> value = report.metrics.find(objective_.metric);
  if (!value) return internal::missing_metric(report, objective_);
  Standing& standing = standings_[report.trial];
  standing.stopped = standing.stopped || judge(standing, report.iteration, objective_.score(*value));
  if (standing.stopped) return std::vector<Order>{{report.trial, Stop{}}};
  return std::vector<Order>{};
}

bool MedianScheduler::judge(Standing& standing, std::int64_t iteration, double score) {
  if (iteration <= standing.last_iteration) return false;
  standing.last_iteration = iteration;
  if (std::isfinite(score)) {
    standing.best = standing.count == 0 ? score : std::max(standing.best, score);
    ++standing.count;
    // Not a sum: that of huge scores overflows.
    standing.mean = std::lerp(standing.mean, score, 1.0 / static_cast<double>(standing.count));
  }
  internal::Rung& others = means_.try_emplace(iteration, iteration, kMedian).first->second;
  const bool decides = iteration >= options_.grace && others.size() >= static_cast<std::size_t>(options_.samples);
  const bool is_worse = standing.count == 0 || (decides && standing.best < others.cutoff());
  if (standing.count > 0) others.add(standing.mean);
  return decides && is_worse;
}

void MedianScheduler::on_end(TrialId trial, TrialState) { standings_.erase(trial); }

std::optional<TrialId> MedianScheduler::next_to_resume(TrialsView, bool) const { return std::nullopt; }

Snapshot MedianScheduler::save() const {
  nlohmann::json means = nlohmann::json::array();
  for (const auto& [iteration, rung] : means_) means.push_back({iteration, rung.sorted()});
  // Sorted, so that equal schedulers write equal text.
  const std::map<TrialId, Standing> sorted(standings_.begin(), standings_.end());
  nlohmann::json trials = nlohmann::json::array();
  for (const auto& [trial, at] : sorted)
    trials.push_back({trial.number, at.last_iteration, at.count, at.mean, at.best, at.stopped});
  const nlohmann::json state = {{"metric", objective_.metric},
                                {"mode", internal::mode_name(objective_.mode)},
                                {"means", std::move(means)},
                                {"trials", std::move(trials)}};
  return internal::write_snapshot(kMedianSnapshot, state.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

Result<void> MedianScheduler::restore(const Snapshot& snapshot) {
  MANTA_ASSIGN_OR_RETURN(const std::string text, internal::read_snapshot(kMedianSnapshot, snapshot));
  std::map<std::int64_t, internal::Rung> means;
  std::unordered_map<TrialId, Standing> standings;
  try {
    const nlohmann::json state = nlohmann::json::parse(text);
    if (state.at("metric") != objective_.metric || state.at("mode") != internal::mode_name(objective_.mode))
      return internal::damaged_snapshot(kMedianSnapshot, "metric or mode differ; resume with those it began with");
    for (const nlohmann::json& entry : state.at("means")) {
      const auto iteration = entry.at(0).get<std::int64_t>();
      means.try_emplace(iteration, iteration, kMedian).first->second.assign(entry.at(1).get<std::vector<double>>());
    }
    for (const nlohmann::json& trial : state.at("trials"))
      standings[TrialId{trial.at(0).get<std::int64_t>()}] = {.last_iteration = trial.at(1).get<std::int64_t>(),
                                                             .count = trial.at(2).get<std::int64_t>(),
                                                             .mean = trial.at(3).get<double>(),
                                                             .best = trial.at(4).get<double>(),
                                                             .stopped = trial.at(5).get<bool>()};
  } catch (const nlohmann::json::exception& error) {
    return internal::damaged_snapshot(kMedianSnapshot, error.what());
  }
  means_ = std::move(means);
  standings_ = std::move(standings);
  return {};
}

}  // namespace manta
