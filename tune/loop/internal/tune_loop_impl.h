// SPDX-License-Identifier: Apache-2.0
// The loop's state machine: tune_loop.cc fills slots and ends runs, slots.cc shares them out, suggestions.cc asks the
// searcher, attempts.cc handles events, orders.cc orders, limits.cc time, silence.cc trials that say nothing,
// commands.cc commands.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tune/loop/internal/ask_pace.h"
#include "tune/loop/internal/live_trial.h"
#include "tune/loop/internal/searcher_desk.h"
#include "tune/loop/internal/trial_book.h"
#include "tune/loop/tune_loop.h"

namespace manta {

/// Every trial that has not ended is in `live_`; one that has costs nothing any more. All work on a trial happens when
/// it has no call under way (Phase::kIdle), in proceed(); an event makes it idle, an order nudges it.
class TuneLoop::Impl {
 public:
  Impl(LoopOptions options, Parts parts, LoopState state);

  Result<LoopEnd> run();
  void request_stop();
  void post(Command command, CommandDone done);
  TrialsView trials() const { return book_.trials(); }

 private:
  using LiveTrial = internal::LiveTrial;
  using Phase = internal::Phase;
  using Wish = internal::Wish;
  using AfterStop = internal::AfterStop;

  // Why and until when the run is being left.
  struct Leaving {
    LoopEnd end = LoopEnd::kInterrupted;
    std::optional<Error> error;  // Then nothing is checkpointed.
    TimePoint deadline;          // For checkpoints; then all attempts are stopped whatever they do.
    bool cut_off = false;        // That has happened.
  };
  // When a call is to be over; void once the trial has made another.
  struct CallDeadline {
    TimePoint time;  // By watched_now().
    std::uint64_t call = 0;
    TrialId trial;
    internal::Limit limit = internal::Limit::kStall;
    friend bool operator>(const CallDeadline& a, const CallDeadline& b) {
      return a.time != b.time ? a.time > b.time : a.call > b.call;
    }
  };

  // tune_loop.cc
  bool turn();  // Handles one event. False: nothing can happen any more.
  void handle_next_event();
  bool commit();
  void check_leaving();
  bool leave_deterministic();
  void leave(Leaving leaving);
  void cut_off();
  Result<LoopEnd> finish();
  void flush();
  bool has_open_orders() const;
  bool is_snapshot_due() const;
  void save_snapshots_if_due();
  void save_snapshots();
  TimePoint next_deadline();
  void tick_if_due();
  void fill_slots();
  bool launch_queued();
  bool resume_paused();
  bool launch_new();
  bool end_a_paused_trial();
  TimePoint now() const { return parts_.executor.clock().now(); }
  // As it goes on for calls: not while the loop is held up.
  TimePoint watched_now() const { return now() - held_up_; }
  LiveTrial* find(TrialId trial);

  // suggestions.cc
  void take_over(std::vector<Suggestion> suggestions);
  bool more_to_come() const;
  std::optional<Config> next_suggestion();
  void ask_ahead();
  void ask();
  void take_answer();
  void take_suggestion(TrialId number, Config config);
  void end_suggestions(double gain);
  // Says what the searcher says of itself, if that is new, and notes it down where `is_news`.
  void say_searcher(std::string line, bool is_news);
  void check_thinking();

  // attempts.cc
  void launch(TrialId trial);
  void handle(Event event);
  void on_stepped(TrialId trial, LiveTrial& live, Stepped stepped);
  void take_report(TrialId trial, LiveTrial& live, Stepped stepped);
  void complete_trial(TrialId trial, LiveTrial& live);
  std::vector<Order> judge(TrialId trial, const Report& report, bool complete);
  void on_saved(TrialId trial, LiveTrial& live, Saved saved);
  void warn_of_nothing_saved(TrialId trial);
  void on_failed(TrialId trial, LiveTrial& live, const AttemptFailed& failed);
  void on_stopped(TrialId trial, LiveTrial& live);
  void end_interrupted(TrialId trial, LiveTrial& live);
  void free_slots(TrialId trial, const LiveTrial& live);
  void proceed(TrialId trial);
  void proceed_if_idle(TrialId trial);
  bool may_run_ahead() const;
  // Whether too many of its reports are not durable yet for it to go on for so many iterations.
  bool waits_for_disk(const LiveTrial& live, int iterations) const;
  int iterations_at_once(TrialId trial, const LiveTrial& live) const;
  void proceed_to_leave(TrialId trial, LiveTrial& live);
  void save(TrialId trial, LiveTrial& live);
  void stop(TrialId trial, LiveTrial& live, AfterStop after_stop);
  void fail_running_attempt(TrialId trial, LiveTrial& live, std::string cause);
  void retry_or_fail(TrialId trial, LiveTrial& live, const std::string& cause);
  void end_infeasible(TrialId trial, LiveTrial& live, std::string cause);
  void end_trial(TrialId trial, TrialState state, std::string cause);
  void release_durable();
  void tell(TrialId trial, const Metrics* metrics = nullptr);

  // slots.cc
  std::int64_t slots() const;
  int even_share(std::int64_t trials) const;
  bool is_anybody_to_start() const;
  int fair_share() const;
  int slots_at_launch(const LiveTrial& live) const;
  bool may_change_slots(const LiveTrial& live) const;
  int better_slots(const LiveTrial& live) const;
  void resize(TrialId trial, LiveTrial& live);
  void on_resized(TrialId trial, LiveTrial& live);

