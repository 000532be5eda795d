// SPDX-License-Identifier: Apache-2.0
// The best trials where several metrics count.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "tune/cli/terminal.h"
#include "tune/results/experiment_view.h"
#include "tune/trial/metrics.h"
#include "tune/trial/objective.h"

namespace manta {

/// The trials that no other is better than in one metric and at least as good as in all others: those of the view
/// pareto_front. Of each trial the last report with the first metric counts; who lacks a metric of it, or breaks a
/// constraint, is no candidate.
struct TrialFront {
  struct Member {
    std::size_t place = 0;       ///< In the trials that it was made of.
    std::vector<double> values;  ///< As reported, one for each objective.
  };

  std::vector<Objective> objectives;
  std::vector<Member> members;  ///< By the first objective, the best first.
  /// The hypervolume after the first candidate, after two, and so on, by number of the trial: the share of the box
  /// between the best and the worst values of all of them that some trial dominates.
  std::vector<double> volumes;
};

/// `trials` by number; `metrics` as of ExperimentView::objective_metrics().
TrialFront trial_front(const ExperimentSpec& spec, const std::vector<TrialRecord>& trials,
                       const std::map<TrialId, Metrics>& metrics);

/// Of an experiment that is there.
/// Errors: as of ExperimentView.
Result<TrialFront> read_trial_front(ExperimentView& view, const std::vector<TrialRecord>& trials);

/// A table of its members, `rows` at most, below a line that counts them.
std::string front_text(const TrialFront& front, const std::vector<TrialRecord>& trials, std::size_t rows,
                       const TextStyle& style);

/// "0.41, 0.58, 0.66, 0.7 after 5, 10, 15, 20 trials": at each quarter. "" of less than four candidates.
std::string volumes_text(const TrialFront& front);

}  // namespace manta
