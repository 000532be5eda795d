// SPDX-License-Identifier: Apache-2.0
#include "searchers/forest/forest_proposer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "searchers/forest/random_forest.h"

namespace manta::internal {

namespace {

using State = TrialRecord::State;

// Chosen on the first half of the tables: see docs/guides/searchers.md.
constexpr int kTrees = 20;
constexpr double kRandomShare = 0.05;  // Of proposals that ask no model.
constexpr int kRandomCandidates = 500;
constexpr double kPriorTrials = 10;    // For which the user's defaults count fully.
constexpr int kPriorCandidates = 100;  // Beside them, where there is a prior.
constexpr std::size_t kStarts = 5;  // Of local searches, from the best trials and from the best random candidates.
constexpr int kMaxSteps = 50;       // Of one local search.
constexpr double kMaxMargin = 0.5;  // By how much a point shall be better than the best, in standard deviations.
constexpr double kLeastDeviation = 0.01;
constexpr double kLeastChance = 0.001;  // Of having a value, as no forest of some trees can exclude it.
constexpr double kMissing = 0.5;        // Where an axis does not take part.
constexpr double kFarthest = 1e6;       // From the best loss, in distances of the median.

// Rows of points with a target each.
struct Data {
  std::vector<double> points;
  std::vector<double> targets;

  void add(std::span<const double> point, double target) {
    for (const double u : point) points.push_back(std::isnan(u) ? kMissing : u);
    targets.push_back(target);
  }
};

// log of the expected value of max(0, z + a standard normal).
double log_expected(double z) {
  const double log_density = -z * z / 2 - std::log(2 * std::numbers::pi) / 2;
  if (z < -6) {
    const double s = 1 / (z * z);
    return log_density + std::log(s) + std::log1p(s * (-3 + s * (15 - 105 * s)));
  }
  return std::log(std::exp(log_density) + z * std::erfc(-z / std::numbers::sqrt2) / 2);
}

// Stretches the good end, so that what is bad does not drown the differences that matter; mean 0 and variance 1 then.
// `losses` is not empty.
void warp(std::vector<double>& losses) {
  std::vector<double> sorted = losses;
  std::ranges::sort(sorted);
  const double best = sorted.front();
  const double half = sorted[sorted.size() / 2] / 2 - best / 2;  // Halved, lest it be infinite.
  const double count = static_cast<double>(losses.size());
  double mean = 0;
  for (double& loss : losses) {
    loss = half > 0 ? std::log1p(std::min((loss / 2 - best / 2) / half, kFarthest)) : loss > best ? 1. : 0.;
    mean += loss / count;
  }
  double variance = 0;
  for (const double loss : losses) variance += (loss - mean) * (loss - mean) / count;
  const double scale = variance > 0 ? 1 / std::sqrt(variance) : 1;
  for (double& loss : losses) loss = (loss - mean) * scale;
}

// Indices of the `count` smallest of `values`, at most all, in their order.
std::vector<std::uint32_t> smallest(std::span<const double> values, std::size_t count) {
  std::vector<std::uint32_t> order(values.size());
  std::iota(order.begin(), order.end(), 0u);
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min(count, order.size()));
  std::ranges::partial_sort(order, end, {}, [&](std::uint32_t i) { return std::pair(values[i], i); });
  order.erase(end, order.end());
  return order;
}

// The search for the point of highest acquisition.
class Search {
 public:
  Search(const UnitCube& cube, const UserPrior& prior, const CostModel& cost, const History& history,
         RandomStream& random)
      : cube_(cube),
        prior_(prior),
        cost_(cost),
        prior_weight_(prior.weight(history, kPriorTrials)),
        history_(history),
        random_(random) {
    const double u = random_.uniform();
    margin_ = kMaxMargin * u * u;
    learn_losses();
    learn_feasibility();
  }

  // None if nothing new was met.
  std::optional<UnitCube::Point> go() {
    std::vector<double> candidates;
    UnitCube::Point drawn(cube_.size());
    for (int i = 0; i < kRandomCandidates; ++i) {
      for (double& u : drawn) u = random_.uniform();
      const UnitCube::Point point = cube_.snap(drawn);
      candidates.insert(candidates.end(), point.begin(), point.end());
    }
    for (int i = 0; i < kPriorCandidates && prior_weight_ > 0; ++i) {
      prior_.draw(random_, drawn);
      const UnitCube::Point point = cube_.snap(drawn);
      candidates.insert(candidates.end(), point.begin(), point.end());
    }
    std::vector<double> values = acquisition(candidates);
    for (double& value : values) value = -value;
    for (const std::uint32_t i : smallest(values, kStarts)) {
      const auto point = row(candidates, i);
      consider(point, -values[i]);
      climb({point.begin(), point.end()}, -values[i]);
    }
    for (const UnitCube::Point& point : best_known_) climb(point, acquisition(point)[0]);
    return best_;
  }

 private:
  std::span<const double> row(std::span<const double> rows, std::size_t i) const {
    return rows.subspan(i * cube_.size(), cube_.size());
  }

  void learn_losses() {
    Data data = valued_trials();
    for (const std::uint32_t i : smallest(data.targets, kStarts)) {
      const auto point = row(data.points, i);
      best_known_.emplace_back(point.begin(), point.end());
    }
    warp(data.targets);
    best_loss_ = *std::ranges::min_element(data.targets);
    const RandomForest::Options options{.trees = kTrees};
    forest_.emplace(cube_.axes(), data.points, data.targets, options, random_);
    Data pending;
    for (std::size_t i = 0; i < history_.size(); ++i) {
      if (history_[i].state == State::kPending) pending.add(history_.point(i), 0);
    }
    if (pending.targets.empty()) return;
    for (const RandomForest::Prediction& expected : forest_->predict_all(pending.points)) {
      data.targets.push_back(std::max(expected.mean, best_loss_));
    }
    data.points.insert(data.points.end(), pending.points.begin(), pending.points.end());
    forest_.emplace(cube_.axes(), data.points, data.targets, options, random_);
  }

