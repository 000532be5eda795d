// SPDX-License-Identifier: Apache-2.0
// What the figure of an experiment is drawn from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schedulers/pbt_schedule.h"
#include "tune/space/space.h"
#include "tune/trial/objective.h"
#include "tune/trial/trial_status.h"

namespace manta::figure {

/// What one report said about the objective; the value may be any double.
struct Observation {
  TrialId trial;
  int attempt = 1;
  std::int64_t iteration = 0;
  double value = 0;
};

struct FigureInput {
  std::string name;
  std::string scheduler;  ///< As --scheduler has it.
  Objective objective;
  Space space;
  std::vector<TrialStatus> trials;        ///< By number.
  std::vector<Observation> observations;  ///< In the order of arrival.
  std::optional<PbtHistory> population;   ///< None: the scheduler changes no hyperparameters.
};

}  // namespace manta::figure
