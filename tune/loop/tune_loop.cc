// SPDX-License-Identifier: Apache-2.0
#include "tune/loop/tune_loop.h"

#include <algorithm>
#include <utility>

#include "core/base/failpoint.h"
#include "tune/loop/internal/tune_loop_impl.h"

namespace manta {

namespace {

constexpr Duration kTick = std::chrono::milliseconds(500);
constexpr Duration kSnapshotInterval = std::chrono::seconds(1);
// A snapshot may grow with the number of trials; one per so many reports keeps its share of the work constant.
constexpr std::int64_t kTrialsPerReport = 16;
// Executor::stop() frees a slot promptly; an executor that does not is left behind rather than waited for.
constexpr Duration kStopLimit = std::chrono::seconds(2);
// For a searcher to finish a thought, so that its state can be kept; else it has to be told again what it knew.
constexpr Duration kRestLimit = std::chrono::seconds(1);
constexpr Duration kShortRest = std::chrono::milliseconds(5);  // To take in what it was told.

}  // namespace

TuneLoop::TuneLoop(LoopOptions options, Parts parts, LoopState state)
    : impl_(std::make_unique<Impl>(std::move(options), parts, std::move(state))) {}

TuneLoop::~TuneLoop() = default;

Result<LoopEnd> TuneLoop::run() { return impl_->run(); }

void TuneLoop::request_stop() { impl_->request_stop(); }

void TuneLoop::post(Command command, CommandDone done) { impl_->post(std::move(command), std::move(done)); }

TrialsView TuneLoop::trials() const { return impl_->trials(); }

TuneLoop::Impl::Impl(LoopOptions options, Parts parts, LoopState state)
    : options_(std::move(options)),
      parts_(parts),
      book_(options_, parts_, std::move(state.trials)),
      searcher_(parts_.searcher, parts_.searcher_queue, [&executor = parts_.executor] { executor.interrupt(); }),
      first_orders_(std::move(state.orders)) {
  take_over(std::move(state.suggestions));
  for (const TrialStatus& status : book_.trials()) {
    if (is_ended(status.state)) continue;
    LiveTrial& live = live_[status.id];
    if (const auto saved = state.checkpoints.find(status.id); saved != state.checkpoints.end()) {
      live.checkpoint = std::move(saved->second);
    }
    if (const auto failed = state.failures.find(status.id); failed != state.failures.end()) {
      live.failures = failed->second;
    }
    if (status.state == TrialState::kHeld) {
      live.phase = Phase::kHeld;
      ++held_;
    } else if (status.state == TrialState::kPaused) {
      live.phase = Phase::kPaused;  // The scheduler, which knows it as such, says when it goes on.
      ++paused_;
    } else {
      queue_.push_back(status.id);
    }
  }
}

void TuneLoop::Impl::request_stop() {
  stop_requested_ = true;
  parts_.executor.interrupt();
}

TuneLoop::Impl::LiveTrial* TuneLoop::Impl::find(TrialId trial) {
  const auto place = live_.find(trial);
  return place == live_.end() ? nullptr : &place->second;
}

Result<LoopEnd> TuneLoop::Impl::run() {
  started_ = last_tick_ = last_turn_ = now();
  last_snapshot_ = started_;
  book_.start();
  say_searcher(parts_.searcher.describe(), /*is_news=*/book_.size() == 0);
  carry_out(std::exchange(first_orders_, {}));
  while (turn()) {
  }
  return finish();
}

bool TuneLoop::Impl::turn() {
  note_turn();
  if (!options_.deterministic) check_leaving();
  take_commands();
  release_durable();
  end_overdue();
  queue_due_retries();
  if (!leaving_) fill_slots();
  save_snapshots_if_due();
  tick_if_due();
  if (options_.deterministic && leave_deterministic()) return false;
  const bool waits_for_user = held_ > 0 && !leaving_ && !searcher_error_;
  const bool waits_for_retry = !leaving_ && next_retry();
  const bool waits_for_searcher = !leaving_ && (searcher_.has_question() || asks_after_snapshot_);
  if (used_slots_ > 0 || waits_for_user || waits_for_retry || waits_for_searcher) return handle_next_event(), true;
  return (has_commands_ && !is_too_early_for_commands()) || (!leaving_ && end_a_paused_trial());
}

void TuneLoop::Impl::handle_next_event() {
  if (commit()) return;
  // The next event must find what this one has led to, however long the disk takes.
  const bool waits_for_disk = !awaiting_durable_.empty() || !answers_.empty();
  if (options_.deterministic && waits_for_disk) return parts_.executor.wait(next_deadline());
  std::optional<Event> event = parts_.executor.next_event(next_deadline());
  if (!event) return;
  failpoint("loop.event_came");
  handle(*std::move(event));
  failpoint("loop.event_handled");
}

// Lets what was recorded become durable. True: something is that somebody waits for.
bool TuneLoop::Impl::commit() {
  using Waiting = ResultsSink::Waiting;
  const bool some_wait = !awaiting_durable_.empty() || !answers_.empty();
  const bool all_wait =
      options_.deterministic ? some_wait : !attempts_.empty() && awaiting_durable_.size() >= attempts_.size();
  commit_again_ = parts_.sink.commit(all_wait ? Waiting::kAll : some_wait ? Waiting::kSome : Waiting::kNone);
  const std::uint64_t durable = parts_.sink.durable();
  return (!awaiting_durable_.empty() && awaiting_durable_.begin()->first <= durable) ||
         (!answers_.empty() && answers_.front().change <= durable);
}

TimePoint TuneLoop::Impl::next_deadline() {
  TimePoint deadline = std::min(last_tick_ + kTick, commit_again_);
  if (leaving_) return std::min(deadline, leaving_->deadline);
  if (options_.time_budget) deadline = std::min(deadline, started_ + *options_.time_budget);
  if (!call_deadlines_.empty()) deadline = std::min(deadline, call_deadlines_.top().time + held_up_);
  if (const std::optional<TimePoint> retry = next_retry()) deadline = std::min(deadline, *retry);
  return deadline;
}

void TuneLoop::Impl::tick_if_due() {
  if (now() - last_tick_ < kTick) return;
  last_tick_ = now();
  parts_.observer.on_tick(book_.progress());
  check_silence();
  check_thinking();
}

// --- Leaving ---

void TuneLoop::Impl::check_leaving() {
  const bool failed = leaving_ && leaving_->error;
  if (const Result<void> storage = parts_.sink.status(); !storage && !failed) {
    leave({.error = storage.error(), .deadline = now()});
  }
  if (!leaving_ && stop_requested_) {
    leave({.end = LoopEnd::kInterrupted, .error = {}, .deadline = now() + options_.interrupt_grace});
  }
  if (!leaving_ && options_.time_budget && now() - started_ >= *options_.time_budget) {
    leave({.end = LoopEnd::kTimeBudget, .error = {}, .deadline = now() + options_.interrupt_grace});
  }
  if (leaving_ && now() >= leaving_->deadline) cut_off();
}

// All that the last event led to has been done, so that a run which goes on can begin here; what attempts do from now
// on would come in no certain order.
bool TuneLoop::Impl::leave_deterministic() {
  check_leaving();
  if (!leaving_) return false;
  for (const auto& [trial, live] : live_) {
    if (!live.has_attempt()) continue;
    if (live.phase != Phase::kStopping) parts_.executor.stop(trial);
    if (!live.ended) book_.attempt_ended(trial, TrialState::kInterrupted);
  }
  return true;
}

void TuneLoop::Impl::leave(Leaving leaving) {
  leaving_ = std::move(leaving);
  parts_.searcher.give_up();
  if (options_.deterministic) return;
  // An event brings the others here; these wait for something else.
  for (const auto& [trial, live] : live_) {
    if (live.phase == Phase::kIdle) proceed(trial);
  }
}

void TuneLoop::Impl::cut_off() {
  std::vector<TrialId> late;
  for (const auto& [trial, live] : live_) {
    if (live.has_attempt()) late.push_back(trial);
  }
  for (const TrialId trial : late) {
    LiveTrial& live = live_.at(trial);
    if (leaving_->cut_off) {
      on_stopped(trial, live);
    } else if (live.phase != Phase::kStopping) {
      stop(trial, live, live.ended ? AfterStop::kForget : AfterStop::kInterrupt);
    }
  }
  leaving_->cut_off = true;
  leaving_->deadline = now() + kStopLimit;
}

Result<LoopEnd> TuneLoop::Impl::finish() {
  close_inbox();
  for (const auto& [trial, live] : live_) {
    const TrialState state = book_[trial].state;
    if (state == TrialState::kHeld || state == TrialState::kPaused) continue;  // As which the resumed run knows them.
    if (live.ended || (options_.deterministic && !live.has_attempt())) continue;
    book_.state_changed(trial, TrialState::kInterrupted, book_[trial].cause);
  }
  if (!options_.deterministic && !has_open_orders() && searcher_.rest(kRestLimit)) save_snapshots();
  live_.clear();
  attempts_.clear();
  flush();
  MANTA_RETURN_IF_ERROR(parts_.sink.status());
  if (leaving_ && leaving_->error) return *std::move(leaving_->error);
  if (searcher_error_) return *std::move(searcher_error_);
  return leaving_ ? leaving_->end : LoopEnd::kFinished;
}

void TuneLoop::Impl::flush() {
  parts_.sink.commit(ResultsSink::Waiting::kAll);
  // The writer calls interrupt() when something has become durable.
  while (parts_.sink.durable() < book_.last_change() && parts_.sink.status()) {
    parts_.executor.wait(now() + kTick);
    tick_if_due();
  }
  give_answers();
  for (const Answer& late : std::exchange(answers_, {}))
    late.done(Error{ErrorCode::kStorage, "it could not be made durable"});
}

// A resumed run finds an order that was not carried out by judging again the report which brought it; so no snapshot
// may stand between the two.
bool TuneLoop::Impl::has_open_orders() const {
  return dropped_orders_ || std::any_of(live_.begin(), live_.end(), [](const auto& entry) {
           const LiveTrial& live = entry.second;
           const bool is_carried_out = live.phase == Phase::kStopping &&
                                       (live.after_stop == AfterStop::kPause || live.after_stop == AfterStop::kClone);
           return !live.ended && (is_carried_out || live.wish == Wish::kPause || live.wish == Wish::kClone);
         });
}

bool TuneLoop::Impl::is_snapshot_due() const {
  if (options_.deterministic || !snapshot_due_ || now() - last_snapshot_ < kSnapshotInterval) return false;
  return reports_since_snapshot_ * kTrialsPerReport >= book_.size() && !has_open_orders();
}

// The searcher's state is of this moment only where it has taken in all that is recorded.
void TuneLoop::Impl::save_snapshots_if_due() {
  const bool is_due = is_snapshot_due();
  if (is_due && !searcher_.is_at_rest()) {
    asks_after_snapshot_ = true;
    // Outcomes alone are soon taken in; where many come, it would be at rest but never when this looks.
    if (searcher_.has_question() || !searcher_.rest(kShortRest)) return searcher_.wake_at_rest();
  }
  if (is_due) {
    save_snapshots();
    snapshot_due_ = false;
    last_snapshot_ = now();
    reports_since_snapshot_ = 0;
  }
  if (std::exchange(asks_after_snapshot_, false) && !leaving_) fill_slots();
}

void TuneLoop::Impl::save_snapshots() {
  take_answer();
  book_.snapshots_saved({suggestions_.begin(), suggestions_.end()});
}

// --- Slots ---

void TuneLoop::Impl::fill_slots() {
  take_answer();
  // Asked once more at last: the scheduler may have waited for the searcher to have nothing more.
  while (used_slots_ < slots() && (launch_queued() || resume_paused() || launch_new() || resume_paused())) {
  }
  ask_ahead();
}

bool TuneLoop::Impl::launch_queued() {
  while (!queue_.empty()) {
    const TrialId trial = queue_.front();
    queue_.pop_front();
    const LiveTrial* const live = find(trial);
    if (live == nullptr || live->phase != Phase::kQueued) continue;
    launch(trial);
    return true;
  }
  return false;
}

bool TuneLoop::Impl::resume_paused() {
  if (paused_ == 0) return false;
  const std::optional<TrialId> next = parts_.scheduler.next_to_resume(book_.trials(), more_to_come());
  LiveTrial* const live = next ? find(*next) : nullptr;
  if (live == nullptr || live->phase != Phase::kPaused) return false;
  --paused_;
  launch(*next);
  return true;
}

bool TuneLoop::Impl::launch_new() {
  std::optional<Config> config = next_suggestion();
  if (!config) return false;
  failpoint("loop.suggested");
  const TrialId trial = book_.add(*std::move(config));
  live_.try_emplace(trial);
  launch(trial);
  failpoint("loop.launched");
  return true;
}

bool TuneLoop::Impl::end_a_paused_trial() {
  for (const auto& [trial, live] : live_) {
    if (live.phase != Phase::kPaused) continue;
    // Nothing else can happen, and the scheduler resumes none: it has judged them. One at a time, because the end of
    // one may be what the scheduler waits for.
    end_trial(trial, TrialState::kStopped, "the scheduler did not resume it");
    return true;
  }
  // A searcher that waits for results which cannot come any more has failed.
  if (searcher_waits_ && !searcher_error_) searcher_error_ = searcher_waits_;
  return false;
}

}  // namespace manta
