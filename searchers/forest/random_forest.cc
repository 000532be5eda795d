// SPDX-License-Identifier: Apache-2.0
#include "searchers/forest/random_forest.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <utility>

namespace manta {

namespace {

constexpr std::uint32_t kMaxLevels = 64;

std::uint32_t level_at(double u, std::uint32_t levels) {
  return std::min(static_cast<std::uint32_t>(u * levels), std::min(levels, kMaxLevels) - 1);
}

struct Sums {
  double weight = 0;
  double sum = 0;
  double squares = 0;

  void add(double w, double target) {
    weight += w;
    sum += w * target;
    squares += w * target * target;
  }
  // How much of the squared error goes when a mean is taken.
  double gain() const { return weight > 0 ? sum * sum / weight : 0; }
  double mean() const { return sum / weight; }
  double variance() const { return std::max(0., squares / weight - mean() * mean()); }
};

struct Split {
  double gain = 0;
  std::uint32_t axis = 0;
  double threshold = 0;  // As Node::value.
};

}  // namespace

// Grows one tree after the other. Each axis keeps the samples of the tree sorted by their coordinate on it; a node is
// the same range in all of these orders, so that a split is a stable partition and nothing is ever sorted again.
class TreeBuilder {
 public:
  TreeBuilder(RandomForest& forest, std::span<const double> points, std::span<const double> targets,
              const RandomForest::Options& options, RandomStream& random)
      : forest_(forest),
        points_(points),
        targets_(targets),
        options_(options),
        random_(random),
        dimensions_(forest.levels_.size()),
        weights_(targets.size()),
        goes_left_(targets.size()),
        axes_(dimensions_) {
    std::iota(axes_.begin(), axes_.end(), 0u);
    // With no axis there is still the list of samples.
    sorted_.resize(std::max<std::size_t>(dimensions_, 1));
    for (std::size_t axis = 0; axis < sorted_.size(); ++axis) {
      sorted_[axis].resize(targets.size());
      std::iota(sorted_[axis].begin(), sorted_[axis].end(), 0u);
      if (dimensions_ == 0) continue;
      std::ranges::stable_sort(sorted_[axis], {}, [&](std::uint32_t sample) { return at(sample, axis); });
    }
  }

  void grow() {
    draw_weights();
    orders_.resize(sorted_.size());
    for (std::size_t axis = 0; axis < sorted_.size(); ++axis) {
      orders_[axis].clear();
      std::ranges::copy_if(sorted_[axis], std::back_inserter(orders_[axis]),
                           [&](std::uint32_t sample) { return weights_[sample] > 0; });
    }
    forest_.roots_.push_back(static_cast<std::uint32_t>(forest_.nodes_.size()));
    grow_below(0, orders_[0].size());
  }

 private:
  double at(std::uint32_t sample, std::size_t axis) const { return points_[sample * dimensions_ + axis]; }

  void draw_weights() {
    std::ranges::fill(weights_, options_.bootstrap ? 0 : 1);
    for (std::size_t i = 0; options_.bootstrap && i < weights_.size(); ++i)
      weights_[random_.below(weights_.size())] += 1;
  }

  // Depth first, left before right, so that a left child comes right behind its parent.
  void grow_below(std::size_t first, std::size_t last) {
    struct Range {
      std::size_t begin;
      std::size_t end;
      std::uint32_t parent;  // The root's is itself.
    };
    const auto root = static_cast<std::uint32_t>(forest_.nodes_.size());
    std::vector<Range> open{{first, last, root}};
    while (!open.empty()) {
      const auto [begin, end, parent] = open.back();
      open.pop_back();
      const auto node = static_cast<std::uint32_t>(forest_.nodes_.size());
      if (node > parent + 1) forest_.nodes_[parent].right = node;
      forest_.nodes_.emplace_back();
      forest_.variances_.push_back(0);
      Sums sums;
      for (std::size_t i = begin; i < end; ++i) sums.add(weights_[orders_[0][i]], targets_[orders_[0][i]]);
      const Split split = sums.weight >= options_.min_split ? find(begin, end, sums) : Split{};
      if (split.gain <= 0) {
        forest_.nodes_[node].value = sums.mean();
        forest_.variances_[node] = sums.variance();
        continue;
      }
      forest_.nodes_[node] = {.value = split.threshold, .axis = split.axis};
      const std::size_t middle = partition(begin, end, split);
      open.push_back({middle, end, node});
      open.push_back({begin, middle, node});
    }
  }

