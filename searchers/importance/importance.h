// SPDX-License-Identifier: Apache-2.0
// Which parameters mattered in an experiment, and which of them together.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "tune/space/space.h"
#include "tune/trial/objective.h"
#include "tune/trial/trial_status.h"

namespace manta {

struct Importance {
  struct Parameter {
    std::string name;
    double share = 0;        ///< Of the variance of what a forest predicts over the whole space (variance_shares()).
    double permutation = 0;  ///< By how much the forest's error grows, in variances, when its values are mixed up.
  };
  struct Interaction {
    std::string first;
    std::string second;
    double share = 0;
  };
  std::vector<Parameter> parameters;      ///< The largest share first; constants have none.
  std::vector<Interaction> interactions;  ///< The largest share first.
  std::size_t trials = 0;                 ///< That were learned from.
  double explained = 0;  ///< Of the variance, on trials that the forest had not seen; at most 1, below 0: nothing.
};

/// The fewest trials that anything is concluded from.
inline constexpr std::size_t kLeastImportanceTrials = 10;

/// Learns from trials that were completed or stopped with a finite value and have a configuration of `space`; of more
/// than 1,000 from the latest. A value counts by its last report. Values far worse than the rest (beyond three times
/// the distance of the quartiles from the upper one) are drawn in to there, for one trial that diverged would be all
/// there is to see.
///
/// Permutation importance (Breiman 2001) is of five forests, each on four fifths of the trials, judged by the fifth.
/// Determinism: of equal trials come equal results.
/// Errors: kFailedPrecondition: too few such trials, all of one value, or a space in which nothing varies.
Result<Importance> importance_of(const Space& space, const Objective& objective, TrialsView trials);

}  // namespace manta
