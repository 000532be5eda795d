// SPDX-License-Identifier: Apache-2.0
#include "schedulers/pbt_scheduler.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>
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
  Member& member = update(report, score, trials);
  const TrialStatus* const status = status_of(trials, report.trial);
  PbtHistory::Best& best = history_.best;
  if (std::isfinite(score) && status != nullptr && (best.trial.number < 0 || score > best.score))
    best = {report.trial, report.iteration, score, status->config, history_.exploits.size()};

  if (options_.synchronous) return arrive(report.trial, report.iteration, trials);
  if (member.saves_nothing) return std::vector<Order>{};
  return take_turn(report.trial, report.iteration, trials);
}

PbtScheduler::Member& PbtScheduler::update(const Report& report, double score, TrialsView trials) {
  Member& member = members_[report.trial];
  member.score = score;
  const auto paused_at = std::exchange(member.paused_at, std::nullopt);
  if (paused_at && report.iteration <= *paused_at) {
    member.saves_nothing = true;
    member.arrived = false;
  }
  const bool has_copied = member.ordered.has_value();
  if (take_back_failed_exploit(report.trial, trials)) {
    member.retries = !member.retries;
    member.begun = report.iteration - (member.retries ? options_.interval : 0);
    return member;
  }
  if (has_copied) member.retries = false;
  if (report.iteration <= member.begun) {  // It began anew, or its donor did, from an earlier state or none.
    if (has_copied) member.repeated += member.begun - report.iteration + 1;
    member.begun = report.iteration - 1;
    member.begun_score.reset();
  }
  return member;
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
  members_[trial].repeated -= std::max<std::int64_t>(0, last->own_iteration - last->iteration);
  exploits.erase(std::next(last).base());
  return true;
}

std::vector<Order> PbtScheduler::take_turn(TrialId trial, std::int64_t iteration, TrialsView trials) {
  Member& member = members_.at(trial);
  // It was let go before its turn, as a slot was free.
  if (std::exchange(member.arrived, false))
    if (const std::optional<Order> order = judge(trial, iteration, trials)) return {*order};
  if (iteration - member.begun < options_.interval) return {};
  const std::optional<std::int64_t> behind = iteration_of_the_waiting(trials);
  if (!behind || *behind >= iteration) {
    const std::optional<Order> order = judge(trial, iteration, trials);
    return order ? std::vector<Order>{*order} : std::vector<Order>{};
  }
  member.arrived = true;
  std::vector<Order> orders{pause(trial, iteration)};
  if (const std::optional<TrialId> next = next_to_judge(trial, trials)) {
    members_.at(*next).arrived = false;
    if (const auto order = judge(*next, status_of(trials, *next)->iteration, trials)) orders.push_back(*order);
  }
  return orders;
}

std::optional<Order> PbtScheduler::judge(TrialId trial, std::int64_t iteration, TrialsView trials) {
  begin_interval(trial, iteration, trials);
  return exploit(trial, ranking(), trials);
}

Order PbtScheduler::pause(TrialId trial, std::int64_t iteration) {
  members_.at(trial).paused_at = iteration;
  return {trial, Pause{}};
}

std::vector<Order> PbtScheduler::arrive(TrialId trial, std::int64_t iteration, TrialsView trials) {
  std::vector<Order> orders;
  Member& member = members_[trial];
  // It was let go when nobody else was to come: so the interval is over.
  if (member.arrived) close_interval(trials, orders);
  if (!member.saves_nothing && iteration - member.begun < options_.interval) return orders;
  member.arrived = !member.saves_nothing;
  if (is_interval_over(participants(std::max(static_cast<std::int64_t>(trials.size()), options_.max_trials)))) {
    close_interval(trials, orders);
  } else if (member.arrived) {
    orders.push_back(pause(trial, iteration));
  }
  return orders;
}

