// SPDX-License-Identifier: Apache-2.0
#include "schedulers/plateau_scheduler.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "schedulers/internal/missing_metric.h"
#include "schedulers/internal/snapshot_frame.h"

namespace manta {
namespace {

using nlohmann::json;

constexpr std::string_view kPlateauSnapshot = "PlateauScheduler";

double deviation(const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  double mean = 0;
  for (const double value : values) mean += value / count;
  double variance = 0;
  for (const double value : values) variance += (value - mean) * (value - mean) / count;
  return std::sqrt(variance);
}

}  // namespace

Result<std::vector<Order>> PlateauScheduler::on_report(const Report& report, TrialsView) {
  const std::optional<double> value = report.metrics.find(objective_.metric);
  if (!value) return internal::missing_metric(report, objective_);
  std::vector<double>& window = windows_[report.trial];
  if (!std::isfinite(*value)) {
    window.clear();
    return std::vector<Order>{};
  }
  if (window.size() == static_cast<std::size_t>(options_.reports)) window.erase(window.begin());
  window.push_back(*value);
  const bool is_full = window.size() == static_cast<std::size_t>(options_.reports);
  if (!is_full || report.iteration < options_.grace || !(deviation(window) <= options_.std))
    return std::vector<Order>{};
  return std::vector<Order>{{report.trial, Stop{}}};
}

void PlateauScheduler::on_end(TrialId trial, TrialState) { windows_.erase(trial); }

std::optional<TrialId> PlateauScheduler::next_to_resume(TrialsView, bool) const { return std::nullopt; }

Snapshot PlateauScheduler::save() const {
  json trials = json::array();
  for (const auto& [trial, window] : windows_) trials.push_back({trial.number, window});
  const json state = {{"metric", objective_.metric}, {"trials", std::move(trials)}};
  return internal::write_snapshot(kPlateauSnapshot, state.dump(-1, ' ', false, json::error_handler_t::replace));
}

Result<void> PlateauScheduler::restore(const Snapshot& snapshot) {
  MANTA_ASSIGN_OR_RETURN(const std::string text, internal::read_snapshot(kPlateauSnapshot, snapshot));
  std::map<TrialId, std::vector<double>> windows;
  try {
    const json state = json::parse(text);
    if (state.at("metric") != objective_.metric)
      return internal::damaged_snapshot(kPlateauSnapshot, "the metric differs; resume with the one it began with");
    for (const json& saved : state.at("trials")) {
      auto window = saved.at(1).get<std::vector<double>>();
      const auto limit = static_cast<std::size_t>(options_.reports);
      if (window.size() > limit) window.erase(window.begin(), window.end() - static_cast<std::ptrdiff_t>(limit));
      windows[{saved.at(0).get<std::int64_t>()}] = std::move(window);
    }
  } catch (const json::exception& error) {
    return internal::damaged_snapshot(kPlateauSnapshot, error.what());
  }
  windows_ = std::move(windows);
  return {};
}

}  // namespace manta