  // At most kMaxSamples.
  Data valued_trials() const {
    std::vector<std::uint32_t> places;
    std::vector<double> losses;
    for (std::uint32_t i = 0; i < history_.size(); ++i) {
      if (!history_[i].has_value()) continue;
      places.push_back(i);
      losses.push_back(history_[i].loss);
    }
    std::vector<bool> is_kept(places.size(), places.size() <= ForestProposer::kMaxSamples);
    const std::size_t half = ForestProposer::kMaxSamples / 2;
    if (!is_kept[0]) {
      for (const std::uint32_t i : smallest(losses, half)) is_kept[i] = true;
      for (std::size_t i = places.size(), left = half; left > 0; --left) is_kept[--i] = true;
    }
    Data data;
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (is_kept[i]) data.add(history_.point(places[i]), losses[i]);
    }
    return data;
  }

  void learn_feasibility() {
    Data data;
    bool is_any_bad = false;
    for (std::size_t i = history_.size(); i-- > 0 && data.targets.size() < ForestProposer::kMaxSamples;) {
      if (history_[i].state == State::kPending) continue;
      data.add(history_.point(i), history_[i].has_value() ? 1 : 0);
      is_any_bad = is_any_bad || !history_[i].has_value();
    }
    if (is_any_bad) feasibility_.emplace(cube_.axes(), data.points, data.targets, RandomForest::Options{}, random_);
  }

  std::vector<double> acquisition(std::span<const double> points) const {
    std::vector<double> whole(points.begin(), points.end());
    std::ranges::replace_if(
        whole, [](double u) { return std::isnan(u); }, kMissing);
    const std::vector<RandomForest::Prediction> losses = forest_->predict_all(whole);
    std::vector<RandomForest::Prediction> chances;
    if (feasibility_) chances = feasibility_->predict_all(whole);
    std::vector<double> values(losses.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double deviation = std::max(std::sqrt(losses[i].variance), kLeastDeviation);
      values[i] = std::log(deviation) + log_expected((best_loss_ - margin_ - losses[i].mean) / deviation);
      if (feasibility_) values[i] += std::log(chances[i].mean + kLeastChance);
      if (prior_weight_ > 0) values[i] += prior_weight_ * prior_.log_density(row(points, i));
      if (cost_.counts()) values[i] -= cost_.penalty(row(points, i));
    }
    return values;
  }

  void consider(std::span<const double> point, double value) {
    if (value <= best_value_ || history_.contains(cube_.snap(point)) || !cube_.is_feasible(point)) return;
    best_value_ = value;
    best_.emplace(point.begin(), point.end());
  }

  // To the best neighbour while it is better.
  void climb(UnitCube::Point point, double value) {
    for (int step = 0; step < kMaxSteps; ++step) {
      const std::vector<double> around = neighbours(point);
      const std::vector<double> values = acquisition(around);
      for (std::size_t i = 0; i < values.size(); ++i) consider(row(around, i), values[i]);
      const auto best = std::ranges::max_element(values);
      if (best == values.end() || *best <= value) return;
      value = *best;
      const auto next = row(around, static_cast<std::size_t>(best - values.begin()));
      point.assign(next.begin(), next.end());
    }
  }

  // Each differs in one axis.
  std::vector<double> neighbours(const UnitCube::Point& point) {
    static constexpr std::int64_t kFew = 10;
    static constexpr int kDraws = 4;
    std::vector<double> around;
    UnitCube::Point near = point;
    for (std::size_t axis = 0; axis < point.size(); ++axis) {
      const auto [name, kind, levels] = cube_.axes()[axis];
      const bool is_all = levels > 0 && levels <= kFew;
      const std::int64_t count = is_all ? levels : kDraws;
      for (std::int64_t i = 0; i < count; ++i) {
        if (is_all) {
          near[axis] = (static_cast<double>(i) + 0.5) / static_cast<double>(levels);
        } else if (kind == AxisKind::kChoice) {
          near[axis] = random_.uniform();
        } else {
          near[axis] = std::clamp(point[axis] + 0.2 * random_.normal(), 0., 1.);
        }
        const UnitCube::Point snapped = cube_.snap(near);
        if (snapped[axis] != point[axis]) around.insert(around.end(), snapped.begin(), snapped.end());
      }
      near[axis] = point[axis];
    }
    return around;
  }

  const UnitCube& cube_;
  const UserPrior& prior_;
  const CostModel& cost_;
  const double prior_weight_;
  const History& history_;
  RandomStream& random_;
  std::optional<RandomForest> forest_;
  std::optional<RandomForest> feasibility_;
  std::vector<UnitCube::Point> best_known_;
  double margin_ = 0;
  double best_loss_ = 0;
  double best_value_ = -std::numeric_limits<double>::infinity();
  std::optional<UnitCube::Point> best_;
};

}  // namespace

UnitCube::Point ForestProposer::propose(const History& history, RandomStream& random) {
  UnitCube::Point drawn(cube_->size());
  for (double& u : drawn) u = random.uniform();
  if (cube_->size() == 0 || history.valued() < kStartup || random.uniform() < kRandomShare) return drawn;
  cost_.learn(history);
  return Search(*cube_, prior_, cost_, history, random).go().value_or(drawn);
}

}  // namespace manta::internal
