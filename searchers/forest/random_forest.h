// SPDX-License-Identifier: Apache-2.0
// Regression trees over the unit cube, many of them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/random.h"
#include "tune/space/unit_cube.h"

namespace manta {

/// Predicts a number, and how unsure it is, from a point of the unit cube. With targets 0 and 1 the mean is the
/// probability of 1.
///
/// Sources: Breiman, "Random Forests", 2001; thresholds drawn uniformly between neighbouring values, and the variance
/// put together from that between and that within trees: Hutter et al., "Algorithm runtime prediction", 2014, section
/// 4.3.2 and appendix. Levels of a choice are split in the order of their mean targets (Fisher 1958), which finds the
/// best of all subsets; a level that a node has not seen goes to a random side.
/// Complexity: fit O(trees · n · d · depth), predict O(trees · depth).
/// Determinism: of equal data and random streams come equal forests.
/// Limit: of a choice with more than 64 levels the rest share the last bit.
/// Thread-safety: const methods from any thread.
class RandomForest {
 public:
  struct Options {
    int trees = 20;
    int min_leaf = 1;                ///< Points in a leaf, where a split leaves a choice.
    int min_split = 2;               ///< A node with fewer points is a leaf.
    double axes_per_split = 5. / 6;  ///< Share of all axes that a split looks at; more if none of them splits.
    bool bootstrap = true;           ///< Each tree sees n points drawn with replacement, else all.
  };
  struct Prediction {
    double mean = 0;
    double variance = 0;  ///< Between the trees' means and within their leaves.
  };

  /// The part of one axis that a leaf covers.
  struct Side {
    double low = 0;                            ///< Above this, unless it is 0,
    double high = 1;                           ///< and up to and with this.
    std::uint64_t levels = ~std::uint64_t{0};  ///< Of a choice: a bit for each level.
  };
  struct Leaf {
    std::vector<Side> sides;  ///< One per axis.
    double value = 0;
  };

  /// `points`: [n, axes], row by row, not NaN. `targets`: n finite numbers, n >= 1.
  RandomForest(std::span<const Axis> axes, std::span<const double> points, std::span<const double> targets,
               const Options& options, RandomStream& random);

  Prediction predict(std::span<const double> point) const;
  /// `points`: [n, axes]. One prediction for each.
  std::vector<Prediction> predict_all(std::span<const double> points) const;
  /// Of each tree all leaves, which cover the cube without overlap.
  std::vector<std::vector<Leaf>> leaves() const;

 private:
  friend class TreeBuilder;

  // The left child comes next; a leaf has no right one.
  struct Node {
    double value =
        0;  // What is at most that goes left. Of a choice, the bits of the levels that do. Of a leaf, the mean.
    std::uint32_t right = 0;
    std::uint32_t axis = 0;
  };

  bool goes_left(const Node& node, double u) const;
  void collect_leaves(std::uint32_t node, std::vector<Side>& sides, std::vector<Leaf>& leaves) const;
  std::vector<Prediction> predict_some(std::span<const double> points, std::size_t count) const;
  std::uint32_t leaf_at(std::uint32_t root, const double* point) const;

  std::vector<std::uint32_t> levels_;  // Per axis: of a choice how many, else 0.
  std::vector<Node> nodes_;
  std::vector<double> variances_;  // Per node; of leaves.
  std::vector<std::uint32_t> roots_;
};

}  // namespace manta