std::int64_t PbtScheduler::participants(std::int64_t trials) const {
  return trials - ended_ -
         std::count_if(members_.begin(), members_.end(), [](const auto& each) { return each.second.saves_nothing; });
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
    if (const std::optional<Order> order = exploit(trial, ranked, trials)) orders.push_back(*order);
}

PbtScheduler::Ranking PbtScheduler::ranking() const {
  std::vector<std::pair<double, TrialId>> scored;  // So that no comparison looks a member up.
  for (const auto& [trial, member] : members_)
    if (std::isfinite(member.score) && !member.saves_nothing) scored.emplace_back(member.score, trial);
  std::ranges::stable_sort(scored, std::ranges::greater(), &std::pair<double, TrialId>::first);
  Ranking ranked;
  for (const auto& [score, trial] : scored) ranked.push_back(trial);
  return ranked;
}

std::size_t PbtScheduler::share(std::size_t count) const {
  const auto wanted = static_cast<std::size_t>(std::ceil(static_cast<double>(count) * options_.quantile));
  return std::min(wanted, count / 2);
}

PbtScheduler::Ranking PbtScheduler::donors_of(TrialId trial, const Ranking& ranking, TrialsView trials) const {
  const Member& member = members_.at(trial);
  std::size_t count = share(ranking.size());
  if (!std::isfinite(member.score)) {
    count = options_.quantile > 0 ? std::min(ranking.size(), std::max<std::size_t>(count, 1)) : 0;
  } else if (std::find(ranking.end() - static_cast<std::ptrdiff_t>(count), ranking.end(), trial) == ranking.end()) {
    return {};
  }
  const TrialStatus* const own = status_of(trials, trial);
  // Copies that follow each other would else carry some to their end while others wait.
  const auto behind = options_.synchronous ? std::nullopt : iteration_of_the_waiting(trials);
  Ranking donors;
  for (const TrialId donor : std::span(ranking).first(count)) {
    const TrialStatus* const there = status_of(trials, donor);
    // One that is to be tried again has an older state than it reported last.
    if (there == nullptr || there->state == TrialState::kPending || members_.at(donor).ordered) continue;
    if (behind && there->iteration > *behind + options_.interval) continue;
    const std::int64_t repeats = own == nullptr ? 0 : std::max<std::int64_t>(0, own->iteration - there->iteration);
    if (member.repeated + repeats <= there->iteration) donors.push_back(donor);
  }
  return donors;
}

