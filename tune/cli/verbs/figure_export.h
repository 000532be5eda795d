// SPDX-License-Identifier: Apache-2.0
// manta export --svg: what the figure of an experiment is drawn from.
#pragma once

#include "core/base/result.h"
#include "tune/cli/figure/figure_input.h"
#include "tune/results/experiment_view.h"

namespace manta::verbs {

/// Errors: those of `view`, and kInvalidArgument: its request cannot be read.
Result<figure::FigureInput> gather_figure(ExperimentView& view);

}  // namespace manta::verbs
