// SPDX-License-Identifier: Apache-2.0
// What a population did to its hyperparameters, drawn.
#pragma once

#include "tune/cli/figure/figure.h"
#include "tune/cli/figure/figure_input.h"

namespace manta::figure {

/// Adds to `figure` the metric over iterations and, for each parameter that is a number, its schedule: a line for each
/// trial, the copies between them, and above them the way to the best report. `input` has a population.
void add_population(const FigureInput& input, Figure& figure);

}  // namespace manta::figure