std::optional<Order> PbtScheduler::exploit(TrialId trial, const Ranking& ranking, TrialsView trials) {
  const Ranking donors = donors_of(trial, ranking, trials);
  if (donors.empty()) return std::nullopt;
  Member& member = members_.at(trial);
  const auto stream = hash_name("pbt") + static_cast<std::uint64_t>(trial.number);
  RandomStream random(options_.seed, stream, member.exploits++);
  const TrialId donor = donors[random.below(donors.size())];
  const TrialStatus& status = *status_of(trials, donor);
  const double score = members_.at(donor).score;
  Config config = internal::explore(space_, status.config, random, options_.resample);
  if (gains_) config = improved(config, status.iteration, score, trial, trials, random);
  history_.exploits.push_back({trial, donor, status.iteration, status.config, config});
  if (const TrialStatus* const own = status_of(trials, trial)) {
    history_.exploits.back().own_iteration = own->iteration;
    history_.exploits.back().own_config = own->config;
    member.repeated += std::max<std::int64_t>(0, own->iteration - status.iteration);
  }
  member.ordered = config;
  if (std::isfinite(member.score)) member.score = score;  // Else it is no part before it has a value of its own.
  member.begun = status.iteration;
  member.begun_score = score;
  member.paused_at.reset();
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
    if (other == trial || status == nullptr || !member.begun_score || !std::isfinite(member.score)) continue;
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

std::optional<TrialId> PbtScheduler::next_to_judge(TrialId except, TrialsView trials) const {
  // One that is new is to come first.
  if (static_cast<std::int64_t>(trials.size()) < options_.max_trials) return std::nullopt;
  std::optional<TrialId> behind;
  for (const auto& [trial, member] : members_) {
    if (trial == except || !member.arrived || !is_in(trials, trial, TrialState::kPaused)) continue;
    if (!behind || status_of(trials, trial)->iteration < status_of(trials, *behind)->iteration) behind = trial;
  }
  return behind;
}

void PbtScheduler::on_end(TrialId trial, TrialState) {
  members_.erase(trial);
  ++ended_;
}

std::optional<TrialId> PbtScheduler::next_to_resume(TrialsView trials, bool more_to_come) const {
  std::optional<TrialId> behind;
  // Who is about to copy goes on by that; it is named only when nobody else can be, as its donor may be gone.
  const auto place = [&](TrialId trial) {
    return std::pair(members_.at(trial).ordered.has_value(), status_of(trials, trial)->iteration);
  };
  // One that has not reported is no member yet, but it runs, or will.
  bool is_anybody_running = trials.size() > members_.size() + static_cast<std::size_t>(ended_);
  for (const auto& [trial, member] : members_) {
    is_anybody_running = is_anybody_running || is_in(trials, trial, TrialState::kRunning);
    if (!is_in(trials, trial, TrialState::kPaused) || (options_.synchronous && member.arrived)) continue;
    if (!behind || place(trial) < place(*behind)) behind = trial;
  }
  if (!options_.synchronous) return more_to_come && is_anybody_running ? std::nullopt : behind;
  if (behind || more_to_come || !is_interval_over(participants(static_cast<std::int64_t>(trials.size()))))
    return behind;
  return first_of_a_late_interval(trials);
}

// All who are left have arrived, some because others ended: those that will not copy go first.
std::optional<TrialId> PbtScheduler::first_of_a_late_interval(TrialsView trials) const {
  Ranking ranked = ranking();
  ranked.resize(ranked.size() - share(ranked.size()));
  for (const TrialId trial : ranked)
    if (is_in(trials, trial, TrialState::kPaused)) return trial;
  for (const auto& [trial, member] : members_)
    if (is_in(trials, trial, TrialState::kPaused)) return trial;
  return std::nullopt;
}

Snapshot PbtScheduler::save() const {
  json members = json::array();
  for (const auto& [trial, member] : members_) {
    members.push_back({trial.number, member.begun, score_json(member.score), member.arrived,
                       member.ordered ? internal::to_json(*member.ordered) : json(),
                       member.begun_score ? json(*member.begun_score) : json(), member.repeated, member.exploits,
                       member.retries, member.paused_at ? json(*member.paused_at) : json(), member.saves_nothing});
  }
  const json state = {{"metric", objective_.metric},
                      {"mode", internal::mode_name(objective_.mode)},
                      {"interval", options_.interval},
                      {"members", std::move(members)},
                      {"ended", ended_},
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
      if (saved.size() == 6) continue;  // Of an older version.
      member.repeated = saved.at(6).get<std::int64_t>();
      member.exploits = saved.at(7).get<std::uint32_t>();
      member.retries = saved.at(8).get<bool>();
      if (!saved.at(9).is_null()) member.paused_at = saved.at(9).get<std::int64_t>();
      member.saves_nothing = saved.at(10).get<bool>();
    }
    read.ended_ = state.at("ended").get<std::int64_t>();
    read.history_ = internal::history_from(state.at("history"));
    if (gains_) {
      for (const json& gain : state.at("gains")) read.gains_->add(gain_from(gain, gains_->axes()));
    }
  } catch (const json::exception& error) {
    return internal::damaged_snapshot(kPbtSnapshot, error.what());
  }
  members_ = std::move(read.members_);
  ended_ = read.ended_;
  history_ = std::move(read.history_);
  gains_ = std::move(read.gains_);
  return {};
}

}  // namespace manta