  Split find(std::size_t begin, std::size_t end, const Sums& all) {
    const auto wanted = static_cast<std::size_t>(std::ceil(options_.axes_per_split * static_cast<double>(dimensions_)));
    // What rounding leaves of nothing is no gain.
    Split best{.gain = 1e-12 * all.squares};
    const double least = best.gain;
    for (std::size_t i = 0; i < dimensions_; ++i) {
      if (i >= wanted && best.gain > least) break;
      std::swap(axes_[i], axes_[i + random_.below(dimensions_ - i)]);
      if (forest_.levels_[axes_[i]] > 0) {
        split_levels(axes_[i], begin, end, all, best);
      } else {
        split_numbers(axes_[i], begin, end, all, best);
      }
    }
    return best.gain > least ? best : Split{};
  }

  void split_numbers(std::uint32_t axis, std::size_t begin, std::size_t end, const Sums& all, Split& best) {
    const std::vector<std::uint32_t>& order = orders_[axis];
    const double base = all.gain();
    double below = at(order[begin], axis);
    if (below == at(order[end - 1], axis)) return;
    Sums left;
    double low = 0;
    double high = -1;
    for (std::size_t i = begin; i < end; ++i) {
      const double u = at(order[i], axis);
      if (u != below) {
        const Sums right{all.weight - left.weight, all.sum - left.sum, 0};
        const double gain = left.gain() + right.gain() - base;
        if (gain > best.gain && std::min(left.weight, right.weight) >= options_.min_leaf) {
          best = {.gain = gain, .axis = axis};
          low = below;
          high = u;
        }
        below = u;
      }
      left.add(weights_[order[i]], targets_[order[i]]);
    }
    if (high > low) best.threshold = std::min(low + random_.uniform() * (high - low), std::nextafter(high, low));
  }

  void split_levels(std::uint32_t axis, std::size_t begin, std::size_t end, const Sums& all, Split& best) {
    const std::uint32_t levels = forest_.levels_[axis];
    std::array<Sums, kMaxLevels> sums{};
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint32_t sample = orders_[axis][i];
      sums[level_at(at(sample, axis), levels)].add(weights_[sample], targets_[sample]);
    }
    std::array<std::uint32_t, kMaxLevels> seen{};
    std::uint32_t count = 0;
    for (std::uint32_t level = 0; level < kMaxLevels; ++level) {
      if (sums[level].weight > 0) seen[count++] = level;
    }
    if (count < 2) return;
    std::sort(seen.begin(), seen.begin() + count, [&](std::uint32_t a, std::uint32_t b) {
      return std::pair(sums[a].mean(), a) < std::pair(sums[b].mean(), b);
    });
    Sums left;
    std::uint64_t left_levels = 0;
    std::uint64_t best_levels = 0;
    for (std::uint32_t i = 0; i + 1 < count; ++i) {
      left.weight += sums[seen[i]].weight;
      left.sum += sums[seen[i]].sum;
      left_levels |= std::uint64_t{1} << seen[i];
      const Sums right{all.weight - left.weight, all.sum - left.sum, 0};
      const double gain = left.gain() + right.gain() - all.gain();
      if (gain <= best.gain || std::min(left.weight, right.weight) < options_.min_leaf) continue;
      best = {.gain = gain, .axis = axis};
      best_levels = left_levels;
    }
    if (best_levels == 0) return;
    const std::uint64_t coins = random_();
    for (std::uint32_t level = 0; level < kMaxLevels; ++level) {
      if (sums[level].weight == 0) best_levels |= coins & (std::uint64_t{1} << level);
    }
    best.threshold = std::bit_cast<double>(best_levels);
  }

