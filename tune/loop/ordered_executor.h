// SPDX-License-Identifier: Apache-2.0
// Gives the loop its events in an order that depends on nothing but what trials do.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tune/executor.h"
#include "tune/loop/event_log.h"

namespace manta {

/// An executor before another one, whose events it holds back until all that are due earlier have come. When an event
/// is due, a virtual clock says: an iteration takes one unit of it, and all else no time; of what is due at the same
/// time, the trial with the lower number comes first. So a slow trial keeps the others waiting.
///
/// Where `log` has recorded events, those are given first, and nothing is run. Then every attempt that was under way is
/// launched anew, from the newest checkpoint there is, does again the iterations that it had done since, of which
/// nobody hears, and goes on.
///
/// Thread-safety: as Executor.
/// Ownership: refers to `executor` and `log`, which must outlive it.
class OrderedExecutor final : public Executor {
 public:
  OrderedExecutor(Executor& executor, EventLog& log) : executor_(executor), log_(log) {}

  void launch(Launch launch) override;
  void advance(TrialId trial) override;
  void save(TrialId trial) override;
  void stop(TrialId trial) override;
  void abort(TrialId trial) override { executor_.abort(trial); }
  bool is_answered(TrialId trial) const override { return attempts_.at(trial).answer.has_value(); }
  std::string activity(TrialId trial) const override { return executor_.activity(trial); }
  int slots() const override { return executor_.slots(); }
  /// Also AttemptFailed with kSystem, which ends the loop: it does not do what it did when the events were recorded, or
  /// a checkpoint is gone without which a trial cannot go on.
  std::optional<Event> next_event(TimePoint deadline) override;
  void wait(TimePoint deadline) override;
  void interrupt() override { executor_.interrupt(); }
  const Clock& clock() const override { return executor_.clock(); }

 private:
  enum class Call { kNone, kLaunch, kAdvance, kSave, kStop };
  // Where an attempt could be begun again: a checkpoint, or nothing, and how many iterations it has done since.
  struct Base {
    std::optional<Checkpoint> checkpoint;
    std::int64_t steps = 0;
  };
  struct Attempt {
    int number = 1;
    Config config;
    int slots = 1;
    std::int64_t iteration = 0;
    std::vector<Base> bases;  // While events are repeated; the newest last.
    Call call = Call::kNone;
    std::int64_t due = 0;
    std::optional<Event> answer;  // To `call`.
    std::int64_t behind = 0;      // Iterations to do again before `call` is made.
    bool is_catching_up = false;
  };
  using Due = std::pair<std::int64_t, TrialId>;

  Attempt& expect(TrialId trial, Call call, std::int64_t cost);
  void make_call(TrialId trial, const Attempt& attempt);
  static constexpr std::int64_t kIterationCost = 1;

  void answer(TrialId trial, Attempt& attempt, decltype(Event::what) what);
  Event deliver(Due due);
  void take(Event event);
  Event repeat(Event event, std::int64_t iteration);
  Event refuse_to_repeat(const Event& event) const;
  void go_on();
  Result<Base> newest_base(const Attempt& attempt) const;
  void catch_up(TrialId trial, Attempt& attempt, Event event);

  Executor& executor_;
  EventLog& log_;
  std::map<TrialId, Attempt> attempts_;
  std::set<Due> due_;  // Of all calls under way.
  std::int64_t now_ = 0;
  std::deque<Event> relaunched_;
};

}  // namespace manta
