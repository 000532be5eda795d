// SPDX-License-Identifier: Apache-2.0
// Losses as a Gaussian process likes them.
#pragma once

#include <span>
#include <vector>

namespace manta::gp {

/// Makes of losses values of zero mean and unit variance, monotone, with a tail of bad losses drawn in. Of losses that
/// are all equal, zeros.
///
/// Source: the power transform of Cowen-Rivers et al., "HEBO: Pushing the Limits of Sample-Efficient Hyperparameter
/// Optimisation" (2022): Yeo and Johnson's, with the exponent under which the values look most normal. Deviation:
/// losses above the median by more than kTail times what lies between the best and the median are drawn to that first,
/// so that one diverged trial does not hide all others.
class OutputWarp {
 public:
  /// Fitted to `losses`, finite.
  explicit OutputWarp(std::span<const double> losses);

  double value_of(double loss) const;
  /// How much a loss changes where its value changes by one, at `loss`, one of those it was fitted to. 0: they are all
  /// equal.
  double loss_per_value(double loss) const;

 private:
  // value = (x - mean) / deviation; a deviation of 0 makes all values 0.
  struct Standard {
    double mean = 0;
    double deviation = 0;

    explicit Standard(std::span<const double> values);
    double of(double x) const { return deviation > 0 ? (x - mean) / deviation : 0; }
  };

  double drawn_in(double loss) const;

  double median_ = 0;
  double half_spread_ = 0;  // Half of what lies between the best and the median; 0: nothing is drawn in.
  Standard before_{{}};
  double exponent_ = 1;
  Standard after_{{}};
};

/// The values of `losses`, by the warp that is fitted to them.
std::vector<double> warp_losses(std::span<const double> losses);

}  // namespace manta::gp