  // Where the right part begins.
  std::size_t partition(std::size_t begin, std::size_t end, const Split& split) {
    const RandomForest::Node node{.value = split.threshold, .axis = split.axis};
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint32_t sample = orders_[0][i];
      goes_left_[sample] = forest_.goes_left(node, at(sample, split.axis)) ? 1 : 0;
    }
    std::size_t middle = begin;
    for (std::vector<std::uint32_t>& order : orders_) {
      middle = begin;
      right_.clear();
      for (std::size_t i = begin; i < end; ++i) {
        if (goes_left_[order[i]] != 0) {
          order[middle++] = order[i];
        } else {
          right_.push_back(order[i]);
        }
      }
      std::ranges::copy(right_, order.begin() + static_cast<std::ptrdiff_t>(middle));
    }
    return middle;
  }

  RandomForest& forest_;
  const std::span<const double> points_;
  const std::span<const double> targets_;
  const RandomForest::Options options_;
  RandomStream& random_;
  const std::size_t dimensions_;
  std::vector<std::vector<std::uint32_t>> sorted_;  // Per axis, all samples.
  std::vector<std::vector<std::uint32_t>> orders_;  // Per axis, those of the tree.
  std::vector<double> weights_;                     // How often the tree has each sample.
  std::vector<std::uint8_t> goes_left_;
  std::vector<std::uint32_t> right_;
  std::vector<std::uint32_t> axes_;  // Shuffled again and again.
};

RandomForest::RandomForest(std::span<const Axis> axes, std::span<const double> points, std::span<const double> targets,
                           const Options& options, RandomStream& random) {
  for (const Axis& axis : axes) {
    levels_.push_back(axis.kind == AxisKind::kChoice ? static_cast<std::uint32_t>(axis.levels) : 0);
  }
  TreeBuilder builder(*this, points, targets, options, random);
  for (int tree = 0; tree < options.trees; ++tree) builder.grow();
}

bool RandomForest::goes_left(const Node& node, double u) const {
  const std::uint32_t levels = levels_[node.axis];
  if (levels == 0) return u <= node.value;
  return (std::bit_cast<std::uint64_t>(node.value) >> level_at(u, levels) & 1) != 0;
}

std::uint32_t RandomForest::leaf_at(std::uint32_t root, const double* point) const {
  std::uint32_t node = root;
  while (nodes_[node].right != 0) {
    const Node& at = nodes_[node];
    // Without a branch, which nobody could predict.
    const std::uint32_t steps_left = 0 - static_cast<std::uint32_t>(goes_left(at, point[at.axis]));
    node = ((node + 1) & steps_left) | (at.right & ~steps_left);
  }
  return node;
}

RandomForest::Prediction RandomForest::predict(std::span<const double> point) const {
  return predict_some(point, 1).front();
}

std::vector<RandomForest::Prediction> RandomForest::predict_all(std::span<const double> points) const {
  return predict_some(points, levels_.empty() ? 0 : points.size() / levels_.size());
}

std::vector<std::vector<RandomForest::Leaf>> RandomForest::leaves() const {
  std::vector<std::vector<Leaf>> trees;
  std::vector<Side> sides(levels_.size());
  for (const std::uint32_t root : roots_) collect_leaves(root, sides, trees.emplace_back());
  return trees;
}

void RandomForest::collect_leaves(std::uint32_t node, std::vector<Side>& sides, std::vector<Leaf>& leaves) const {
  const Node& at = nodes_[node];
  if (at.right == 0) {
    leaves.push_back({sides, at.value});
    return;
  }
  const Side whole = sides[at.axis];
  const auto left_levels = std::bit_cast<std::uint64_t>(at.value);
  const bool is_choice = levels_[at.axis] > 0;
  if (is_choice) sides[at.axis].levels &= left_levels;
  if (!is_choice) sides[at.axis].high = std::min(whole.high, at.value);
  collect_leaves(node + 1, sides, leaves);
  sides[at.axis] = whole;
  if (is_choice) sides[at.axis].levels &= ~left_levels;
  if (!is_choice) sides[at.axis].low = std::max(whole.low, at.value);
  collect_leaves(at.right, sides, leaves);
  sides[at.axis] = whole;
}

// One tree after the other, as a tree fits into the cache.
std::vector<RandomForest::Prediction> RandomForest::predict_some(std::span<const double> points,
                                                                 std::size_t count) const {
  std::vector<Sums> sums(count);
  std::vector<double> within(count);
  for (const std::uint32_t root : roots_) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t leaf = leaf_at(root, points.data() + i * levels_.size());
      sums[i].add(1, nodes_[leaf].value);
      within[i] += variances_[leaf];
    }
  }
  std::vector<Prediction> predictions(count);
  for (std::size_t i = 0; i < count; ++i) {
    predictions[i] = {.mean = sums[i].mean(), .variance = sums[i].variance() + within[i] / sums[i].weight};
  }
  return predictions;
}

}  // namespace manta
