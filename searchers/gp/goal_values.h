// SPDX-License-Identifier: Apache-2.0
// Losses and margins of many trials, as Gaussian processes like them.
#pragma once

#include <span>
#include <vector>

#include "core/base/random.h"
#include "searchers/pareto/pareto.h"

namespace manta::gp {

/// Of each objective the losses of all rows of `table`, by a warp of its own (OutputWarp).
std::vector<std::vector<double>> objective_values(const LossTable& table);

/// One value a row: the worst of its losses and a twentieth of their sum, each in parts of the table's box and times a
/// weight drawn from the simplex; warped. The augmented Tchebycheff function of ParEGO, Knowles, IEEE TEC 10 (2006).
std::vector<double> scalarised_values(const LossTable& table, RandomStream& random);

/// Margins of a constraint drawn in from both sides and scaled, so that the resolution is best near the threshold.
struct MarginValues {
  std::vector<double> values;
  double limit = 0;  ///< What a value has to be at most: where a margin is 0.
};
/// `margins` are finite.
MarginValues margin_values(std::span<const double> margins);

}  // namespace manta::gp
