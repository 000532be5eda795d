// SPDX-License-Identifier: Apache-2.0
// What the loop knows of a trial that has not ended, beyond its standing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "tune/checkpoint/checkpoint.h"
#include "tune/loop/command.h"
#include "tune/scheduler.h"

namespace manta::internal {

/// Where a trial stands between the loop's calls and the executor's answers.
enum class Phase {
  kQueued,     ///< Waits for a slot.
  kPaused,     ///< Waits for the scheduler to resume it.
  kHeld,       ///< Waits for the user to resume it.
  kLaunching,  ///< These four: a call is under way.
  kStepping,
  kSaving,
  kStopping,
  kIdle,  ///< Has a slot and no call under way: waits for a report to be durable or for a donor's checkpoint.
};

/// An order that waits for the call under way; a stronger one replaces it. Stop is none of them: it takes effect at
/// once.
enum class Wish { kNone, kClone, kPause, kHold };

/// What a call that takes too long has exceeded; or how long a trial waits for its donor's checkpoint.
enum class Limit { kTrialTime, kStepTime, kStall, kDonor };

/// What becomes of a trial when its attempt has been stopped.
enum class AfterStop { kForget, kPause, kHold, kClone, kResize, kRetry, kInterrupt };

/// A trial that the user wants to begin where this one is.
struct WantedClone {
  Config config;
  CommandDone done;
};

/// How many reports of a trial may not be durable yet, unless it waits for each: enough that it hardly ever waits for a
/// disk, and few to lose.
inline constexpr std::int64_t kReportsAhead = 256;

/// How many iterations it may run in one go.
inline constexpr int kIterationsAtOnce = 64;

/// Which change each of a trial's last kReportsAhead reports is. Reports count from 1; eight share a place, where the
/// last of them stands for all.
class ReportNumbers {
 public:
  void set(std::int64_t report, std::uint64_t change) { changes_[place(report)] = change; }
  /// Of `report` or a later one of its eight; 0: of none.
  std::uint64_t of(std::int64_t report) const { return report < 1 ? 0 : changes_[place(report)]; }

 private:
  static constexpr std::int64_t kShare = 8;
  static constexpr std::size_t kPlaces = kReportsAhead / kShare + 1;

  static std::size_t place(std::int64_t report) { return static_cast<std::size_t>((report - 1) / kShare) % kPlaces; }

  std::array<std::uint64_t, kPlaces> changes_{};
};

struct LiveTrial {
  Phase phase = Phase::kQueued;
  bool ended = false;  ///< Its end is recorded; only its slot is still to be freed.

  std::int64_t iteration = 0;            ///< Done by this attempt and those it goes on from.
  double seconds = 0;                    ///< Time these took.
  std::optional<Checkpoint> checkpoint;  ///< The newest.
  int failures = 0;
  ReportNumbers report_numbers;                     ///< Of all its attempts in this run.
  std::int64_t all_reports = 0;                     ///< Of those.
  bool waits_for_disk = false;                      ///< As its last report said.
  std::int64_t reports = 0;                         ///< Of this attempt.
  std::optional<Metrics> report_without_objective;  ///< Its last report, if that lacked the objective's metric.

  Wish wish = Wish::kNone;
  Clone clone;                        ///< Of Wish::kClone.
  std::optional<Checkpoint> donated;  ///< For Wish::kClone: the donor's, once there.
  std::vector<TrialId> heirs;         ///< Trials that wait for a checkpoint of this one.
  std::vector<WantedClone> clones;    ///< As heirs, but there are no trials yet.
  bool paused_by_scheduler = false;   ///< Of a held one: released, it waits for the scheduler again.

  int slots = 1;                   ///< Of its attempt.
  bool resized = false;            ///< Its last attempt has ended for one with other slots.
  bool saves_to_resize = false;    ///< The save under way is for that.
  std::int64_t saved_nothing = 0;  ///< How many reports its attempt had when such a save brought nothing.

  AfterStop after_stop = AfterStop::kForget;
  std::string failure;  ///< Of AfterStop::kRetry: why the attempt failed.

  std::uint64_t call = 0;  ///< The number of its last call.
  TimePoint call_began{};  ///< Or of its last answer, where the call goes on. By TuneLoop::Impl::watched_now().
  int silences_told = 0;   ///< Of that call: that it takes long, and that it takes too long.
  bool aborted = false;    ///< That call took too long: its failure is still to say where it was.
  /// In Phase::kQueued after a failure: it is not launched before.
  std::optional<TimePoint> retry_at;

  /// The change that has to be durable before it goes on for so many iterations.
  std::uint64_t awaited_report(int iterations) const {
    return report_numbers.of(waits_for_disk ? all_reports : all_reports + iterations - kReportsAhead);
  }
  bool has_call() const { return phase == Phase::kLaunching || phase == Phase::kStepping || phase == Phase::kSaving; }
  bool has_attempt() const { return phase != Phase::kQueued && phase != Phase::kPaused && phase != Phase::kHeld; }
  bool is_saved() const { return checkpoint && checkpoint->iteration == iteration; }
};

}  // namespace manta::internal
