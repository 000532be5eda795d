// SPDX-License-Identifier: Apache-2.0
// Carrying out the scheduler's orders: stop, pause, clone.
#include <algorithm>
#include <utility>

#include "tune/loop/internal/tune_loop_impl.h"

namespace manta {

void TuneLoop::Impl::carry_out(std::vector<Order> orders) {
  for (Order& order : orders) {
    LiveTrial* const live = find(order.trial);
    if (live == nullptr || live->ended) continue;
    if (std::holds_alternative<Stop>(order.action)) {
      // Recorded beside the report that led to it, whatever call is under way: a run resumed from these records must
      // not find the trial going on although the scheduler has dismissed it.
      end_trial(order.trial, TrialState::kStopped,
                "stopped by the scheduler after iteration " + std::to_string(book_[order.trial].iteration));
    } else if (leaving_) {
      dropped_orders_ = true;  // All others are checkpointed and stopped anyway; a resumed run carries it out.
    } else if (std::holds_alternative<Pause>(order.action)) {
      order_pause(order.trial, *live);
    } else {
      order_clone(order.trial, *live, std::get<Clone>(std::move(order.action)));
    }
  }
}

void TuneLoop::Impl::order_pause(TrialId trial, LiveTrial& live) {
  if (live.phase == Phase::kPaused) return;
  if (book_[trial].state == TrialState::kHeld) {
    live.paused_by_scheduler = true;
    return;
  }
  // A clone on its way replaces the trial's state: there is none of its own left to keep.
  if (live.phase == Phase::kStopping && live.after_stop == AfterStop::kClone) return;
  if (live.phase == Phase::kQueued) return pause_without_attempt(trial, live, book_[trial].cause);
  live.wish = Wish::kPause;
  if (live.phase == Phase::kIdle) proceed(trial);
}

void TuneLoop::Impl::order_clone(TrialId trial, LiveTrial& live, Clone clone) {
  if (live.wish == Wish::kPause || book_[trial].state == TrialState::kHeld) return;
  if (live.phase == Phase::kStopping && live.after_stop == AfterStop::kClone) return;
  const TrialId donor_id = clone.donor;
  LiveTrial* const donor = find(donor_id);
  if (donor == nullptr || donor->ended) return;  // Its checkpoint is gone with it.
  live.wish = Wish::kClone;
  live.clone = std::move(clone);
  live.donated.reset();
  donor->heirs.push_back(trial);
  if (!donor->has_attempt()) return bequeath(donor_id, *donor);
  if (donor->phase == Phase::kIdle) proceed(donor_id);
}

void TuneLoop::Impl::bequeath(TrialId donor, LiveTrial& live) {
  // Empty: it saves nothing. Who began from that would begin anew.
  const bool has_saved = live.checkpoint && !live.checkpoint->bytes.empty();
  const std::optional<Checkpoint> checkpoint = has_saved ? live.checkpoint : std::nullopt;
  for (internal::WantedClone& clone : std::exchange(live.clones, {}))
    add_by_hand({std::move(clone.config), donor, checkpoint}, std::move(clone.done));
  for (const TrialId trial : std::exchange(live.heirs, {})) {
    LiveTrial* const heir = find(trial);
    if (heir == nullptr || heir->ended || heir->wish != Wish::kClone || heir->clone.donor != donor) continue;
    heir->donated = checkpoint;
    // A donor that never saved leaves nothing: the heir goes on as it is.
    if (!checkpoint) heir->wish = Wish::kNone;
    if (heir->phase == Phase::kIdle) {
      proceed(trial);
    } else if (checkpoint && !heir->has_attempt()) {
      adopt(trial, *heir);
    }
  }
}

void TuneLoop::Impl::adopt(TrialId trial, LiveTrial& live) {
  if (live.phase == Phase::kPaused) --paused_;
  live.phase = Phase::kQueued;
  live.checkpoint = *std::exchange(live.donated, std::nullopt);
  live.wish = Wish::kNone;
  book_.cloned(trial, std::move(live.clone.config), *live.checkpoint);
  queue_.push_front(trial);
}

void TuneLoop::Impl::pause_without_attempt(TrialId trial, LiveTrial& live, std::string cause) {
  live.phase = Phase::kPaused;
  live.wish = Wish::kNone;
  ++paused_;
  book_.state_changed(trial, TrialState::kPaused, std::move(cause));
}

}  // namespace manta
