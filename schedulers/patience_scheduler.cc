// SPDX-License-Identifier: Apache-2.0
#include "schedulers/patience_scheduler.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "schedulers/internal/missing_metric.h"
#include "schedulers/internal/snapshot_frame.h"

namespace manta {
namespace {

using nlohmann::json;

constexpr std::string_view kPatienceSnapshot = "PatienceScheduler";

}  // namespace

Result<std::vector<Order>> PatienceScheduler::on_report(const Report& report, TrialsView) {
  const std::optional<double> value = report.metrics.find(objective_.metric);
  if (!value) return internal::missing_metric(report, objective_);
  Standing& standing = standings_[report.trial];
  const double score = objective_.score(*value);
  if (std::isfinite(score) && (!standing.best || score > *standing.best + options_.delta)) {
    standing = {.best = score, .without = 0};
  } else {
    ++standing.without;
  }
  if (standing.without < options_.reports) return std::vector<Order>{};
  return std::vector<Order>{{report.trial, Stop{}}};
}

void PatienceScheduler::on_end(TrialId trial, TrialState) { standings_.erase(trial); }

std::optional<TrialId> PatienceScheduler::next_to_resume(TrialsView, bool) const { return std::nullopt; }

Snapshot PatienceScheduler::save() const {
  json trials = json::array();
  for (const auto& [trial, standing] : standings_)
    trials.push_back({trial.number, standing.best ? json(*standing.best) : json(), standing.without});
  const json state = {{"metric", objective_.metric}, {"trials", std::move(trials)}};
  return internal::write_snapshot(kPatienceSnapshot, state.dump(-1, ' ', false, json::error_handler_t::replace));
}

Result<void> PatienceScheduler::restore(const Snapshot& snapshot) {
  MANTA_ASSIGN_OR_RETURN(const std::string text, internal::read_snapshot(kPatienceSnapshot, snapshot));
  std::map<TrialId, Standing> standings;
  try {
    const json state = json::parse(text);
    if (state.at("metric") != objective_.metric)
      return internal::damaged_snapshot(kPatienceSnapshot, "the metric differs; resume with the one it began with");
    for (const json& saved : state.at("trials")) {
      Standing& standing = standings[{saved.at(0).get<std::int64_t>()}];
      if (!saved.at(1).is_null()) standing.best = saved.at(1).get<double>();
      standing.without = saved.at(2).get<std::int64_t>();
    }
  } catch (const json::exception& error) {
    return internal::damaged_snapshot(kPatienceSnapshot, error.what());
  }
  standings_ = std::move(standings);
  return {};
}

}  // namespace manta
