// SPDX-License-Identifier: Apache-2.0
// One run of CMA-ES: a normal distribution that moves and changes its shape.
#pragma once

#include <Eigen/Dense>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/base/result.h"

namespace manta::internal {

/// Sources: Hansen, "The CMA Evolution Strategy: A Tutorial", arXiv 1604.00772, with its default constants and positive
/// weights only. The least deviation per coordinate is the margin of Hamano et al., "CMA-ES with Margin", GECCO 2022,
/// in a simpler form: the deviation is held up, the mean stays.
///
/// Thread-safety: none.
class CmaEs {
 public:
  struct Start {
    std::vector<double> mean;  ///< Not empty.
    double deviation = 0.3;
    int population = 0;  ///< 0: 4 + 3 ln d.
  };

  explicit CmaEs(const Start& start);

  int population() const { return population_; }
  /// Generations that were learnt from.
  int generation() const { return generation_; }
  /// Of the widest direction.
  double widest() const;
  /// Ratio of the eigenvalues; infinite if the covariance is broken.
  double condition() const;

  /// One point of the distribution. `least` are the least deviations, per coordinate.
  Eigen::VectorXd draw(RandomStream& random, const Eigen::VectorXd& least) const;
  /// Learns from a generation, best first. At least one point; those of more than population() / 2 do not count.
  void learn(const std::vector<Eigen::VectorXd>& points);

  /// All of the state, as numbers; read back by the other.
  std::vector<double> numbers() const;
  /// None if they are not what numbers() gives.
  static std::optional<CmaEs> from(std::span<const double> numbers);

 private:
  void set_constants();
  void decompose();

  int population_;
  int generation_ = 0;
  double deviation_;
  Eigen::VectorXd mean_;
  Eigen::VectorXd path_;        // Of the deviation: p_sigma.
  Eigen::VectorXd shape_path_;  // p_c.
  Eigen::MatrixXd covariance_;
  // Of the covariance: B, and the roots of the eigenvalues, D.
  Eigen::MatrixXd directions_;
  Eigen::VectorXd lengths_;
  // Constants, in the names of the tutorial.
  Eigen::VectorXd weights_;
  double mu_eff_ = 0;
  double c_sigma_ = 0;
  double d_sigma_ = 0;
  double c_c_ = 0;
  double c_1_ = 0;
  double c_mu_ = 0;
  double chi_ = 0;
};

}  // namespace manta::internal
