// SPDX-License-Identifier: Apache-2.0
// What the population of an experiment did, from what the experiment has recorded.
#pragma once

#include <filesystem>
#include <string_view>

#include "core/base/result.h"
#include "tune/trial/snapshot.h"

namespace manta {

/// Whether `scheduler`, as --scheduler has it, trains a population: pbt, pbt-sync, pb2, also with others behind a plus.
bool is_population(std::string_view scheduler);

/// The newest state of the scheduler of the experiment in `directory`, which trains a population. It is the last
/// snapshot, a few seconds old while the experiment runs. Where there is none, as a deterministic run has no snapshots
/// and keeps every change, it is what the scheduler makes of all that happened, told once more in the same order.
/// Errors: kInvalidArgument: its scheduler is another. Those of ExperimentView and ResultStore::load().
Result<Snapshot> population_snapshot(const std::filesystem::path& directory);

}  // namespace manta
