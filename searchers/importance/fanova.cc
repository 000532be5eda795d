// SPDX-License-Identifier: Apache-2.0
#include "searchers/importance/fanova.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace manta {

namespace {

using Leaves = std::vector<RandomForest::Leaf>;

constexpr std::size_t kPairedAxes = 20;

// Leaves of one tree that have any mass, their predictions about the mean.
struct Tree {
  std::vector<const RandomForest::Leaf*> leaves;
  std::vector<double> shares;  // [leaves, axes]
  std::vector<double> masses;  // Product of a leaf's shares.
  std::vector<double> values;
  double variance = 0;
};

Tree weigh(const Leaves& all, std::span<const AxisMeasure> measures) {
  Tree tree;
  double mean = 0;
  for (const RandomForest::Leaf& leaf : all) {
    std::vector<double> shares;
    for (std::size_t axis = 0; axis < measures.size(); ++axis) shares.push_back(measures[axis].share(leaf.sides[axis]));
    const double mass = std::accumulate(shares.begin(), shares.end(), 1.0, std::multiplies<>());
    if (mass <= 0) continue;
    tree.leaves.push_back(&leaf);
    tree.shares.insert(tree.shares.end(), shares.begin(), shares.end());
    tree.masses.push_back(mass);
    tree.values.push_back(leaf.value);
    mean += mass * leaf.value;
  }
  for (std::size_t i = 0; i < tree.values.size(); ++i) {
    tree.values[i] -= mean;
    tree.variance += tree.masses[i] * tree.values[i] * tree.values[i];
  }
  return tree;
}

// For two leaves and one axis: the probability of both sides at once over that of each, which is 1 for an axis that
// neither has split.
double ratio(const Tree& tree, std::span<const AxisMeasure> measures, std::size_t a, std::size_t b, std::size_t axis) {
  const double both = measures[axis].share(overlap(tree.leaves[a]->sides[axis], tree.leaves[b]->sides[axis]));
  return both / (tree.shares[a * measures.size() + axis] * tree.shares[b * measures.size() + axis]);
}

// Adds the variances of the marginals of single axes to `alone`, and those of pairs of `paired` to `together`, in the
// order (0, 1), (0, 2), …, (1, 2), …: sums over all pairs of leaves of the product of their predictions and of the
// probability that both hold the same values of those axes.
void add_marginals(const Tree& tree, std::span<const AxisMeasure> measures, std::span<const std::size_t> paired,
                   std::vector<double>& alone, std::vector<double>& together) {
  std::vector<double> ratios(measures.size());
  for (std::size_t a = 0; a < tree.leaves.size(); ++a) {
    for (std::size_t b = a; b < tree.leaves.size(); ++b) {
      const double weight =
          (a == b ? 1 : 2) * tree.masses[a] * tree.values[a] * tree.masses[b] * tree.values[b] / tree.variance;
      for (std::size_t axis = 0; axis < measures.size(); ++axis) {
        ratios[axis] = ratio(tree, measures, a, b, axis);
        if (!alone.empty()) alone[axis] += weight * ratios[axis];
      }
      std::size_t place = 0;
      for (std::size_t i = 0; i < paired.size(); ++i) {
        for (std::size_t j = i + 1; j < paired.size(); ++j)
          together[place++] += weight * ratios[paired[i]] * ratios[paired[j]];
      }
    }
  }
}

std::vector<std::size_t> largest(const std::vector<double>& shares) {
  std::vector<std::size_t> order(shares.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater(), [&](std::size_t axis) { return shares[axis]; });
  order.resize(std::min(order.size(), kPairedAxes));
  std::ranges::sort(order);
  return order;
}

}  // namespace

VarianceShares variance_shares(const RandomForest& forest, std::span<const AxisMeasure> measures) {
  const std::vector<Leaves> trees = forest.leaves();
  std::vector<Tree> weighed;
  for (const Leaves& leaves : trees) {
    Tree tree = weigh(leaves, measures);
    if (tree.variance > 0) weighed.push_back(std::move(tree));
  }
  VarianceShares shares{.axes = std::vector<double>(measures.size())};
  if (weighed.empty()) return shares;
  std::vector<double> none;
  for (const Tree& tree : weighed) add_marginals(tree, measures, {}, shares.axes, none);
  for (double& share : shares.axes) share = std::max(0.0, share / static_cast<double>(weighed.size()));
  const std::vector<std::size_t> paired = largest(shares.axes);
  std::vector<double> together(paired.size() * (paired.size() - std::min<std::size_t>(1, paired.size())) / 2);
  for (const Tree& tree : weighed) add_marginals(tree, measures, paired, none, together);
  std::size_t place = 0;
  for (std::size_t i = 0; i < paired.size(); ++i) {
    for (std::size_t j = i + 1; j < paired.size(); ++j) {
      const double all = together[place++] / static_cast<double>(weighed.size());
      const double share = all - shares.axes[paired[i]] - shares.axes[paired[j]];
      shares.pairs.push_back({paired[i], paired[j], std::max(0.0, share)});
    }
  }
  std::ranges::stable_sort(shares.pairs, std::ranges::greater(), &VarianceShares::Pair::share);
  return shares;
}

}  // namespace manta
