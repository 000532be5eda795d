// SPDX-License-Identifier: Apache-2.0
// What the options want of trials, read.
#pragma once

#include "core/base/result.h"
#include "tune/cli/tune_options.h"
#include "tune/trial/further_goals.h"
#include "tune/trial/objective.h"

namespace manta {

struct Goals {
  Objective objective;  ///< The first metric: what schedulers and rankings go by.
  FurtherGoals further;
};

/// Errors: kInvalidArgument: no metric, one that cannot be read or is there twice, more of them than the database has
/// room for, a constraint that cannot be read.
Result<Goals> goals_of(const TuneOptions& options);

}  // namespace manta
