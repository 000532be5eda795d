// SPDX-License-Identifier: Apache-2.0
// How many slots an attempt has. Each has one of its own, and may have others that nobody wants.
#include <algorithm>

#include "tune/loop/internal/tune_loop_impl.h"

namespace manta {

std::int64_t TuneLoop::Impl::slots() const {
  return std::max(1, std::min(options_.concurrency, parts_.executor.slots()));
}

int TuneLoop::Impl::even_share(std::int64_t trials) const {
  return static_cast<int>(std::max<std::int64_t>(1, slots() / std::max<std::int64_t>(1, trials)));
}

// A trial that is new, or paused. What is only queued counts among those that share.
bool TuneLoop::Impl::is_anybody_to_start() const {
  return more_to_come() || (paused_ > 0 && parts_.scheduler.next_to_resume(book_.trials(), false));
}

int TuneLoop::Impl::fair_share() const {
  return is_anybody_to_start() ? 1 : even_share(static_cast<std::int64_t>(live_.size()) - paused_ - held_);
}

int TuneLoop::Impl::slots_at_launch(const LiveTrial& live) const {
  if (options_.grow_every == 0) return 1;
  // Of the paused, the scheduler may be about to resume one after the other: so all of them count.
  const auto wanting = static_cast<std::int64_t>(live_.size()) - held_;
  const int share = live.resized ? fair_share() : more_to_come() ? 1 : even_share(wanting);
  return static_cast<int>(std::max<std::int64_t>(1, std::min<std::int64_t>(share, slots() - used_slots_)));
}

// Whether enough reports lie behind it and before it for other slots to pay.
bool TuneLoop::Impl::may_change_slots(const LiveTrial& live) const {
  if (options_.grow_every == 0 || live.reports - live.saved_nothing < options_.grow_every) return false;
  const bool is_near_its_end =
      options_.max_iterations && *options_.max_iterations - live.iteration < options_.grow_every;
  return !is_near_its_end && has_trial_time_left(live);
}

// What a trial that is between two iterations had better have.
int TuneLoop::Impl::better_slots(const LiveTrial& live) const {
  if (!may_change_slots(live)) return live.slots;
  const std::int64_t free = slots() - used_slots_;
  if (free >= live.slots) {
    const int share = fair_share();
    return share < 2 * live.slots ? live.slots : static_cast<int>(std::min<std::int64_t>(share, live.slots + free));
  }
  if (live.slots == 1 || free > 0) return live.slots;
  const bool is_anybody_queued = std::any_of(queue_.begin(), queue_.end(), [this](TrialId trial) {
    const auto place = live_.find(trial);
    return place != live_.end() && place->second.phase == Phase::kQueued;
  });
  const bool is_slot_wanted = free < 0 || is_anybody_queued || is_anybody_to_start();
  return is_slot_wanted ? std::min(live.slots, fair_share()) : live.slots;
}

void TuneLoop::Impl::resize(TrialId trial, LiveTrial& live) {
  if (live.is_saved() && !live.checkpoint->bytes.empty()) return stop(trial, live, AfterStop::kResize);
  live.saves_to_resize = true;
  save(trial, live);
}

// It goes on at once, before anybody else can have its slots; but what was ordered meanwhile comes first.
void TuneLoop::Impl::on_resized(TrialId trial, LiveTrial& live) {
  book_.attempt_ended(trial, TrialState::kPaused);
  live.phase = Phase::kQueued;
  live.resized = true;
  bequeath(trial, live);
  if (live.wish == Wish::kPause) return pause_without_attempt(trial, live, "");
  if (live.wish == Wish::kHold) {
    live.phase = Phase::kHeld;
    live.wish = Wish::kNone;
  } else if (live.wish == Wish::kClone && live.donated) {
    adopt(trial, live);
  } else if (!leaving_) {
    launch(trial);
  }
}

}  // namespace manta
