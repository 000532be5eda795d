// SPDX-License-Identifier: Apache-2.0
#include "schedulers/asha_scheduler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/check.h"
#include "schedulers/internal/missing_metric.h"
#include "schedulers/internal/snapshot_frame.h"

namespace manta {

namespace {

constexpr std::string_view kAshaSnapshot = "AshaScheduler";

std::vector<internal::Rung> make_rungs(const AshaScheduler::Options& options) {
  std::vector<internal::Rung> rungs;
  for (std::int64_t iteration = options.grace; iteration <= options.max_t; iteration *= options.eta) {
    rungs.emplace_back(iteration, options.eta);
  }
  return rungs;
}

}  // namespace

AshaScheduler::AshaScheduler(Objective objective, const Options& options)
    : objective_(std::move(objective)), options_(options) {
  MANTA_CHECK(options.max_t >= 1 && options.max_t <= kMaxIterations, "ASHA: max_t is out of range");
  MANTA_CHECK(options.grace >= 1 && options.grace <= options.max_t, "ASHA: grace is out of range");
  MANTA_CHECK(options.eta >= 2 && options.eta <= kMaxEta, "ASHA: eta is out of range");
  rungs_ = make_rungs(options);
}

std::optional<double> AshaScheduler::spent(const Report& report) const {
  if (options_.cost.empty()) return static_cast<double>(report.iteration);
  if (options_.cost == "seconds") return report.seconds;
  return report.metrics.find(options_.cost);
}

std::size_t AshaScheduler::rungs_reached(double spent) const {
  // Not "<=" the other way round: a cost that is NaN has reached nothing.
  const auto above = std::find_if(rungs_.begin(), rungs_.end(), [spent](const internal::Rung& rung) {
    return !(spent >= static_cast<double>(rung.iteration()));
  });
  return static_cast<std::size_t>(above - rungs_.begin());
}

Result<std::vector<Order>> AshaScheduler::on_report(const Report& report, TrialsView) {
  const std::optional<double> value = report.metrics.find(objective_.metric);
  if (!value) return internal::missing_metric(report, objective_);
  const std::optional<double> spent = this->spent(report);
  if (!spent) return internal::missing_metric(report, {options_.cost, objective_.mode});
  Standing& standing = standings_[report.trial];
  standing.stopped = standing.stopped || judge(standing, *spent, objective_.score(*value));
  if (!options_.cost.empty() && *spent >= static_cast<double>(options_.max_t)) standing.stopped = true;
  if (standing.stopped) return std::vector<Order>{{report.trial, Stop{}}};
  return std::vector<Order>{};
}

bool AshaScheduler::judge(Standing& standing, double spent, double score) {
  const std::size_t reached = rungs_reached(spent);
  const bool finite = std::isfinite(score);
  const bool arrives = reached > standing.passed;
  const bool still_not_finite = reached == standing.passed && standing.not_finite && !finite;
  if (!arrives && !still_not_finite) return false;

  standing.passed = reached;
  standing.not_finite = !finite;
  internal::Rung& rung = rungs_[reached - 1];
  const bool decides = rung.size() >= static_cast<std::size_t>(options_.eta);
  if (!finite) return decides;
  const bool stop = decides && score < rung.cutoff();
  rung.add(score);
  return stop;
}

void AshaScheduler::on_end(TrialId trial, TrialState) { standings_.erase(trial); }

std::optional<TrialId> AshaScheduler::next_to_resume(TrialsView, bool) const { return std::nullopt; }

std::int64_t AshaScheduler::unjudged_iterations(TrialId trial, std::int64_t iteration) const {
  const auto known = standings_.find(trial);
  const Standing standing = known == standings_.end() ? Standing() : known->second;
  const std::size_t reached = rungs_reached(static_cast<double>(iteration));
  // One whose value was not finite at its rung may be stopped at any iteration.
  const bool is_judged_next = standing.passed < reached || standing.not_finite || standing.stopped;
  if (is_judged_next || !options_.cost.empty()) return 1;
  return reached == rungs_.size() ? std::numeric_limits<std::int64_t>::max() : rungs_[reached].iteration() - iteration;
}

Snapshot AshaScheduler::save() const {
  nlohmann::json rungs = nlohmann::json::array();
  for (const internal::Rung& rung : rungs_) rungs.push_back(rung.sorted());
  // Sorted, so that equal schedulers write equal text.
  const std::map<TrialId, Standing> sorted(standings_.begin(), standings_.end());
  nlohmann::json trials = nlohmann::json::array();
  for (const auto& [trial, standing] : sorted) {
    trials.push_back({trial.number, standing.passed, standing.not_finite, standing.stopped});
  }
  const nlohmann::json state = {{"metric", objective_.metric}, {"mode", internal::mode_name(objective_.mode)},
                                {"grace", options_.grace},     {"eta", options_.eta},
                                {"cost", options_.cost},       {"rungs", std::move(rungs)},
                                {"trials", std::move(trials)}};
  return internal::write_snapshot(kAshaSnapshot, state.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

Result<void> AshaScheduler::restore(const Snapshot& snapshot) {
  MANTA_ASSIGN_OR_RETURN(const std::string text, internal::read_snapshot(kAshaSnapshot, snapshot));
  std::vector<internal::Rung> rungs = make_rungs(options_);
  std::unordered_map<TrialId, Standing> standings;
  try {
    const nlohmann::json state = nlohmann::json::parse(text);
    if (state.at("metric") != objective_.metric || state.at("mode") != internal::mode_name(objective_.mode) ||
        state.at("grace") != options_.grace || state.at("eta") != options_.eta ||
        state.value("cost", "") != options_.cost) {
      return internal::damaged_snapshot(kAshaSnapshot,
                                        "metric, mode, grace, eta or cost differ; resume with those it began with");
    }
    const nlohmann::json& saved = state.at("rungs");
    if (!saved.is_array()) return internal::damaged_snapshot(kAshaSnapshot, "\"rungs\" is no array");
    for (std::size_t index = 0; index < std::min(rungs.size(), saved.size()); ++index) {
      rungs[index].assign(saved.at(index).get<std::vector<double>>());
    }
    for (const nlohmann::json& trial : state.at("trials")) {
      Standing& standing = standings[TrialId{trial.at(0).get<std::int64_t>()}];
      // A trial above the highest rung of now stays above it.
      standing.passed = std::min(trial.at(1).get<std::size_t>(), rungs.size());
      standing.not_finite = trial.at(2).get<bool>();
      standing.stopped = trial.at(3).get<bool>();
    }
  } catch (const nlohmann::json::exception& error) {
    return internal::damaged_snapshot(kAshaSnapshot, error.what());
  }
  rungs_ = std::move(rungs);
  standings_ = std::move(standings);
  return {};
}

}  // namespace manta
