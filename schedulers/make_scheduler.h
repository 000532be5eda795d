// SPDX-License-Identifier: Apache-2.0
// Schedulers by name.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "tune/scheduler.h"
#include "tune/space/space.h"
#include "tune/trial/named_options.h"
#include "tune/trial/objective.h"

namespace manta {

/// What a scheduler may need to know of its experiment.
struct SchedulerSetup {
  Objective objective;
  std::optional<std::int64_t> max_iterations = std::nullopt;  ///< Default of max_t (100 where there is none).
  const Space* space = nullptr;                               ///< Of pbt, pbt-sync, pb2 and freeze-thaw; must outlive them.
  std::int64_t max_trials = 1;                                ///< How many trials there will be: the population of pbt.
  std::uint64_t seed = 0;
  /// The newest snapshot of a population's scheduler, by the directory of its experiment, for pbt-replay. None: there
  /// are no experiments.
  std::function<Result<Snapshot>(const std::string& directory)> read_snapshot = {};
};

/// What there is to say of a scheduler, for help and reference.
struct SchedulerKind {
  std::string_view name;
  std::string_view summary;  ///< A line without a full stop.
  std::span<const OptionRange> options = {};
  bool only_stops = false;  ///< May stand behind a plus.
};

/// All that make_scheduler() knows, in the order in which help lists them.
std::vector<SchedulerKind> scheduler_kinds();

/// The scheduler that `text` asks for: "fifo", or "asha" with any of "asha:grace=1,eta=4,max_t=100". Several with a
/// plus between them are asked together: "hyperband + patience:reports=5 + threshold:at=3,value=0.9". All but the
/// first may only stop trials.
/// Errors: kInvalidArgument: the message names the part that is wrong and lists what is allowed, with ranges. Whatever
/// `read_snapshot` fails with.
Result<std::unique_ptr<TrialScheduler>> make_scheduler(std::string_view text, const SchedulerSetup& setup);

/// For a scheduler that needs to know no more.
inline Result<std::unique_ptr<TrialScheduler>> make_scheduler(
    std::string_view text, const Objective& objective, std::optional<std::int64_t> max_iterations = std::nullopt) {
  return make_scheduler(text, SchedulerSetup{.objective = objective, .max_iterations = max_iterations});
}

}  // namespace manta
