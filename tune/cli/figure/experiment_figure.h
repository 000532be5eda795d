// SPDX-License-Identifier: Apache-2.0
// An experiment as one figure.
#pragma once

#include "tune/cli/figure/figure.h"
#include "tune/cli/figure/figure_input.h"

namespace manta::figure {

/// Of a population, what it did to its hyperparameters; of any other experiment its learning curves and the best value
/// so far, or, where no trial reports twice, both in one diagram. What it leaves out stands in its notes.
Figure experiment_figure(const FigureInput& input);

}  // namespace manta::figure
