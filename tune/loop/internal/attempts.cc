// SPDX-License-Identifier: Apache-2.0
// From event to next call: what an attempt does between its launch and its end.
#include <algorithm>
#include <cmath>
#include <utility>

#include "tune/loop/internal/objective_check.h"
#include "tune/loop/internal/tune_loop_impl.h"

namespace manta {

namespace {

std::string describe(double value) {
  if (std::isnan(value)) return "NaN";
  return value > 0 ? "infinite" : "negative infinite";
}

}  // namespace

void TuneLoop::Impl::launch(TrialId trial) {
  LiveTrial& live = live_.at(trial);
  live.retry_at.reset();
  // A trainable that saves nothing leaves an empty checkpoint: its new attempt begins anew, and counts from 1 again.
  if (live.checkpoint && live.checkpoint->bytes.empty()) live.checkpoint.reset();
  live.iteration = live.checkpoint ? live.checkpoint->iteration : 0;
  live.seconds = live.checkpoint ? live.checkpoint->seconds : 0;
  live.reports = 0;
  live.waits_for_disk = false;
  live.slots = slots_at_launch(live);
  live.resized = live.saves_to_resize = false;
  live.saved_nothing = 0;
  book_.attempt_started(trial, live.iteration, live.slots);
  used_slots_ += live.slots;
  attempts_.insert(trial);
  begin_call(live, trial, Phase::kLaunching);
  parts_.executor.launch(
      {trial, book_[trial].attempt, book_[trial].config, live.checkpoint, live.slots,
       may_run_ahead() && !waits_for_disk(live, 1) && live.wish == Wish::kNone});
}

void TuneLoop::Impl::handle(Event event) {
  const TrialId trial = event.trial;
  LiveTrial* const live = find(trial);
  // An attempt that is over, or was never launched, can record nothing.
  if (live == nullptr || !live->has_attempt() || event.attempt != book_[trial].attempt) return;
  if (const auto* failed = std::get_if<AttemptFailed>(&event.what)) return on_failed(trial, *live, *failed);
  if (const auto* relaunched = std::get_if<Relaunched>(&event.what)) {
    return book_.attempt_replaced(trial, relaunched->from_iteration, live->slots, /*is_recorded=*/!live->ended);
  }
  if (std::holds_alternative<AttemptStopped>(event.what)) {
    if (live->phase == Phase::kStopping) on_stopped(trial, *live);
    return;
  }
  // Each answer fits its call only; what a stop() has overtaken is void.
  if (live->has_call()) note_answer(*live);
  if (const auto* launched = std::get_if<Launched>(&event.what); launched && live->phase == Phase::kLaunching) {
    if (launched->goes_on) return begin_call(*live, trial, Phase::kStepping);
    live->phase = Phase::kIdle;
    proceed(trial);
  } else if (std::holds_alternative<Rested>(event.what) && live->phase == Phase::kStepping) {
    live->phase = Phase::kIdle;
    proceed(trial);
  } else if (auto* stepped = std::get_if<Stepped>(&event.what); stepped && live->phase == Phase::kStepping) {
    on_stepped(trial, *live, std::move(*stepped));
  } else if (auto* saved = std::get_if<Saved>(&event.what); saved && live->phase == Phase::kSaving) {
    on_saved(trial, *live, std::move(*saved));
  }
}

void TuneLoop::Impl::on_stepped(TrialId trial, LiveTrial& live, Stepped stepped) {
  // One that has begun another iteration answers once more before anything else can be done with it.
  live.phase = stepped.goes_on ? Phase::kStepping : Phase::kIdle;
  // A function that returns after its last report adds no iteration.
  const bool reports = !stepped.metrics.empty() || !stepped.finished;
  if (reports) {
    ++live.iteration;
    live.seconds += stepped.seconds;
  }
  if (live.ended) return proceed_if_idle(trial);
  if (reports) return take_report(trial, live, std::move(stepped));
  complete_trial(trial, live);
}

// A trial that has reported, but never the objective, has failed.
void TuneLoop::Impl::complete_trial(TrialId trial, LiveTrial& live) {
  auto unknown_goal = internal::unknown_goal(options_, book_.unseen_metrics(), book_.report_without());
  if (unknown_goal && live.reports > 0) return leave({.error = std::move(unknown_goal), .deadline = now()});
  if (!live.report_without_objective || book_[trial].value) return end_trial(trial, TrialState::kCompleted, "");
  const Metrics& metrics = *live.report_without_objective;
  if (auto unknown = internal::unknown_metric(options_, book_.unseen_metrics(), metrics, live.reports, true)) {
    return leave({.error = std::move(unknown), .deadline = now()});
  }
  fail_running_attempt(trial, live, internal::missing_objective(options_.objective.metric, metrics));
}

void TuneLoop::Impl::take_report(TrialId trial, LiveTrial& live, Stepped stepped) {
  const Report report{trial, book_[trial].attempt, live.iteration, live.seconds, std::move(stepped.metrics)};
  const std::string& metric = options_.objective.metric;
  ++live.reports;
  live.report_numbers.set(++live.all_reports, book_.reported(report));
  live.waits_for_disk = stepped.waits_for_disk;
  ++reports_since_snapshot_;
  if (report.metrics.find(metric)) tell(trial, &report.metrics);
  const bool at_limit = options_.max_iterations && report.iteration >= *options_.max_iterations;
  const bool complete = stepped.finished || at_limit || internal::meets_stop_condition(options_, report.metrics);
  auto unknown = internal::unknown_metric(options_, book_.unseen_metrics(), report.metrics, live.reports, complete);
  if (unknown) return leave({.error = std::move(unknown), .deadline = now()});
  const std::optional<double> value = report.metrics.find(metric);
  if (!value) {
    live.report_without_objective = report.metrics;
    return complete ? complete_trial(trial, live) : proceed_if_idle(trial);
  }
  live.report_without_objective.reset();
  if (!std::isfinite(*value) && options_.non_finite != NonFinite::kContinue) {
    const std::string cause = metric + " is " + describe(*value) + " at iteration " + std::to_string(report.iteration);
    if (options_.non_finite == NonFinite::kFail) return fail_running_attempt(trial, live, cause);
    return end_trial(trial, TrialState::kStopped, cause);
  }
  std::vector<Order> orders = judge(trial, report, complete);
  carry_out(std::move(orders));
  proceed_if_idle(trial);  // An order may have moved it on already.
}

std::vector<Order> TuneLoop::Impl::judge(TrialId trial, const Report& report, bool complete) {
  const bool is_judged = !book_[trial].retried;
  Result<std::vector<Order>> orders =
      is_judged ? parts_.scheduler.on_report(report, book_.trials()) : std::vector<Order>{};
  // The scheduler sees the last value too, for its comparisons; but the trial is complete whatever it says.
  if (complete) {
    end_trial(trial, TrialState::kCompleted, "");
  } else if (!orders) {
    fail_running_attempt(trial, live_.at(trial), "the scheduler refused the report: " + to_string(orders.error()));
  }
  if (!orders) return {};
  snapshot_due_ = snapshot_due_ || !orders->empty();
  return *std::move(orders);
}

void TuneLoop::Impl::on_saved(TrialId trial, LiveTrial& live, Saved saved) {
  live.phase = Phase::kIdle;
  if (std::exchange(live.saves_to_resize, false) && saved.bytes.empty()) {
    live.saved_nothing = live.reports;  // An earlier checkpoint stays its newest.
    return proceed(trial);
  }
  const bool is_to_go_on_from_it = live.wish == Wish::kPause || !live.heirs.empty();
  if (saved.bytes.empty() && is_to_go_on_from_it && !leaving_) warn_of_nothing_saved(trial);
  live.checkpoint = Checkpoint{live.iteration, live.seconds, std::move(saved.bytes)};
  // What has ended saves for others only. Where those would go on from is to be found again.
  if (!live.ended || options_.deterministic) book_.checkpoint_saved(trial, *live.checkpoint);
  proceed(trial);
}

void TuneLoop::Impl::warn_of_nothing_saved(TrialId trial) {
  if (std::exchange(has_warned_of_nothing_saved_, true)) return;
  parts_.observer.on_warning("trial " + to_string(trial) +
                             " saves nothing: trials without checkpoints begin anew when they are resumed after a "
                             "pause, and none can go on from another");
}

void TuneLoop::Impl::on_failed(TrialId trial, LiveTrial& live, const AttemptFailed& failed) {
  const Error& error = failed.error;
  if (std::exchange(live.aborted, false)) live.failure += ": " + to_string(error);
  if (live.phase == Phase::kStopping) return on_stopped(trial, live);
  if (live.ended) {
    live.after_stop = AfterStop::kForget;
    return on_stopped(trial, live);
  }
  free_slots(trial, live);
  if (failed.infeasible) return end_infeasible(trial, live, "infeasible: " + error.message);
  const bool is_no_fault_of_the_trial = error.code == ErrorCode::kWorkerDied || error.code == ErrorCode::kSystem;
  // Who ends all processes of a job at once, as a queue's or a service's manager does, means no trial's failure.
  const bool is_told_to_end = stop_requested_ && !options_.deterministic && error.code == ErrorCode::kActorDied;
  if (is_told_to_end) {
    end_interrupted(trial, live);
    return book_.state_changed(trial, TrialState::kPending, to_string(error));
  }
  if (!is_no_fault_of_the_trial) return retry_or_fail(trial, live, to_string(error));
  // No process can be started, for this trial or any other: what is left is for a resumed run.
  book_.attempt_ended(trial, TrialState::kInterrupted);
  live.phase = Phase::kQueued;
  bequeath(trial, live);
  if (!leaving_ || !leaving_->error) leave({.error = error, .deadline = now()});
}

void TuneLoop::Impl::free_slots(TrialId trial, const LiveTrial& live) {
  used_slots_ -= live.slots;
  attempts_.erase(trial);
}

void TuneLoop::Impl::on_stopped(TrialId trial, LiveTrial& live) {
  free_slots(trial, live);
  switch (live.after_stop) {
    case AfterStop::kForget:
      bequeath(trial, live);
      live_.erase(trial);
      return;
    case AfterStop::kPause:
      book_.attempt_ended(trial, TrialState::kPaused);
      pause_without_attempt(trial, live, "");
      return bequeath(trial, live);
    case AfterStop::kHold: {
      book_.attempt_ended(trial, TrialState::kPaused);
      live.phase = Phase::kHeld;
      const bool is_released = book_[trial].state != TrialState::kHeld;
      if (is_released) settle(trial, live, live.wish == Wish::kPause);
      live.wish = Wish::kNone;
      return bequeath(trial, live);
    }
    case AfterStop::kClone:
      book_.attempt_ended(trial, TrialState::kStopped);
      live.phase = Phase::kQueued;
      adopt(trial, live);
      return bequeath(trial, live);
    case AfterStop::kResize: return on_resized(trial, live);
    case AfterStop::kRetry: return retry_or_fail(trial, live, live.failure);
    case AfterStop::kInterrupt: return end_interrupted(trial, live);
  }
}

// finish() records the trial's state, with that of the trials that have no attempt.
void TuneLoop::Impl::end_interrupted(TrialId trial, LiveTrial& live) {
  book_.attempt_ended(trial, TrialState::kInterrupted);
  live.phase = Phase::kQueued;
}

void TuneLoop::Impl::proceed_if_idle(TrialId trial) {
  if (const LiveTrial* const live = find(trial); live != nullptr && live->phase == Phase::kIdle) proceed(trial);
}

// Whether iterations may follow each other without the loop's word: nothing but a scheduler decides between them.
bool TuneLoop::Impl::may_run_ahead() const {
  const TrialLimits& limits = options_.limits;
  const bool is_limited = limits.trial_time || limits.step_time || limits.stall_timeout;
  const bool is_judged = !options_.stop.empty() || options_.non_finite != NonFinite::kContinue;
  return !options_.deterministic && !is_limited && !is_judged && options_.grow_every == 0;
}

bool TuneLoop::Impl::waits_for_disk(const LiveTrial& live, int iterations) const {
  return options_.wait_for_durable_reports && live.awaited_report(iterations) > parts_.sink.durable();
}

int TuneLoop::Impl::iterations_at_once(TrialId trial, const LiveTrial& live) const {
  if (live.reports == 0 || live.waits_for_disk || !may_run_ahead()) return 1;
  std::int64_t most = internal::kIterationsAtOnce;
  if (options_.max_iterations) most = std::min(most, *options_.max_iterations - live.iteration);
  if (options_.checkpoint_every > 0)
    most = std::min(most, options_.checkpoint_every - live.iteration % options_.checkpoint_every);
  if (most > 1) most = std::min(most, parts_.scheduler.unjudged_iterations(trial, live.iteration));
  return static_cast<int>(std::max<std::int64_t>(most, 1));
}

void TuneLoop::Impl::proceed(TrialId trial) {
  LiveTrial& live = live_.at(trial);
  if (leaving_ && !live.ended) return proceed_to_leave(trial, live);
  if (!live.heirs.empty() || !live.clones.empty()) {
    if (!live.is_saved() && !leaving_) return save(trial, live);
    bequeath(trial, live);
    if (live.phase != Phase::kIdle) return;  // It was its own heir.
  }
  if (live.ended) return stop(trial, live, AfterStop::kForget);
  if (live.wish == Wish::kPause || live.wish == Wish::kHold) {
    if (live.iteration > 0 && !live.is_saved()) return save(trial, live);
    return stop(trial, live, live.wish == Wish::kHold ? AfterStop::kHold : AfterStop::kPause);
  }
  if (live.wish == Wish::kClone) {
    // The donor's checkpoint brings it back here, or that there is none, or that it takes too long.
    return live.donated ? stop(trial, live, AfterStop::kClone) : await_donor(trial, live);
  }
  if (better_slots(live) != live.slots) return resize(trial, live);
  const bool checkpoint_due = options_.checkpoint_every > 0 && live.iteration > 0 &&
                              live.iteration % options_.checkpoint_every == 0 && !live.is_saved();
  if (checkpoint_due) return save(trial, live);
  const int iterations = iterations_at_once(trial, live);
  if (waits_for_disk(live, iterations)) {
    awaiting_durable_.emplace(live.awaited_report(iterations), trial);
    return;
  }
  if (!has_trial_time_left(live)) return end_for_trial_time(trial);
  begin_call(live, trial, Phase::kStepping);
  if (iterations > 1) return parts_.executor.advance_up_to(trial, iterations);
  parts_.executor.advance(trial);
}

void TuneLoop::Impl::proceed_to_leave(TrialId trial, LiveTrial& live) {
  if (!leaving_->error && live.iteration > 0 && !live.is_saved()) return save(trial, live);
  stop(trial, live, AfterStop::kInterrupt);
}

void TuneLoop::Impl::save(TrialId trial, LiveTrial& live) {
  begin_call(live, trial, Phase::kSaving);
  parts_.executor.save(trial);
}

void TuneLoop::Impl::stop(TrialId trial, LiveTrial& live, AfterStop after_stop) {
  live.phase = Phase::kStopping;
  live.after_stop = after_stop;
  parts_.executor.stop(trial);
}

void TuneLoop::Impl::fail_running_attempt(TrialId trial, LiveTrial& live, std::string cause) {
  if (live.failures >= options_.max_failures) {
    ++live.failures;
    return end_trial(trial, TrialState::kFailed, std::move(cause));
  }
  live.failure = std::move(cause);
  stop(trial, live, AfterStop::kRetry);
}

void TuneLoop::Impl::retry_or_fail(TrialId trial, LiveTrial& live, const std::string& cause) {
  book_.attempt_ended(trial, TrialState::kFailed, cause);
  live.phase = Phase::kQueued;
  bequeath(trial, live);
  if (++live.failures > options_.max_failures) return end_trial(trial, TrialState::kFailed, cause);
  if (live.wish == Wish::kPause) return pause_without_attempt(trial, live, cause);
  if (live.wish == Wish::kHold) {
    live.phase = Phase::kHeld;
    live.wish = Wish::kNone;
    return book_.state_changed(trial, TrialState::kHeld, cause);
  }
  book_.state_changed(trial, TrialState::kPending, cause);
  retry_later(trial, live);
  if (live.wish == Wish::kClone && live.donated) adopt(trial, live);
}

void TuneLoop::Impl::end_infeasible(TrialId trial, LiveTrial& live, std::string cause) {
  book_.attempt_ended(trial, TrialState::kInfeasible, cause);
  live.phase = Phase::kQueued;
  end_trial(trial, TrialState::kInfeasible, std::move(cause));
}

void TuneLoop::Impl::end_trial(TrialId trial, TrialState state, std::string cause) {
  LiveTrial& live = live_.at(trial);
  if (live.has_attempt()) book_.attempt_ended(trial, state, state == TrialState::kFailed ? cause : "");
  if (book_[trial].state == TrialState::kHeld) --held_;
  book_.state_changed(trial, state, std::move(cause));
  tell(trial);
  if (!book_[trial].retried) parts_.scheduler.on_end(trial, state);
  snapshot_due_ = true;
  live.ended = true;
  if (live.phase == Phase::kStopping) {
    live.after_stop = AfterStop::kForget;
  } else if (live.phase == Phase::kIdle) {
    proceed(trial);
  } else if (!live.has_attempt()) {
    if (live.phase == Phase::kPaused) --paused_;
    bequeath(trial, live);
    live_.erase(trial);
  }
}

void TuneLoop::Impl::release_durable() {
  give_answers();
  const std::uint64_t durable = parts_.sink.durable();
  while (!awaiting_durable_.empty() && awaiting_durable_.begin()->first <= durable) {
    const TrialId trial = awaiting_durable_.begin()->second;
    awaiting_durable_.erase(awaiting_durable_.begin());
    proceed_if_idle(trial);
  }
}

void TuneLoop::Impl::tell(TrialId trial, const Metrics* metrics) {
  const TrialStatus& status = book_[trial];
  searcher_.tell({book_.number_for_searcher(trial), status.config, status.state, status.iteration, status.value,
                  status.seconds, metrics});
  searcher_waits_.reset();
}

}  // namespace manta
