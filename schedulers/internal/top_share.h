// SPDX-License-Identifier: Apache-2.0
// The best 1/eta of the scores that arrived somewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace manta::internal {

/// Knows the worst score of the best floor(n / eta). An addition costs O(log n), a score eight bytes for good.
///
/// Thread-safety: none.
class TopShare {
 public:
  /// `eta` >= 2.
  explicit TopShare(std::int64_t eta) : eta_(static_cast<std::size_t>(eta)) {}

  /// Adds one finite score.
  void add(double score);

  std::size_t size() const { return best_.size() + rest_.size(); }
  /// How many are the best: floor(size() / eta).
  std::size_t count() const { return best_.size(); }
  /// The worst of them. Only when count() > 0.
  double threshold() const { return best_.front(); }

  /// All scores in rising order.
  std::vector<double> sorted() const;
  /// Replaces all scores.
  void assign(std::span<const double> scores);

 private:
  std::size_t eta_;
  std::vector<double> best_;  // A heap, smallest on top.
  std::vector<double> rest_;  // A heap, largest on top.
};

}  // namespace manta::internal
