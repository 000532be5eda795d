// SPDX-License-Identifier: Apache-2.0
// Trials that say nothing for long: whoever watches is told who waits for whom. Nothing else comes of it.
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

std::string doing(const internal::LiveTrial& live) {
  if (live.phase == internal::Phase::kLaunching) return "being set up";
  if (live.phase == internal::Phase::kSaving) return "saving";
  return "in iteration " + std::to_string(live.iteration + 1);
}

}  // namespace

void TuneLoop::Impl::note_call(LiveTrial& live) {
  live.call_began = now();
  live.silences_told = 0;
}

void TuneLoop::Impl::note_answer(LiveTrial& live) {
  const TimePoint answered = now();
  longest_call_ = std::max(longest_call_, answered - live.call_began);
  live.call_began = answered;
  live.silences_told = 0;
}

void TuneLoop::Impl::check_silence() {
  if (leaving_) return;
  const Duration least = longest_call_ * kTimesTheLongest;
  if (!tell_of_silence(std::max(kLongPatience, least), 2)) tell_of_silence(std::max(kPatience, least), 1);
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
    } else if (now() - live.call_began < patience) {
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
