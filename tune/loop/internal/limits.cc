// SPDX-License-Identifier: Apache-2.0
// Time: calls that take too long, and trials that wait before they are tried again.
#include <algorithm>
#include <charconv>
#include <utility>

#include "tune/loop/internal/tune_loop_impl.h"

namespace manta {

namespace {

using internal::Limit;

// How long to wait for a donor's checkpoint: so many of its iterations, and a while besides.
constexpr double kDonorIterations = 3;
constexpr Duration kDonorWait = std::chrono::seconds(60);

constexpr int kLongestRetryWait = 60;  // Times the first one.

// "90 s", "0.5 s".
std::string seconds_text(Duration time) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, to_seconds(time)).ptr;
  return std::string(text, end) + " s";
}

std::string trial_time_cause(Duration limit) {
  return "timeout: the trial has run for the " + seconds_text(limit) + " that it may";
}

}  // namespace

void TuneLoop::Impl::begin_call(LiveTrial& live, TrialId trial, Phase phase) {
  live.phase = phase;
  live.call = ++calls_;
  note_call(live);
  set_deadline(live, trial);
}

void TuneLoop::Impl::set_deadline(const LiveTrial& live, TrialId trial) {
  const TrialLimits& limits = options_.limits;
  std::optional<std::pair<Duration, Limit>> nearest;
  const auto consider = [&](std::optional<Duration> time, Limit limit) {
    if (time && (!nearest || *time < nearest->first)) nearest = {*time, limit};
  };
  if (live.phase == Phase::kStepping) {
    if (limits.trial_time) consider(*limits.trial_time - from_seconds(live.seconds), Limit::kTrialTime);
    consider(limits.step_time, Limit::kStepTime);
  }
  consider(limits.stall_timeout, Limit::kStall);
  if (nearest) call_deadlines_.push({live.call_began + nearest->first, live.call, trial, nearest->second});
}

bool TuneLoop::Impl::has_trial_time_left(const LiveTrial& live) const {
  const std::optional<Duration>& limit = options_.limits.trial_time;
  return !limit || from_seconds(live.seconds) < *limit;
}

void TuneLoop::Impl::end_for_trial_time(TrialId trial) {
  end_trial(trial, TrialState::kStopped, trial_time_cause(*options_.limits.trial_time));
}

// A donor that does not answer any more must hold up nobody. Whoever cannot copy goes on as it is.
void TuneLoop::Impl::await_donor(TrialId trial, LiveTrial& live) {
  if (options_.deterministic) return;  // What time decides would differ when it is repeated.
  const TrialStatus& donor = book_[live.clone.donor];
  const double usual = donor.seconds / static_cast<double>(std::max<std::int64_t>(1, donor.iteration));
  live.call = ++calls_;
  call_deadlines_.push(
      {watched_now() + kDonorWait + from_seconds(kDonorIterations * usual), live.call, trial, Limit::kDonor});
}

void TuneLoop::Impl::end_overdue() {
  while (!call_deadlines_.empty() && call_deadlines_.top().time <= watched_now()) {
    const CallDeadline due = call_deadlines_.top();
    call_deadlines_.pop();
    LiveTrial* const live = find(due.trial);
    // A run that is left has a deadline of its own.
    if (live == nullptr || live->call != due.call || leaving_) continue;
    if (due.limit != Limit::kDonor && live->has_call()) end_overdue_call(due.trial, *live, due.limit);
    if (due.limit == Limit::kDonor && live->phase == Phase::kIdle && live->wish == Wish::kClone && !live->donated) {
      live->wish = Wish::kNone;
      proceed(due.trial);
    }
  }
}

void TuneLoop::Impl::end_overdue_call(TrialId trial, LiveTrial& live, Limit limit) {
  if (live.ended) return stop(trial, live, AfterStop::kForget);
  if (limit == Limit::kTrialTime) {
    end_for_trial_time(trial);
    return stop(trial, live, AfterStop::kForget);
  }
  const std::string iteration = "iteration " + std::to_string(live.iteration + 1);
  if (limit == Limit::kStepTime) {
    live.failure = "timeout: " + iteration + " has taken longer than " + seconds_text(*options_.limits.step_time);
  } else {
    const std::string what = live.phase == Phase::kLaunching  ? "while it was set up"
                             : live.phase == Phase::kStepping ? "in " + iteration
                                                              : "while it saved";
    live.failure = "stalled: no sign of life for " + seconds_text(*options_.limits.stall_timeout) + " " + what;
  }
  live.phase = Phase::kStopping;
  live.after_stop = AfterStop::kRetry;
  live.aborted = true;
  parts_.executor.abort(trial);
}

void TuneLoop::Impl::retry_later(TrialId trial, LiveTrial& live) {
  Duration wait = options_.retry_wait;
  const Duration longest = wait * kLongestRetryWait;
  for (int failure = 1; failure < live.failures && wait < longest; ++failure) wait *= 2;
  wait = std::min(wait, longest);
  if (wait == Duration::zero()) return queue_.push_back(trial);
  live.retry_at = now() + wait;
  retries_.emplace(*live.retry_at, trial);
}

void TuneLoop::Impl::queue_due_retries() {
  for (auto next = next_retry(); next && *next <= now(); next = next_retry()) {
    const TrialId trial = retries_.begin()->second;
    live_.at(trial).retry_at.reset();
    retries_.erase(retries_.begin());
    queue_.push_back(trial);
  }
}

std::optional<TimePoint> TuneLoop::Impl::next_retry() {
  while (!retries_.empty()) {
    const auto& [time, trial] = *retries_.begin();
    const LiveTrial* const live = find(trial);
    if (live != nullptr && live->phase == Phase::kQueued && live->retry_at == time) return time;
    retries_.erase(retries_.begin());  // It went on by another way, or ended.
  }
  return std::nullopt;
}

}  // namespace manta