  // limits.cc
  void begin_call(LiveTrial& live, TrialId trial, Phase phase);
  void set_deadline(const LiveTrial& live, TrialId trial);
  bool has_trial_time_left(const LiveTrial& live) const;
  void end_for_trial_time(TrialId trial);
  void await_donor(TrialId trial, LiveTrial& live);
  void end_overdue();
  void end_overdue_call(TrialId trial, LiveTrial& live, internal::Limit limit);
  void retry_later(TrialId trial, LiveTrial& live);
  void queue_due_retries();
  std::optional<TimePoint> next_retry();

  // silence.cc
  void note_turn();
  void note_call(LiveTrial& live);
  void note_answer(LiveTrial& live);
  void check_silence();
  bool tell_of_silence(Duration patience, int stage);
  void leave_one_behind(Duration patience);
  void leave_behind(TrialId trial, Duration patience);

  // orders.cc
  void carry_out(std::vector<Order> orders);
  void order_pause(TrialId trial, LiveTrial& live);
  void order_clone(TrialId trial, LiveTrial& live, Clone clone);
  void bequeath(TrialId donor, LiveTrial& live);
  void adopt(TrialId trial, LiveTrial& live);
  void pause_without_attempt(TrialId trial, LiveTrial& live, std::string cause);

  // commands.cc
  // A deterministic run has recorded nothing yet: it may still repeat what is recorded, and what a command did would be
  // lost.
  bool is_too_early_for_commands() const { return options_.deterministic && parts_.sink.durable() == 0; }
  void take_commands();
  void close_inbox();
  // Tells `done` once all that is recorded by now is durable; an error at once.
  void answer(Result<std::string> result, CommandDone done);
  void give_answers();
  void execute(TrialCommand command, CommandDone done);
  void execute(AddTrial command, CommandDone done);
  void execute(ChangeLimits command, CommandDone done);
  void execute(AddNote command, CommandDone done);
  Error no_such_trial(TrialId trial) const;
  Result<void> check(TrialCommand::Action action, TrialId trial);
  std::string carry_out(TrialCommand& command, TrialId trial);
  std::string kill(TrialId trial, LiveTrial& live);
  std::string hold(TrialId trial, LiveTrial& live);
  std::string release(TrialId trial, LiveTrial& live);
  // A trial without an attempt that is held no more.
  void settle(TrialId trial, LiveTrial& live, bool waits_for_scheduler);
  Result<void> check_config(const Config& config) const;
  void add_by_hand(AddTrial command, CommandDone done);

  // An answer that waits for a change to be durable.
  struct Answer {
    std::uint64_t change = 0;
    Result<std::string> result;
    CommandDone done;
  };

  LoopOptions options_;  // The user may change limits.
  const Parts parts_;
  internal::TrialBook book_;
  internal::SearcherDesk searcher_;  // Not to be had by parts_.searcher while it thinks.
  std::map<TrialId, LiveTrial> live_;  // Ordered, so that a run is the same each time.
  std::deque<TrialId> queue_;          // May hold a trial twice or one that left; those in Phase::kQueued count.
  std::multimap<std::uint64_t, TrialId> awaiting_durable_;  // By the number of the change.
  std::priority_queue<CallDeadline, std::vector<CallDeadline>, std::greater<>> call_deadlines_;
  std::uint64_t calls_ = 0;
  // By LiveTrial::retry_at; void where that says otherwise.
  std::set<std::pair<TimePoint, TrialId>> retries_;
  std::vector<Order> first_orders_;
  std::set<TrialId> attempts_;   // Trials that have one.
  std::int64_t used_slots_ = 0;  // Of all attempts.
  std::int64_t paused_ = 0;      // In Phase::kPaused.
  std::int64_t held_ = 0;        // In TrialState::kHeld.

  std::deque<Suggestion> suggestions_;  // That are no trials yet, by number.
  internal::AskPace pace_;
  TimePoint asked_{};                 // Of the question that is open.
  bool asks_after_snapshot_ = false;  // The snapshot waits for the searcher to be at rest, and all questions for it.
  bool has_warned_of_thinking_ = false;
  std::string searcher_line_;  // What the searcher said of itself last.
  bool searcher_done_ = false;
  std::optional<Error> searcher_waits_;  // Its kExhausted, until the next tell.
  std::optional<Error> searcher_error_;

  std::atomic<bool> stop_requested_ = false;
  std::atomic<bool> has_commands_ = false;
  std::mutex inbox_mutex_;  // Guards the next two.
  std::vector<std::pair<Command, CommandDone>> inbox_;
  bool inbox_closed_ = false;
  std::deque<Answer> answers_;  // By rising number of the change.
  std::optional<Leaving> leaving_;
  TimePoint started_{};
  TimePoint last_tick_{};
  TimePoint commit_again_ = TimePoint::max();  // As the sink asked for.
  TimePoint last_turn_{};
  Duration held_up_{};  // In all.
  Duration longest_call_{};  // That was answered.
  bool dropped_orders_ = false;
  bool has_warned_of_nothing_saved_ = false;
  bool snapshot_due_ = false;
  TimePoint last_snapshot_{};
  std::int64_t reports_since_snapshot_ = 0;
};

}  // namespace manta
