// SPDX-License-Identifier: Apache-2.0
// Trials that say nothing for long: whoever watches is told who waits for whom, and in the end nobody waits any more.
#include <algorithm>
#include <string>
#include <utility>

#include "tune/loop/internal/tune_loop_impl.h"

namespace manta {

namespace {

constexpr Duration kPatience = std::chrono::seconds(30);
constexpr Duration kLongPatience = std::chrono::minutes(5);
// Where calls are known to take long, one is not silent before it takes so many times as long as any did.
constexpr int kTimesTheLongest = 3;
constexpr Duration kHeldUp = std::chrono::seconds(2);
// After that a trial is left behind by those that wait for it.
constexpr Duration kLastPatience = std::chrono::minutes(10);
constexpr int kTimesTheLongestAtLast = 10;

// "10 min", "95 min".
std::string minutes_text(Duration time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::minutes>(time).count()) + " min";
}

std::string doing(const internal::LiveTrial& live) {
  if (live.phase == internal::Phase::kLaunching) return "being set up";
  if (live.phase == internal::Phase::kSaving) return "saving";
  return "in iteration " + std::to_string(live.iteration + 1);
}

}  // namespace

// Between two turns lies half a second at most. After longer the loop itself was held up: its process was stopped, or
// something took its thread. What trials have answered by then it has not heard yet.
void TuneLoop::Impl::note_turn() {
  const TimePoint turn = now();
  if (turn - last_turn_ > kHeldUp) held_up_ += turn - last_turn_;
  last_turn_ = turn;
}

void TuneLoop::Impl::note_call(LiveTrial& live) {
  live.call_began = watched_now();
  live.silences_told = 0;
}

void TuneLoop::Impl::note_answer(LiveTrial& live) {
  const TimePoint answered = watched_now();
  longest_call_ = std::max(longest_call_, answered - live.call_began);
  live.call_began = answered;
  live.silences_told = 0;
}

void TuneLoop::Impl::check_silence() {
  if (leaving_) return;
  const Duration least = longest_call_ * kTimesTheLongest;
  if (!tell_of_silence(std::max(kLongPatience, least), 2)) tell_of_silence(std::max(kPatience, least), 1);
  if (!options_.deterministic) leave_one_behind(std::max(kLastPatience, longest_call_ * kTimesTheLongestAtLast));
}

// Paused trials, and a free slot that the scheduler gives none of them, while nobody runs but who is silent: then the
// scheduler goes on without who has been so for longest. One at a time: the others may not be in anybody's way. A
// searcher that thinks may yet give the slot a trial.
void TuneLoop::Impl::leave_one_behind(Duration patience) {
  if (paused_ == 0 || used_slots_ >= slots() || searcher_.has_question()) return;
  std::optional<TrialId> longest;
  for (const TrialId trial : attempts_) {
    const LiveTrial& live = live_.at(trial);
    if (book_[trial].retried || live.ended) continue;
    if (!live.has_call() || watched_now() - live.call_began < patience) return;
    if (!longest || live.call_began < live_.at(*longest).call_began) longest = trial;
  }
  if (longest) leave_behind(*longest, patience);
}

void TuneLoop::Impl::leave_behind(TrialId trial, Duration patience) {
  LiveTrial& live = live_.at(trial);
  if (live.wish == Wish::kPause || live.wish == Wish::kClone) live.wish = Wish::kNone;
  book_.left_behind(trial);
  parts_.scheduler.on_end(trial, TrialState::kStopped);
  snapshot_due_ = true;
  std::string text = "trial " + to_string(trial) + " has not answered for " + minutes_text(patience) +
                     ": the scheduler goes on without it; it may go on too, but is judged no more";
  parts_.observer.on_warning(text);
  book_.noted({.trial = trial, .text = std::move(text)});
}

// `stage`: 2 for a silence that is a warning by itself; of a shorter one nobody hears where all others go on. True if
// the observer was told.
bool TuneLoop::Impl::tell_of_silence(Duration patience, int stage) {
  Silence silence{.trials = {},
                  .time = patience,
                  .waiting = paused_,
                  .searcher_waits = searcher_waits_.has_value(),
                  .in_order = options_.deterministic,
                  .is_long = stage == 2};
  bool is_news = false;
  bool others_run = false;
  for (const TrialId trial : attempts_) {
    const LiveTrial& live = live_.at(trial);
    if (!live.has_call()) continue;
    if (parts_.executor.is_answered(trial)) {
      ++silence.waiting;
    } else if (watched_now() - live.call_began < patience) {
      others_run = true;
    } else {
      silence.trials.push_back({trial, doing(live), silence.is_long ? parts_.executor.activity(trial) : ""});
      is_news = is_news || live.silences_told < stage;
    }
  }
  const bool matters = silence.is_long || !others_run || used_slots_ < slots();
  if (!is_news || !matters) return false;
  for (const Silence::Trial& silent : silence.trials) live_.at(silent.id).silences_told = stage;
  parts_.observer.on_silence(silence);
  return true;
}

}  // namespace manta
