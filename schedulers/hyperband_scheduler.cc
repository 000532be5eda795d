// SPDX-License-Identifier: Apache-2.0
#include "schedulers/hyperband_scheduler.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "schedulers/internal/missing_metric.h"
#include "schedulers/internal/paused.h"
#include "schedulers/internal/snapshot_frame.h"

namespace manta {
namespace {

using nlohmann::json;

constexpr std::string_view kHyperbandSnapshot = "HyperbandScheduler";

}  // namespace

HyperbandScheduler::HyperbandScheduler(Objective objective, Options options)
    : objective_(std::move(objective)), options_(options), plan_(options.max_t, options.eta) {}

HyperbandScheduler::Standing& HyperbandScheduler::standing_of(std::int64_t bracket) {
  const auto [it, is_new] = standings_.try_emplace(bracket);
  if (is_new) {
    const internal::Bracket& nominal = plan_.bracket(bracket);
    it->second.rungs.resize(nominal.rungs.size() - 1);
    if (!it->second.rungs.empty()) it->second.rungs.front().members = nominal.trials;
  }
  return it->second;
}

std::size_t HyperbandScheduler::share_of(const Rung& rung) const {
  const std::size_t came = rung.arrived.size() + static_cast<std::size_t>(rung.ended);
  return std::min(rung.arrived.size(), std::max<std::size_t>(1, came / static_cast<std::size_t>(options_.eta)));
}

Result<std::vector<Order>> HyperbandScheduler::on_report(const Report& report, TrialsView) {
  const std::optional<double> value = report.metrics.find(objective_.metric);
  if (!value) return internal::missing_metric(report, objective_);
  std::vector<Order> orders;
  if (const auto stopped = stopped_.find(report.trial); stopped != stopped_.end()) {
    stopped->second = false;  // It still reports: it is told again.
  } else {
    const std::int64_t bracket = plan_.bracket_of(report.trial.number);
    Standing& standing = standing_of(bracket);
    const std::size_t next = passed_[report.trial];
    if (next < standing.rungs.size() && report.iteration >= plan_.bracket(bracket).rungs[next])
      arrive(standing, next, report.trial, objective_.score(*value), orders);
  }
  add_stops(orders);
  return orders;
}

void HyperbandScheduler::arrive(Standing& standing, std::size_t index, TrialId trial, double score,
                                std::vector<Order>& orders) {
  // It was sent here when no more trials came, from a rung that was not full.
  if (index > 0 && !standing.rungs[index - 1].is_judged) judge(standing, index - 1);
  Rung& rung = standing.rungs[index];
  if (!std::isfinite(score)) {
    ++rung.ended;
    stop(trial);
  } else if (rung.is_judged) {
    return arrive_late(standing, index, trial, score);
  } else {
    passed_[trial] = index + 1;
    rung.arrived.insert({-score, trial});
    orders.push_back({trial, Pause{}});
  }
  judge_if_complete(standing, index);
  if (rung.is_judged) orders.clear();  // At once: there is nothing to pause for.
}

void HyperbandScheduler::arrive_late(Standing& standing, std::size_t index, TrialId trial, double score) {
  Rung& rung = standing.rungs[index];
  if (score < rung.cut) return stop(trial);
  passed_[trial] = index + 1;
  rung.kept.insert(trial);
  if (index + 1 < standing.rungs.size()) ++standing.rungs[index + 1].members;
}

void HyperbandScheduler::judge_if_complete(Standing& standing, std::size_t index) {
  const Rung& rung = standing.rungs[index];
  const bool all_were_sent = index == 0 || standing.rungs[index - 1].is_judged;
  if (!rung.is_judged && all_were_sent && rung.is_complete(rung.members)) judge(standing, index);
}

void HyperbandScheduler::judge(Standing& standing, std::size_t index) {
  Rung& rung = standing.rungs[index];
  const std::size_t share = share_of(rung);
  rung.is_judged = true;
  for (const auto& [negated, trial] : rung.arrived) {
    if (rung.kept.size() < share) {
      rung.kept.insert(trial);
      rung.cut = -negated;
    } else {
      stop(trial);
    }
  }
  rung.arrived.clear();
  if (index + 1 == standing.rungs.size()) return;
  standing.rungs[index + 1].members = static_cast<std::int64_t>(rung.kept.size());
}

void HyperbandScheduler::add_stops(std::vector<Order>& orders) {
  for (auto& [trial, is_ordered] : stopped_)
    if (!std::exchange(is_ordered, true)) orders.push_back({trial, Stop{}});
}

void HyperbandScheduler::on_end(TrialId trial, TrialState) {
  const std::int64_t bracket = plan_.bracket_of(trial.number);
  Standing& standing = standing_of(bracket);
  const auto known = passed_.find(trial);
  const std::size_t passed = known == passed_.end() ? 0 : known->second;
  if (known != passed_.end()) passed_.erase(known);
  if (stopped_.erase(trial) == 0) {
    // It was on the way to this rung, or waits at the one before.
    std::size_t index = passed;
    if (passed > 0 && !standing.rungs[passed - 1].is_judged) {
      --index;
      std::erase_if(standing.rungs[index].arrived, [&](const auto& entry) { return entry.second == trial; });
    }
    if (index < standing.rungs.size()) {
      ++standing.rungs[index].ended;
      judge_if_complete(standing, index);
    }
  }
  if (++standing.ended == plan_.bracket(bracket).trials) standings_.erase(bracket);
}

bool HyperbandScheduler::is_at(TrialId trial, std::size_t rungs) const {
  const auto known = passed_.find(trial);
  return known != passed_.end() && known->second == rungs;
}

std::optional<TrialId> HyperbandScheduler::next_to_resume(TrialsView trials, bool more_to_come) const {
  const auto count = static_cast<std::int64_t>(trials.size());
  for (const auto& [bracket, standing] : standings_) {
    for (auto rung = standing.rungs.rbegin(); rung != standing.rungs.rend(); ++rung) {
      for (const TrialId trial : rung->kept)
        if (internal::is_paused(trials, trial) && is_at(trial, static_cast<std::size_t>(standing.rungs.rend() - rung)))
          return trial;
    }
    if (more_to_come) continue;
    // Those that there are, of the first rung that is not judged: all that will come.
    const auto open =
        std::find_if(standing.rungs.begin(), standing.rungs.end(), [](const Rung& rung) { return !rung.is_judged; });
    if (open == standing.rungs.end()) continue;
    const std::int64_t members =
        open != standing.rungs.begin() ? open->members : std::min(open->members, count - plan_.first_of(bracket));
    if (!open->is_complete(members)) continue;
    std::size_t left = share_of(*open);
    for (auto it = open->arrived.begin(); left > 0; ++it, --left)
      if (internal::is_paused(trials, it->second)) return it->second;
  }
  return std::nullopt;
}

Snapshot HyperbandScheduler::save() const {
  json brackets = json::array();
  for (const auto& [number, standing] : standings_) {
    json rungs = json::array();
    for (const Rung& rung : standing.rungs) {
      json arrived = json::array();
      for (const auto& [negated, trial] : rung.arrived) arrived.push_back({-negated, trial.number});
      json kept = json::array();
      for (const TrialId trial : rung.kept) kept.push_back(trial.number);
      rungs.push_back({rung.members, rung.ended, std::move(arrived), rung.is_judged, std::move(kept), rung.cut});
    }
    brackets.push_back({number, standing.ended, std::move(rungs)});
  }
  json passed = json::array();
  // Sorted, so that equal schedulers write equal text.
  for (const auto& [trial, count] : std::map(passed_.begin(), passed_.end())) passed.push_back({trial.number, count});
  json stopped = json::array();
  for (const auto& [trial, is_ordered] : stopped_) stopped.push_back({trial.number, is_ordered});
  const json state = {{"metric", objective_.metric},     {"mode", internal::mode_name(objective_.mode)},
                      {"max_t", options_.max_t},         {"eta", options_.eta},
                      {"brackets", std::move(brackets)}, {"passed", std::move(passed)},
                      {"stopped", std::move(stopped)}};
  return internal::write_snapshot(kHyperbandSnapshot, state.dump(-1, ' ', false, json::error_handler_t::replace));
}

Result<void> HyperbandScheduler::restore(const Snapshot& snapshot) {
  MANTA_ASSIGN_OR_RETURN(const std::string text, internal::read_snapshot(kHyperbandSnapshot, snapshot));
  HyperbandScheduler read(objective_, options_);
  try {
    const json state = json::parse(text);
    if (state.at("metric") != objective_.metric || state.at("mode") != internal::mode_name(objective_.mode) ||
        state.at("max_t") != options_.max_t || state.at("eta") != options_.eta)
      return internal::damaged_snapshot(kHyperbandSnapshot,
                                        "metric, mode, max_t or eta differ; resume with those it began with");
    for (const json& saved : state.at("brackets")) {
      const auto bracket = saved.at(0).get<std::int64_t>();
      if (bracket < 0) return internal::damaged_snapshot(kHyperbandSnapshot, "a bracket's number is negative");
      Standing& standing = read.standing_of(bracket);
      standing.ended = saved.at(1).get<std::int64_t>();
      for (std::size_t index = 0; index < standing.rungs.size(); ++index) {
        const json& from = saved.at(2).at(index);
        Rung& rung = standing.rungs[index];
        rung.members = from.at(0).get<std::int64_t>();
        rung.ended = from.at(1).get<std::int64_t>();
        for (const json& entry : from.at(2))
          rung.arrived.insert({-entry.at(0).get<double>(), {entry.at(1).get<std::int64_t>()}});
        rung.is_judged = from.at(3).get<bool>();
        for (const json& number : from.at(4)) rung.kept.insert({number.get<std::int64_t>()});
        rung.cut = from.at(5).get<double>();
      }
    }
    for (const json& entry : state.at("passed"))
      read.passed_[{entry.at(0).get<std::int64_t>()}] = entry.at(1).get<std::size_t>();
    for (const json& entry : state.at("stopped"))
      read.stopped_[{entry.at(0).get<std::int64_t>()}] = entry.at(1).get<bool>();
  } catch (const json::exception& error) {
    return internal::damaged_snapshot(kHyperbandSnapshot, error.what());
  }
  standings_ = std::move(read.standings_);
  passed_ = std::move(read.passed_);
  stopped_ = std::move(read.stopped_);
  return {};
}

}  // namespace manta
