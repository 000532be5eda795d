// SPDX-License-Identifier: Apache-2.0
#include "searchers/gp/acquisition_search.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "searchers/gp/minimize.h"

namespace manta::gp {

namespace {

using Point = UnitCube::Point;

constexpr std::int64_t kMaxListed = 2048;  // Configurations that are all looked at.
constexpr std::int64_t kFewLevels = 20;    // An axis with more is searched as if it were continuous.
constexpr std::size_t kManyPoints = 500;   // Known: with more, less is looked at.
constexpr std::size_t kRandomPoints = 400;
constexpr std::size_t kLeastRandomPoints = 100;
constexpr std::size_t kPriorShare = 4;  // So many random points have one more that is drawn from the prior.
constexpr std::size_t kStarts = 4;  // Of local search.
constexpr std::size_t kLeastStarts = 2;
constexpr int kRounds = 20;
constexpr double kGain = 1e-4;  // Less is no progress.
constexpr Effort kSlide{.evaluations = 40, .least_gain = kGain};

bool is_relaxed(const Axis& axis) {
  return axis.kind != manta::AxisKind::kChoice && (axis.levels == 0 || axis.levels > kFewLevels);
}

double middle(std::int64_t level, std::int64_t levels) {
  return (static_cast<double>(level) + 0.5) / static_cast<double>(levels);
}

std::vector<std::size_t> relaxed_axes(const UnitCube& cube) {
  std::vector<std::size_t> relaxed;
  for (std::size_t i = 0; i < cube.size(); ++i) {
    if (is_relaxed(cube.axes()[i])) relaxed.push_back(i);
  }
  return relaxed;
}

std::size_t random_points_beside(std::size_t observations) {
  if (observations <= kManyPoints) return kRandomPoints;
  return std::max(kLeastRandomPoints, kRandomPoints * kManyPoints / observations);
}

}  // namespace

Point without_gaps(std::span<const double> point, std::span<const AxisKind> kinds) {
  Point whole(point.begin(), point.end());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (std::isnan(whole[i])) whole[i] = kinds[i] == AxisKind::kChoice ? -1 : 0.5;
  }
  return whole;
}

Point random_point(std::size_t dimensions, RandomStream& random) {
  Point point(dimensions);
  for (double& u : point) u = random.uniform();
  return point;
}

Point AcquisitionSearch::run(const std::vector<Point>& best_trials) {
  const UnitCube& cube = model_.cube;
  if (cube.configurations() <= kMaxListed) {
    add_all();
  } else {
    add_random();
    for (const Point& point : best_trials) {
      add_neighbours(point);
      add_perturbed(point);
    }
  }
  score_pool();
  if (pool_.empty()) return random_point(cube.size(), random_);
  if (cube.configurations() > kMaxListed) return climb_from_best();
  const std::size_t best = order().front();
  log_gain_ = scores_[best] - worth_of(pool_[best]);
  return pool_[best];
}

void AcquisitionSearch::add(const Point& point) {
  if (!model_.cube.is_feasible(point)) return;
  Point snapped = model_.cube.snap(point);
  if (!model_.history.contains(snapped)) pool_.push_back(std::move(snapped));
}

void AcquisitionSearch::add_all() {
  const std::vector<Axis>& axes = model_.cube.axes();
  Point point(axes.size());
  const std::int64_t count = model_.cube.configurations();
  for (std::int64_t code = 0; code < count; ++code) {
    std::int64_t rest = code;
    for (std::size_t i = 0; i < point.size(); ++i) {
      point[i] = middle(rest % axes[i].levels, axes[i].levels);
      rest /= axes[i].levels;
    }
    add(point);
  }
}

void AcquisitionSearch::add_random() {
  const std::size_t count = random_points_beside(model_.improvement.known());
  for (std::size_t i = 0; i < count; ++i) add(random_point(model_.cube.size(), random_));
  if (model_.prior_weight == 0) return;
  Point point(model_.cube.size());
  for (std::size_t i = 0; i < count / kPriorShare; ++i) {
    model_.prior.draw(random_, point);
    add(point);
  }
}

// All that differ in one listed axis.
void AcquisitionSearch::add_neighbours(const Point& point) {
  Point other = point;
  for (std::size_t i = 0; i < point.size(); ++i) {
    const Axis& axis = model_.cube.axes()[i];
    if (is_relaxed(axis)) continue;
    const std::int64_t tries = std::min(axis.levels, kFewLevels);
    for (std::int64_t k = 0; k < tries; ++k) {
      const std::int64_t level =
          axis.levels <= kFewLevels ? k
                                    : static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(axis.levels)));
      other[i] = middle(level, axis.levels);
      if (other[i] != point[i]) add(other);
    }
    other[i] = point[i];
  }
}

