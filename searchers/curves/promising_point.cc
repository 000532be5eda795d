// SPDX-License-Identifier: Apache-2.0
#include "searchers/curves/promising_point.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "searchers/gp/acquisition_search.h"

namespace manta::curves {

namespace {

using Point = UnitCube::Point;

constexpr std::size_t kBestCurves = 5;  // Whose neighbours are looked at,
constexpr std::size_t kBestPoints = 3;  // and then those of so many points, each time closer by.
constexpr double kWidest = 0.3;
constexpr double kNarrowest = 0.003;

// One of few axes, if there are many (Regis and Shoemaker 2013).
Point neighbour(const Point& point, const UnitCube& cube, double deviation, RandomStream& random) {
  const double share = std::min(1.0, 20.0 / static_cast<double>(point.size()));
  Point other = point;
  for (std::size_t i = 0; i < point.size(); ++i) {
    const Axis& axis = cube.axes()[i];
    const double from = std::isnan(point[i]) ? 0.5 : point[i];
    if (axis.kind == AxisKind::kChoice || (axis.levels > 0 && axis.levels <= 20)) {
      if (random.uniform() < 1.0 / static_cast<double>(point.size())) other[i] = random.uniform();
    } else if (random.uniform() < share) {
      other[i] = std::clamp(from + deviation * random.normal(), 0.0, 1.0);
    }
  }
  return other;
}

class PointSearch {
 public:
  PointSearch(const CurveModel& model, const UnitCube& cube, const LogFactor& factor, RandomStream& random,
              SearchEffort effort)
      : model_(model), cube_(cube), factor_(factor), random_(random), effort_(effort) {}

  PromisingPoint run() {
    for (int i = 0; i < effort_.random_points; ++i) add(gp::random_point(cube_.size(), random_));
    for (const Point& point : best_curves()) add_neighbours(point, kWidest, kNarrowest);
    score();
    double width = kWidest / 3;
    for (int round = 0; round < effort_.rounds && !found_.empty(); ++round, width /= 3) {
      const std::vector<Found> best = found_;
      for (const Found& one : best) add_neighbours(one.point.point, width, width);
      score();
    }
    if (found_.empty()) {
      const Point point = gp::random_point(cube_.size(), random_);
      return {point, model_.promise_of(model_.at_end({point}).front())};
    }
    return found_.front().point;
  }

 private:
  struct Found {
    double score = 0;
    PromisingPoint point;
  };

  std::vector<Point> best_curves() const {
    std::vector<std::pair<double, std::size_t>> losses;
    const LearningCurves& curves = model_.curves();
    for (std::size_t i = 0; i < curves.size(); ++i) {
      const auto end = model_.at_end(curves[i].trial);
      if (end) losses.emplace_back(end->mean, i);
    }
    const auto end = losses.begin() + static_cast<std::ptrdiff_t>(std::min(kBestCurves, losses.size()));
    std::ranges::partial_sort(losses, end);
    std::vector<Point> points;
    for (auto one = losses.begin(); one != end; ++one) points.push_back(curves[one->second].point);
    return points;
  }

  void add(const Point& point) {
    if (cube_.is_feasible(point)) pool_.push_back(cube_.snap(point));
  }

  void add_neighbours(const Point& point, double widest, double narrowest) {
    for (int i = 0; i < effort_.neighbours; ++i) {
      const double deviation = widest * std::pow(narrowest / widest, random_.uniform());
      add(neighbour(point, cube_, deviation, random_));
    }
  }

  // Of the pool and what was found before, the best.
  void score() {
    const std::vector<gp::Prediction> ends = model_.at_end(pool_);
    for (std::size_t i = 0; i < pool_.size(); ++i) {
      const CurveModel::Promise promise = model_.promise_of(ends[i]);
      const double score = promise.log_gain + factor_(pool_[i]);
      if (std::isfinite(score)) found_.push_back({score, {std::move(pool_[i]), promise}});
    }
    pool_.clear();
    std::ranges::stable_sort(found_, std::greater<>(), &Found::score);
    if (found_.size() > kBestPoints) found_.resize(kBestPoints);
  }

  const CurveModel& model_;
  const UnitCube& cube_;
  const LogFactor& factor_;
  RandomStream& random_;
  const SearchEffort effort_;
  std::vector<Point> pool_;
  std::vector<Found> found_;
};

}  // namespace

PromisingPoint promising_point(const CurveModel& model, const UnitCube& cube, const LogFactor& factor,
                               RandomStream& random, SearchEffort effort) {
  return PointSearch(model, cube, factor, random, effort).run();
}

}  // namespace manta::curves
