// SPDX-License-Identifier: Apache-2.0
// Rows as the values that a resumed run starts from.
#pragma once

#include "core/base/result.h"
#include "tune/checkpoint/checkpoint_store.h"
#include "tune/results/internal/sqlite.h"
#include "tune/results/stored_experiment.h"

namespace manta::internal {

/// The one row of `experiment`. Errors: kStorage.
Result<ExperimentSpec> load_spec(Database& database);

/// Everything. A checkpoint that is damaged or missing is passed over for the one before, with a warning.
/// Errors: kStorage: what is there cannot be read, or makes no sense.
Result<StoredExperiment> load_experiment(Database& database, const CheckpointStore& checkpoints);

}  // namespace manta::internal