// Some whose relaxed axes are moved, more and less; with many axes only a few of them each time (Regis and Shoemaker
// 2013).
void AcquisitionSearch::add_perturbed(const Point& point) {
  const double share = std::min(1.0, 20.0 / static_cast<double>(point.size()));
  for (int k = 0; k < 40; ++k) {
    Point other = point;
    const double deviation = 0.3 * std::pow(10.0, -3 * random_.uniform());
    for (std::size_t i = 0; i < point.size(); ++i) {
      if (is_relaxed(model_.cube.axes()[i])) {
        if (random_.uniform() < share) other[i] = std::clamp(point[i] + deviation * random_.normal(), 0.0, 1.0);
      } else if (random_.uniform() < 1.0 / static_cast<double>(point.size())) {
        other[i] = random_.uniform();
      }
    }
    add(other);
  }
}

double AcquisitionSearch::prior_of(const Point& point) const {
  return model_.prior_weight == 0 ? 0 : model_.prior_weight * model_.prior.log_density(point);
}

// What counts beside improvement and feasibility.
double AcquisitionSearch::worth_of(const Point& point) const { return prior_of(point) - model_.cost.penalty(point); }

double AcquisitionSearch::score_of(const Point& point, double log_improvement) const {
  return log_improvement + std::log(model_.feasibility.probability(point)) + worth_of(point);
}

void AcquisitionSearch::score_pool() {
  PointSet points(model_.cube.size());
  for (const Point& point : pool_) points.add(without_gaps(point, model_.improvement.kinds()));
  scores_ = model_.improvement.logs(points);
  for (std::size_t i = 0; i < scores_.size(); ++i) scores_[i] = score_of(pool_[i], scores_[i]);
}

std::vector<std::size_t> AcquisitionSearch::order() const {
  std::vector<std::size_t> order(pool_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [this](std::size_t a, std::size_t b) { return scores_[a] > scores_[b]; });
  return order;
}

Point AcquisitionSearch::climb_from_best() {
  const std::size_t count = model_.improvement.known() <= kManyPoints ? kStarts : kLeastStarts;
  const std::vector<std::size_t> best = order();
  std::vector<std::pair<Point, double>> starts;
  for (std::size_t i = 0; i < best.size() && starts.size() < count; ++i) {
    starts.emplace_back(pool_[best[i]], scores_[best[i]]);
  }
  std::pair<Point, double> found = starts.front();
  for (auto& [point, score] : starts) {
    climb(point, score);
    if (score > found.second) found = {point, score};
  }
  log_gain_ = found.second - worth_of(found.first);
  return found.first;
}

void AcquisitionSearch::climb(Point& point, double& score) {
  for (int round = 0; round < kRounds; ++round) {
    slide(point, score);
    if (!exchange(point, score)) break;
  }
}

// To the best of all neighbours. Returns whether that is progress.
bool AcquisitionSearch::exchange(Point& point, double& score) {
  pool_.clear();
  add_neighbours(point);
  score_pool();
  const auto best = std::ranges::max_element(scores_);
  if (best == scores_.end() || *best <= score + kGain) return false;
  score = *best;
  point = pool_[static_cast<std::size_t>(best - scores_.begin())];
  return true;
}

// Uphill along the relaxed axes.
void AcquisitionSearch::slide(Point& point, double& score) {
  const std::vector<std::size_t> relaxed = relaxed_axes(model_.cube);
  if (relaxed.empty()) return;
  const Point snapped = model_.cube.snap(slid(point, relaxed));
  if (model_.history.contains(snapped) || !model_.cube.is_feasible(snapped)) return;
  const Improvement& improvement = model_.improvement;
  const double reached = score_of(snapped, improvement.log(without_gaps(snapped, improvement.kinds())));
  if (reached <= score) return;
  point = snapped;
  score = reached;
}

// Where the way uphill ends if coordinates may be any.
Point AcquisitionSearch::slid(const Point& point, const std::vector<std::size_t>& relaxed) const {
  Point at = without_gaps(point, model_.improvement.kinds());
  std::vector<double> slope(at.size());
  const auto downhill = [&](const std::vector<double>& moved, std::vector<double>& gradient) {
    for (std::size_t i = 0; i < relaxed.size(); ++i) at[relaxed[i]] = moved[i];
    const double improvement = model_.improvement.log(at, slope);
    if (model_.prior_weight > 0) model_.prior.add_slope(at, model_.prior_weight, slope);
    for (std::size_t i = 0; i < relaxed.size(); ++i) gradient[i] = -slope[relaxed[i]];
    return -improvement - prior_of(at);
  };
  std::vector<double> start;
  for (const std::size_t i : relaxed) start.push_back(at[i]);
  const std::vector<double> low(relaxed.size(), 0.0);
  const std::vector<double> high(relaxed.size(), 1.0);
  const Minimum minimum = minimize(downhill, start, low, high, kSlide);
  for (std::size_t i = 0; i < relaxed.size(); ++i) at[relaxed[i]] = minimum.at[i];
  return at;
}

}  // namespace manta::gp
