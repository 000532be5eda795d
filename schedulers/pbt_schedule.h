// SPDX-License-Identifier: Apache-2.0
// What a population did, and the schedule of hyperparameters that comes of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/result.h"
#include "tune/space/config.h"
#include "tune/trial/snapshot.h"
#include "tune/trial/trial_id.h"

namespace manta {

/// One trial went on from another's weights.
struct PbtExploit {
  TrialId trial;
  TrialId donor;
  std::int64_t iteration = 0;  ///< The donor's, and the trial's from then on.
  Config donor_config;
  Config config;                   ///< The trial's from then on.
  std::int64_t own_iteration = 0;  ///< Where the trial stood by itself.
  Config own_config = {};          ///< And with what; empty in what older versions wrote.
};

/// All exploits in their order, and the best report that there was.
struct PbtHistory {
  std::vector<PbtExploit> exploits;
  struct Best {
    TrialId trial;  ///< -1: nothing has been reported.
    std::int64_t iteration = 0;
    double score = 0;
    Config config;
    std::uint64_t exploits_before = 0;  ///< So many of `exploits` came before it.
  } best;

  /// Reads it from what PbtScheduler::save() wrote, alone or as the first of a combination.
  /// Errors: kInvalidArgument: the snapshot of another scheduler or damaged.
  static Result<PbtHistory> from_snapshot(const Snapshot& snapshot);
};

/// The hyperparameters over the iterations of one training: those of the best report of a population and of all that
/// its weights descend from.
struct PbtSchedule {
  struct Step {
    std::int64_t after = 0;  ///< Holds for the iterations after this one.
    Config config;
    TrialId trial = {};                                 ///< Which trained with it.
    std::optional<std::size_t> exploit = std::nullopt;  ///< That it began with, by its place; none: with nothing.
  };
  std::vector<Step> steps;  ///< By rising `after`; the first begins at 0.

  /// Something has been reported.
  static PbtSchedule of(const PbtHistory& history);
  /// Errors: as PbtHistory::from_snapshot(), and kInvalidArgument: nothing was reported.
  static Result<PbtSchedule> from_snapshot(const Snapshot& snapshot);
};

}  // namespace manta
