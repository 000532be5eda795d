// SPDX-License-Identifier: Apache-2.0
#include "schedulers/pbt_scheduler.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/check.h"
#include "schedulers/internal/explore.h"
#include "schedulers/internal/missing_metric.h"
#include "schedulers/internal/pbt_json.h"
#include "schedulers/internal/snapshot_frame.h"

namespace manta {
namespace {

using nlohmann::json;

constexpr std::string_view kPbtSnapshot = "PbtScheduler";
constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

const TrialStatus* status_of(TrialsView trials, TrialId trial) {
  const auto number = static_cast<std::size_t>(trial.number);
  return number < trials.size() ? &trials[number] : nullptr;
}

bool is_in(TrialsView trials, TrialId trial, TrialState state) {
  const TrialStatus* const status = status_of(trials, trial);
  return status != nullptr && status->state == state;
}

json score_json(double score) { return std::isfinite(score) ? json(score) : json(); }

double score_from(const json& saved) {
  return saved.is_null() ? -std::numeric_limits<double>::infinity() : saved.get<double>();
}

json to_json(const std::deque<internal::Gain>& gains) {
  json list = json::array();
  for (const internal::Gain& gain : gains) {
    json point = json::array();
    for (const double u : gain.point) point.push_back(std::isnan(u) ? json() : json(u));
    list.push_back({gain.time, gain.score, gain.gain, std::move(point)});
  }
  return list;
}

internal::Gain gain_from(const json& saved, std::size_t axes) {
  internal::Gain gain{.time = saved.at(0).get<double>(),
                      .score = saved.at(1).get<double>(),
                      .point = {},
                      .gain = saved.at(2).get<double>()};
  for (std::size_t i = 0; i < axes; ++i) {
    const json& u = saved.at(3).at(i);
    gain.point.push_back(u.is_null() ? std::numeric_limits<double>::quiet_NaN() : u.get<double>());
  }
  return gain;
}

}  // namespace

PbtScheduler::PbtScheduler(Objective objective, const Space& space, Options options)
    : objective_(std::move(objective)), space_(space), options_(options) {
  MANTA_CHECK(options.interval >= 1, "PBT: interval is out of range");
  MANTA_CHECK(options.quantile >= 0 && options.quantile <= 0.5, "PBT: quantile is out of range");
  if (options.bandit) gains_.emplace(space);
}

Result<std::vector<Order>> PbtScheduler::on_report(const Report& report, TrialsView trials) {
  const std::optional<double> value = report.metrics.find(objective_.metric);
  if (!value) return internal::missing_metric(report, objective_);
  double score = objective_.score(*value);
  if (!std::isfinite(score)) score = -std::numeric_limits<double>::infinity();  // The good infinity is no value either.
  Member& member = members_[report.trial];
  member.score = score;
  if (report.iteration < member.begun) {  // It began anew, from an earlier checkpoint or none.
    member.begun = report.iteration;
    member.begun_score.reset();
  }
  const TrialStatus* const status = status_of(trials, report.trial);
  PbtHistory::Best& best = history_.best;
  if (std::isfinite(score) && status != nullptr && (best.trial.number < 0 || score > best.score))
    best = {report.trial, report.iteration, score, status->config, history_.exploits.size()};

  if (take_back_failed_exploit(report.trial, trials)) member.begun = report.iteration - options_.interval;
  if (options_.synchronous) return arrive(report.trial, report.iteration, trials);
  if (report.iteration - member.begun < options_.interval) return std::vector<Order>{};
  return judge(report.trial, report.iteration, trials);
}

bool PbtScheduler::take_back_failed_exploit(TrialId trial, TrialsView trials) {
  const std::optional<Config> ordered = std::exchange(members_[trial].ordered, std::nullopt);
  const TrialStatus* const status = status_of(trials, trial);
  if (!ordered || status == nullptr || status->config == *ordered) return false;
  auto& exploits = history_.exploits;
  const auto last =
      std::find_if(exploits.rbegin(), exploits.rend(), [&](const PbtExploit& each) { return each.trial == trial; });
  if (last == exploits.rend()) return true;
  const auto index = static_cast<std::uint64_t>(exploits.rend() - last - 1);
  if (history_.best.exploits_before > index) --history_.best.exploits_before;
  exploits.erase(std::next(last).base());
  return true;
}

std::vector<Order> PbtScheduler::judge(TrialId trial, std::int64_t iteration, TrialsView trials) {
  const std::optional<std::int64_t> behind = iteration_of_the_waiting(trials);
  // A copy goes on at once. One that copied each time would never let the others have its slot.
  if (behind && iteration - *behind > options_.interval) return {{trial, Pause{}}};
  begin_interval(trial, iteration, trials);
  // Nor would they, if it took over the lead of one that is further ahead.
  const std::int64_t limit = behind ? *behind + options_.interval : kNoLimit;
  if (const std::optional<Order> order = exploit(trial, ranking(), trials, limit)) return {*order};
  if (behind) return {{trial, Pause{}}};
  return {};
}

std::vector<Order> PbtScheduler::arrive(TrialId trial, std::int64_t iteration, TrialsView trials) {
  std::vector<Order> orders;
  Member& member = members_[trial];
  // It was let go when nobody else was to come: so the interval is over.
  if (member.arrived) close_interval(trials, orders);
  if (iteration - member.begun < options_.interval) return orders;
  member.arrived = true;
  const std::int64_t expected = std::max(static_cast<std::int64_t>(trials.size()), options_.max_trials) - ended_;
  if (!is_interval_over(expected)) {
    orders.push_back({trial, Pause{}});
  } else {
    close_interval(trials, orders);
  }
  return orders;
}

bool PbtScheduler::is_interval_over(std::int64_t expected) const {
  const auto arrived =
      std::count_if(members_.begin(), members_.end(), [](const auto& each) { return each.second.arrived; });
  return arrived > 0 && arrived >= expected;
}

void PbtScheduler::close_interval(TrialsView trials, std::vector<Order>& orders) {
  const Ranking ranked = ranking();
  std::vector<TrialId> arrived;
  for (auto& [trial, member] : members_) {
    if (!std::exchange(member.arrived, false)) continue;
    arrived.push_back(trial);
    if (const TrialStatus* const status = status_of(trials, trial)) begin_interval(trial, status->iteration, trials);
  }
  for (const TrialId trial : arrived)
    if (const std::optional<Order> order = exploit(trial, ranked, trials, kNoLimit)) orders.push_back(*order);
}

PbtScheduler::Ranking PbtScheduler::ranking() const {
  Ranking ranked;
  for (const auto& [trial, member] : members_) ranked.push_back(trial);
  std::stable_sort(ranked.begin(), ranked.end(),
                   [this](TrialId one, TrialId other) { return members_.at(one).score > members_.at(other).score; });
  return ranked;
}

std::size_t PbtScheduler::share(std::size_t count) const {
  const auto wanted = static_cast<std::size_t>(std::ceil(static_cast<double>(count) * options_.quantile));
  return std::min(wanted, count / 2);
}

std::optional<Order> PbtScheduler::exploit(TrialId trial, const Ranking& ranking, TrialsView trials,
                                           std::int64_t latest) {
  const std::size_t count = share(ranking.size());
  Member& member = members_.at(trial);
  if (std::find(ranking.end() - static_cast<std::ptrdiff_t>(count), ranking.end(), trial) == ranking.end())
    return std::nullopt;
  Ranking donors;
  for (const TrialId donor : std::span(ranking).first(count)) {
    const bool is_worth_it = std::isfinite(members_.at(donor).score) && !members_.at(donor).ordered;
    const TrialStatus* const there = status_of(trials, donor);
    if (is_worth_it && there != nullptr && there->iteration <= latest) donors.push_back(donor);
  }
  if (donors.empty()) return std::nullopt;
  RandomStream random(options_.seed, hash_name("pbt"), static_cast<std::uint32_t>(exploits_++));
  const TrialId donor = donors[random.below(donors.size())];
  const TrialStatus& status = *status_of(trials, donor);
  Config config = internal::explore(space_, status.config, random, options_.resample);
  if (gains_) config = improved(config, status.iteration, members_.at(donor).score, trial, trials, random);
  history_.exploits.push_back({trial, donor, status.iteration, status.config, config});
  if (const TrialStatus* const own = status_of(trials, trial)) {
    history_.exploits.back().own_iteration = own->iteration;
    history_.exploits.back().own_config = own->config;
  }
  member.ordered = config;
  member.score = members_.at(donor).score;
  member.begun = status.iteration;
  member.begun_score = member.score;
  return Order{trial, Clone{donor, std::move(config)}};
}

void PbtScheduler::begin_interval(TrialId trial, std::int64_t iteration, TrialsView trials) {
  Member& member = members_.at(trial);
  const TrialStatus* const status = status_of(trials, trial);
  const double interval = static_cast<double>(options_.interval);
  if (gains_ && status != nullptr && member.begun_score && std::isfinite(member.score) && iteration > member.begun) {
    const double gained = (member.score - *member.begun_score) / static_cast<double>(iteration - member.begun);
    if (std::isfinite(gained)) {
      gains_->add({static_cast<double>(iteration) / interval, *member.begun_score, gains_->encode(status->config),
                   gained * interval});
    }
  }
  member.begun = iteration;
  member.begun_score.reset();
  if (std::isfinite(member.score)) member.begun_score = member.score;
}

Config PbtScheduler::improved(const Config& explored, std::int64_t iteration, double score, TrialId trial,
                              TrialsView trials, RandomStream& random) const {
  const double interval = static_cast<double>(options_.interval);
  std::vector<internal::UnderWay> others;
  for (const auto& [other, member] : members_) {
    const TrialStatus* const status = status_of(trials, other);
    if (other == trial || status == nullptr || !member.begun_score) continue;
    others.push_back({static_cast<double>(member.begun) / interval + 1, *member.begun_score,
                      member.ordered.value_or(status->config)});
  }
  return gains_->choose(explored, static_cast<double>(iteration) / interval + 1, score, others, random);
}

std::optional<std::int64_t> PbtScheduler::iteration_of_the_waiting(TrialsView trials) const {
  if (static_cast<std::int64_t>(trials.size()) < options_.max_trials) return 0;
  std::optional<std::int64_t> least;
  for (const auto& [trial, member] : members_) {
    if (!is_in(trials, trial, TrialState::kPaused) && !is_in(trials, trial, TrialState::kPending)) continue;
    const std::int64_t iteration = status_of(trials, trial)->iteration;
    least = std::min(least.value_or(iteration), iteration);
  }
  return least;
}

void PbtScheduler::on_end(TrialId trial, TrialState) {
  members_.erase(trial);
  ++ended_;
}

std::optional<TrialId> PbtScheduler::next_to_resume(TrialsView trials, bool more_to_come) const {
  std::optional<TrialId> behind;
  // One that has not reported is no member yet, but it runs, or will.
  bool is_anybody_running = trials.size() > members_.size() + static_cast<std::size_t>(ended_);
  for (const auto& [trial, member] : members_) {
    is_anybody_running = is_anybody_running || is_in(trials, trial, TrialState::kRunning);
    if (!is_in(trials, trial, TrialState::kPaused) || member.arrived) continue;
    if (!behind || status_of(trials, trial)->iteration < status_of(trials, *behind)->iteration) behind = trial;
  }
  if (!options_.synchronous) return more_to_come && is_anybody_running ? std::nullopt : behind;
  if (behind || more_to_come || !is_interval_over(static_cast<std::int64_t>(trials.size()) - ended_)) return behind;
  // All who are left have arrived, some because others ended: those that will not copy go first.
  const Ranking ranked = ranking();
  for (const TrialId trial : std::span(ranked).first(ranked.size() - share(ranked.size())))
    if (is_in(trials, trial, TrialState::kPaused)) return trial;
  return std::nullopt;
}

Snapshot PbtScheduler::save() const {
  json members = json::array();
  for (const auto& [trial, member] : members_) {
    members.push_back({trial.number, member.begun, score_json(member.score), member.arrived,
                       member.ordered ? internal::to_json(*member.ordered) : json(),
                       member.begun_score ? json(*member.begun_score) : json()});
  }
  const json state = {{"metric", objective_.metric},
                      {"mode", internal::mode_name(objective_.mode)},
                      {"interval", options_.interval},
                      {"members", std::move(members)},
                      {"ended", ended_},
                      {"ordered", exploits_},
                      {"synchronous", options_.synchronous},
                      {"history", internal::to_json(history_)},
                      {"gains", gains_ ? to_json(gains_->gains()) : json()}};
  return internal::write_snapshot(kPbtSnapshot, state.dump(-1, ' ', false, json::error_handler_t::replace));
}

Result<void> PbtScheduler::restore(const Snapshot& snapshot) {
  MANTA_ASSIGN_OR_RETURN(const std::string text, internal::read_snapshot(kPbtSnapshot, snapshot));
  PbtScheduler read(objective_, space_, options_);
  try {
    const json state = json::parse(text);
    if (state.at("metric") != objective_.metric || state.at("mode") != internal::mode_name(objective_.mode) ||
        state.at("interval") != options_.interval || state.at("synchronous") != options_.synchronous ||
        state.at("gains").is_null() == options_.bandit)
      return internal::damaged_snapshot(kPbtSnapshot, "metric, mode or interval differ; resume with those it began with");
    for (const json& saved : state.at("members")) {
      Member& member = read.members_[{saved.at(0).get<std::int64_t>()}];
      member.begun = saved.at(1).get<std::int64_t>();
      member.score = score_from(saved.at(2));
      member.arrived = saved.at(3).get<bool>();
      if (!saved.at(4).is_null()) member.ordered = internal::config_from(saved.at(4));
      if (!saved.at(5).is_null()) member.begun_score = saved.at(5).get<double>();
    }
    read.ended_ = state.at("ended").get<std::int64_t>();
    read.exploits_ = state.at("ordered").get<std::uint64_t>();
    read.history_ = internal::history_from(state.at("history"));
    if (gains_) {
      for (const json& gain : state.at("gains")) read.gains_->add(gain_from(gain, gains_->axes()));
    }
  } catch (const json::exception& error) {
    return internal::damaged_snapshot(kPbtSnapshot, error.what());
  }
  members_ = std::move(read.members_);
  ended_ = read.ended_;
  exploits_ = read.exploits_;
  history_ = std::move(read.history_);
  gains_ = std::move(read.gains_);
  return {};
}

}  // namespace manta
