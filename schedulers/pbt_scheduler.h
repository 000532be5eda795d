// SPDX-License-Identifier: Apache-2.0
// Population based training, asynchronous and synchronous.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/base/random.h"
#include "schedulers/internal/gain_model.h"
#include "schedulers/pbt_schedule.h"
#include "tune/scheduler.h"
#include "tune/space/space.h"
#include "tune/trial/objective.h"

namespace manta {

/// Trains all trials of the experiment as one population: every `interval` iterations a trial among the worst goes on
/// from the weights of one among the best, with that one's hyperparameters changed a little.
///
/// Source: Jaderberg et al. 2017, "Population Based Training of Neural Networks", Algorithm 1, truncation selection;
/// internal::explore() has the explore step and its deviations. Synchronous: every trial waits at its interval for all
/// others. Deviations:
///  - A trial is compared by its newest report, and only with live trials; one that has not reported is no part yet.
///    The worst are the ceil(n q), at most half. Values that are not finite are neither counted nor copied; who has one
///    copies, unless q is 0. Random numbers are keyed by the trial and its copies, so it changes nobody else's either.
///  - The copy takes over its donor's time, from which it counts its interval. It copies none that would take it back
///    by so much that it repeats, by all its copies together, more iterations than it then has behind it.
///  - If the copy did not happen (the donor ended first, or has no checkpoint), it is tried again at the trial's next
///    report; if that fails too, an interval later. Equal values are ranked by number and copied too: where all stand
///    still, that is what moves them.
///  - Where more trials are wanted than there are slots, they take turns: at its interval a trial pauses if one without
///    a slot is behind it, the one that is furthest behind goes on, new ones before it, and each is judged when its
///    turn comes, not when its interval ends: the others have done theirs by then, and who waits is never behind it.
///    Nobody is copied who is more than an interval ahead of those who wait: so none is three intervals ahead of them.
///    With a single slot nobody runs when one has paused, so it is resumed at once: take the synchronous form there.
///  - A trial that comes back from a pause without its state saves nothing. It takes no part any more: it is neither
///    paused nor judged, and not waited for.
///  - Synchronous: what has ended is not waited for. A trial that runs and never reports is waited for until it ends.
///
/// Every run ends. For a trial at iteration t that has repeated L iterations, t + L never falls: a report adds 1 to t,
/// a copy of a state at d < t adds t - d to L and takes it from t, any other copy adds to t. A copy leaves L <= d, so
/// t + L <= 2 max_iterations: no trial reports more often, but for what failures and its first lost pause cost it. Each
/// pause follows a report of its trial, each copy one of the trial or the pause before its turn; and while anybody is
/// paused, a slot is free and no new trial is to take it, next_to_resume() names one.
///
/// With `bandit` (PB2) the copy's numbers are those that a model of all gains so far promises most from:
/// internal::GainModel.
///
/// Cost: on_report() O(n log n) in the live trials at an interval, else O(log n); an exploit leaves its record, an
/// ended trial nothing else. With `bandit` an exploit costs GainModel::choose() besides.
class PbtScheduler final : public TrialScheduler {
 public:
  struct Options {
    std::int64_t interval = 5;  ///< Iterations between decisions: 1 to 1,000,000,000.
    double quantile = 0.25;     ///< Share that copies and share that is copied: 0 to 0.5.
    double resample = 0.25;     ///< Probability that a hyperparameter is drawn anew: 0 to 1.
    bool synchronous = false;
    bool bandit = false;
    std::int64_t max_trials = 1;  ///< How many the experiment will have.
    std::uint64_t seed = 0;
  };

  /// `options` within the ranges above; make_scheduler() checks them. `space` must outlive this.
  PbtScheduler(Objective objective, const Space& space, Options options);

  Result<std::vector<Order>> on_report(const Report& report, TrialsView trials) override;
  void on_end(TrialId trial, TrialState state) override;
  std::optional<TrialId> next_to_resume(TrialsView trials, bool more_to_come) const override;
  Snapshot save() const override;
  /// Errors: also kInvalidArgument when metric, mode, interval, or which of pbt, pbt-sync and pb2 it is, differ.
  Result<void> restore(const Snapshot& snapshot) override;

 private:
  // A trial that has reported and not ended.
  struct Member {
    std::int64_t begun = 0;  // The iteration at which its interval began.
    double score = 0;        // Of its newest report, or its donor's.
    // Where its interval began; none: unknown.
    std::optional<double> begun_score{};
    bool arrived = false;                   // At the end of its interval, and not judged yet.
    std::optional<Config> ordered{};        // Its configuration once the exploit is carried out.
    std::int64_t repeated = 0;              // Iterations that copies took it back by, all together.
    std::uint32_t exploits = 0;             // Ordered so far; keys the random numbers.
    bool retries = false;                   // Its last exploit did not happen, and was tried again.
    std::optional<std::int64_t> paused_at;  // It was told to pause there, and has not reported since.
    bool saves_nothing = false;
  };
  using Ranking = std::vector<TrialId>;  // The best first.

  // Of those who take part and whose newest value is finite.
  Ranking ranking() const;
  std::size_t share(std::size_t count) const;
  // Takes the report's value in, and whether it comes from an earlier state than was to be expected.
  Member& update(const Report& report, double score, TrialsView trials);
  std::vector<Order> take_turn(TrialId trial, std::int64_t iteration, TrialsView trials);
  std::vector<Order> arrive(TrialId trial, std::int64_t iteration, TrialsView trials);
  // An interval of the trial is over, and another begins; none: it goes on as it is.
  std::optional<Order> judge(TrialId trial, std::int64_t iteration, TrialsView trials);
  Order pause(TrialId trial, std::int64_t iteration);
  // Synchronous: the interval is over for all who have arrived.
  void close_interval(TrialsView trials, std::vector<Order>& orders);
  // None: it is not among the worst, or nobody is worth copying.
  std::optional<Order> exploit(TrialId trial, const Ranking& ranking, TrialsView trials);
  Ranking donors_of(TrialId trial, const Ranking& ranking, TrialsView trials) const;
  void begin_interval(TrialId trial, std::int64_t iteration, TrialsView trials);
  Config improved(const Config& explored, std::int64_t iteration, double score, TrialId trial, TrialsView trials,
                  RandomStream& random) const;
  // Whether the exploit ordered last did not happen; forgets about it.
  bool take_back_failed_exploit(TrialId trial, TrialsView trials);
  // Of the trial that is furthest behind of those without a slot; 0: one that has not begun. None: all have one.
  std::optional<std::int64_t> iteration_of_the_waiting(TrialsView trials) const;
  // Of those who wait to be judged, but for `except`: the one that is furthest behind.
  std::optional<TrialId> next_to_judge(TrialId except, TrialsView trials) const;
  std::optional<TrialId> first_of_a_late_interval(TrialsView trials) const;
  // How many of so many trials a synchronous interval waits for.
  std::int64_t participants(std::int64_t trials) const;
  bool is_interval_over(std::int64_t expected) const;

  const Objective objective_;
  const Space& space_;
  const Options options_;
  std::map<TrialId, Member> members_;
  std::int64_t ended_ = 0;
  PbtHistory history_;
  std::optional<internal::GainModel> gains_;  // Of a bandit.
};

}  // namespace manta
