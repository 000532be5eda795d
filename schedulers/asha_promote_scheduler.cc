// SPDX-License-Identifier: Apache-2.0
#include "schedulers/asha_promote_scheduler.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/base/check.h"
#include "schedulers/internal/missing_metric.h"
#include "schedulers/internal/paused.h"
#include "schedulers/internal/snapshot_frame.h"

namespace manta {
namespace {

constexpr std::string_view kAshaPromoteSnapshot = "AshaPromoteScheduler";

}  // namespace

AshaPromoteScheduler::AshaPromoteScheduler(Objective objective, const Options& options)
    : objective_(std::move(objective)), options_(options) {
  MANTA_CHECK(options.max_t >= 1 && options.max_t <= AshaScheduler::kMaxIterations, "ASHA: max_t is out of range");
  MANTA_CHECK(options.grace >= 1 && options.grace <= options.max_t, "ASHA: grace is out of range");
  MANTA_CHECK(options.eta >= 2 && options.eta <= AshaScheduler::kMaxEta, "ASHA: eta is out of range");
  rungs_ = make_rungs();
}

std::vector<AshaPromoteScheduler::Rung> AshaPromoteScheduler::make_rungs() const {
  std::vector<Rung> rungs;
  for (std::int64_t iteration = options_.grace; iteration <= options_.max_t; iteration *= options_.eta)
    rungs.push_back({.iteration = iteration, .scores = internal::TopShare(options_.eta), .waiting = {}});
  return rungs;
}

std::size_t AshaPromoteScheduler::rungs_reached(std::int64_t iteration) const {
  const auto above =
      std::find_if(rungs_.begin(), rungs_.end(), [&](const Rung& rung) { return rung.iteration > iteration; });
  return static_cast<std::size_t>(above - rungs_.begin());
}

void AshaPromoteScheduler::leave_rung(TrialId trial, const Standing& standing, bool promoted) {
  if (standing.passed == 0) return;
  Rung& rung = rungs_[standing.passed - 1];
  if (rung.waiting.erase({-standing.score, trial}) > 0 && promoted) ++rung.promoted;
}

Result<std::vector<Order>> AshaPromoteScheduler::on_report(const Report& report, TrialsView) {
  const std::optional<double> value = report.metrics.find(objective_.metric);
  if (!value) return internal::missing_metric(report, objective_);
  Standing& standing = standings_[report.trial];
  if (standing.stopped) return std::vector<Order>{{report.trial, Stop{}}};
  const std::size_t reached = rungs_reached(report.iteration);
  if (reached <= standing.passed) return std::vector<Order>{};

  leave_rung(report.trial, standing, true);
  const double score = objective_.score(*value);
  standing = {.passed = reached, .score = score, .stopped = !std::isfinite(score)};
  if (standing.stopped) return std::vector<Order>{{report.trial, Stop{}}};
  Rung& rung = rungs_[reached - 1];
  rung.scores.add(score);
  if (reached == rungs_.size()) return std::vector<Order>{};  // Nobody waits at the top.
  rung.waiting.insert({-score, report.trial});
  return std::vector<Order>{{report.trial, Pause{}}};
}

void AshaPromoteScheduler::on_end(TrialId trial, TrialState state) {
  const auto it = standings_.find(trial);
  if (it == standings_.end()) return;
  // One that completed or failed has run since it was judged; one that was stopped may have waited.
  leave_rung(trial, it->second, state != TrialState::kStopped);
  standings_.erase(it);
}

std::optional<TrialId> AshaPromoteScheduler::next_to_resume(TrialsView trials, bool) const {
  for (auto rung = rungs_.rbegin(); rung != rungs_.rend(); ++rung) {
    std::size_t promoted = rung->promoted;
    for (const auto& [negated, trial] : rung->waiting) {
      if (promoted >= rung->scores.count()) break;
      if (!internal::is_paused(trials, trial)) {
        ++promoted;  // On its way to the next rung.
      } else if (-negated >= rung->scores.threshold()) {
        return trial;
      } else {
        break;
      }
    }
  }
  return std::nullopt;
}

Snapshot AshaPromoteScheduler::save() const {
  nlohmann::json rungs = nlohmann::json::array();
  for (const Rung& rung : rungs_) rungs.push_back({{"scores", rung.scores.sorted()}, {"promoted", rung.promoted}});
  // Sorted, so that equal schedulers write equal text.
  const std::map<TrialId, Standing> sorted(standings_.begin(), standings_.end());
  nlohmann::json trials = nlohmann::json::array();
  for (const auto& [trial, standing] : sorted) {
    const double score = standing.stopped ? 0 : standing.score;  // JSON knows finite numbers only.
    trials.push_back({trial.number, standing.passed, score, standing.stopped});
  }
  const nlohmann::json state = {{"metric", objective_.metric}, {"mode", internal::mode_name(objective_.mode)},
                                {"grace", options_.grace},     {"eta", options_.eta},
                                {"rungs", std::move(rungs)},   {"trials", std::move(trials)}};
  return internal::write_snapshot(kAshaPromoteSnapshot, state.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

Result<void> AshaPromoteScheduler::restore(const Snapshot& snapshot) {
  MANTA_ASSIGN_OR_RETURN(const std::string text, internal::read_snapshot(kAshaPromoteSnapshot, snapshot));
  std::vector<Rung> rungs = make_rungs();
  std::unordered_map<TrialId, Standing> standings;
  try {
    const nlohmann::json state = nlohmann::json::parse(text);
    if (state.at("metric") != objective_.metric || state.at("mode") != internal::mode_name(objective_.mode) ||
        state.at("grace") != options_.grace || state.at("eta") != options_.eta)
      return internal::damaged_snapshot(kAshaPromoteSnapshot,
                                        "metric, mode, grace or eta differ; resume with those it began with");
    const nlohmann::json& saved = state.at("rungs");
    if (!saved.is_array()) return internal::damaged_snapshot(kAshaPromoteSnapshot, "\"rungs\" is no array");
    for (std::size_t index = 0; index < std::min(rungs.size(), saved.size()); ++index) {
      rungs[index].scores.assign(saved.at(index).at("scores").get<std::vector<double>>());
      rungs[index].promoted = saved.at(index).at("promoted").get<std::size_t>();
    }
    for (const nlohmann::json& trial : state.at("trials")) {
      const TrialId id{trial.at(0).get<std::int64_t>()};
      Standing& standing = standings[id];
      // A trial above the highest rung of now stays above it.
      standing.passed = std::min(trial.at(1).get<std::size_t>(), rungs.size());
      standing.score = trial.at(2).get<double>();
      standing.stopped = trial.at(3).get<bool>();
      if (standing.passed > 0 && standing.passed < rungs.size() && !standing.stopped)
        rungs[standing.passed - 1].waiting.insert({-standing.score, id});
    }
  } catch (const nlohmann::json::exception& error) {
    return internal::damaged_snapshot(kAshaPromoteSnapshot, error.what());
  }
  rungs_ = std::move(rungs);
  standings_ = std::move(standings);
  return {};
}

}  // namespace manta
