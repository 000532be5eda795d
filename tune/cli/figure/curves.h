// SPDX-License-Identifier: Apache-2.0
// From reports to learning curves, as many and as detailed as a drawing can show.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "tune/cli/figure/figure.h"
#include "tune/cli/figure/figure_input.h"

namespace manta::figure {

/// The values of one trial over iterations, from its beginning or from when it went on from another's weights, to when
/// it did so again. There is a gap where it fell back to an earlier checkpoint.
struct Curve {
  TrialId trial;
  std::optional<std::size_t> exploit;  ///< The place of that which it began with; none: the trial's beginning.
  std::vector<Point> points;           ///< From an exploit on, the first is the donor's; NaN where it is not known.
};

/// By trial, and those of one trial in their order.
std::vector<Curve> learning_curves(std::span<const Observation> observations,
                                   std::span<const PbtExploit> exploits = {});

/// Of the line that is emphasised.
inline constexpr std::size_t kMostPointsOfTheBest = 2000;

/// Trials that are drawn, and how many points of each.
struct Selection {
  std::set<TrialId> trials;
  std::size_t points = 0;
};

/// At most 150 of the trials 0 to `count` - 1: all of `wanted`, and others at equal distances. Together the trials have
/// about 24,000 points.
Selection select_trials(std::size_t count, const std::set<TrialId>& wanted);

/// A thin line for each trial of the selection that has a curve; `is_thinned` becomes true where points were left out.
std::vector<Line> thin_lines(const std::vector<Curve>& curves, const Selection& selection, bool& is_thinned);

/// Logarithmic where all finite values are positive and span more than three powers of ten.
Axis::Scale scale_of(std::span<const Observation> observations);

}  // namespace manta::figure
