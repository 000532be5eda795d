// SPDX-License-Identifier: Apache-2.0
#include "schedulers/threshold_scheduler.h"

#include <nlohmann/json.hpp>

#include "schedulers/internal/missing_metric.h"
#include "schedulers/internal/snapshot_frame.h"

namespace manta {
namespace {

using nlohmann::json;

constexpr std::string_view kThresholdSnapshot = "ThresholdScheduler";

}  // namespace

Result<std::vector<Order>> ThresholdScheduler::on_report(const Report& report, TrialsView) {
  const std::optional<double> value = report.metrics.find(objective_.metric);
  if (!value) return internal::missing_metric(report, objective_);
  bool& is_good = good_[report.trial];
  is_good = is_good || objective_.score(*value) >= objective_.score(options_.value);
  if (is_good || report.iteration < options_.at) return std::vector<Order>{};
  return std::vector<Order>{{report.trial, Stop{}}};
}

void ThresholdScheduler::on_end(TrialId trial, TrialState) { good_.erase(trial); }

std::optional<TrialId> ThresholdScheduler::next_to_resume(TrialsView, bool) const { return std::nullopt; }

Snapshot ThresholdScheduler::save() const {
  json trials = json::array();
  for (const auto& [trial, is_good] : good_) trials.push_back({trial.number, is_good});
  const json state = {{"metric", objective_.metric}, {"trials", std::move(trials)}};
  return internal::write_snapshot(kThresholdSnapshot, state.dump(-1, ' ', false, json::error_handler_t::replace));
}

Result<void> ThresholdScheduler::restore(const Snapshot& snapshot) {
  MANTA_ASSIGN_OR_RETURN(const std::string text, internal::read_snapshot(kThresholdSnapshot, snapshot));
  std::map<TrialId, bool> good;
  try {
    const json state = json::parse(text);
    if (state.at("metric") != objective_.metric)
      return internal::damaged_snapshot(kThresholdSnapshot, "the metric differs; resume with the one it began with");
    for (const json& saved : state.at("trials")) good[{saved.at(0).get<std::int64_t>()}] = saved.at(1).get<bool>();
  } catch (const json::exception& error) {
    return internal::damaged_snapshot(kThresholdSnapshot, error.what());
  }
  good_ = std::move(good);
  return {};
}

}  // namespace manta
