// SPDX-License-Identifier: Apache-2.0
// The scores that arrived at one rung of ASHA, and their running percentile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace manta::internal {

/// Keeps the percentile 1 - 1/eta of the scores added so far.
///
/// The scores are split at the percentile into two heaps: `lower_` (largest on top) and `upper_` (smallest on top), so
/// an addition costs O(log n), the percentile O(1), and a score eight bytes for good.
/// Thread-safety: none.
class Rung {
 public:
  /// `eta` >= 2; `iteration` >= 1 is the iteration at which trials are judged here.
  Rung(std::int64_t iteration, std::int64_t eta) : iteration_(iteration), eta_(eta) {}

  std::int64_t iteration() const { return iteration_; }
  std::size_t size() const { return lower_.size() + upper_.size(); }

  /// Adds one finite score.
  void add(double score);

  /// The percentile, interpolated linearly between the two scores around rank (n - 1)(1 - 1/eta). Only when size() > 0.
  double cutoff() const;

  /// All scores in rising order.
  std::vector<double> sorted() const;
  /// Replaces all scores.
  void assign(std::span<const double> scores);

 private:
  // How many of `count` scores stand at or below the percentile's rank.
  std::size_t lower_size(std::size_t count) const;

  std::int64_t iteration_;
  std::int64_t eta_;
  std::vector<double> lower_;
  std::vector<double> upper_;
};

}  // namespace manta::internal
