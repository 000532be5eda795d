// SPDX-License-Identifier: Apache-2.0
#include "searchers/importance/importance.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <utility>

#include "core/base/random.h"
#include "searchers/forest/random_forest.h"
#include "searchers/importance/axis_measure.h"
#include "searchers/importance/fanova.h"
#include "tune/space/unit_cube.h"

namespace manta {

namespace {

constexpr std::size_t kMostTrials = 1000;
constexpr int kDraws = 1000;  // By which the probability of being inactive is measured.
constexpr std::size_t kFolds = 5;
constexpr int kShuffles = 5;
constexpr std::uint64_t kSeed = 1;
constexpr RandomForest::Options kForest{.trees = 32, .min_leaf = 2, .min_split = 4};

struct Sample {
  std::vector<double> points;  // [targets, axes]
  std::vector<double> targets;
};

std::vector<AxisMeasure> measures_of(const UnitCube& cube) {
  const Space& space = cube.space();
  std::vector<int> missing(cube.size());
  int draws = 0;
  for (int draw = 0; draw < kDraws && space.has_conditions(); ++draw) {
    const Result<Config> config = sample(space, kSeed, draw);
    if (!config) break;  // Hardly anything keeps the constraints.
    ++draws;
    for (std::size_t axis = 0; axis < cube.size(); ++axis)
      missing[axis] += config->values().contains(cube.axes()[axis].name) ? 0 : 1;
  }
  std::vector<AxisMeasure> measures;
  for (std::size_t axis = 0; axis < cube.size(); ++axis) {
    const Parameter& parameter = *space.find(cube.axes()[axis].name);
    std::optional<double> inactive;
    if (!parameter.when.empty()) inactive = draws > 0 ? static_cast<double>(missing[axis]) / draws : 0.5;
    measures.emplace_back(cube.axes()[axis], parameter.domain, inactive);
  }
  return measures;
}

// Draws what is far worse than the rest in.
void draw_in(std::vector<double>& losses) {
  std::vector<double> sorted = losses;
  std::ranges::sort(sorted);
  const double lower = sorted[sorted.size() / 4];
  const double upper = sorted[3 * sorted.size() / 4];
  if (upper <= lower) return;
  for (double& loss : losses) loss = std::min(loss, upper + 3 * (upper - lower));
}

Sample sample_of(const UnitCube& cube, std::span<const AxisMeasure> measures, const Objective& objective,
                 TrialsView trials) {
  Sample learned;
  for (std::size_t i = trials.size(); i-- > 0 && learned.targets.size() < kMostTrials;) {
    const TrialStatus& trial = trials[i];
    const bool has_ended_well = trial.state == TrialState::kCompleted || trial.state == TrialState::kStopped;
    if (!has_ended_well || !trial.value || !std::isfinite(*trial.value)) continue;
    if (!cube.space().validate(trial.config)) continue;
    const UnitCube::Point point = cube.encode(trial.config);
    for (std::size_t axis = 0; axis < point.size(); ++axis)
      learned.points.push_back(measures[axis].coordinate(point[axis]));
    learned.targets.push_back(-objective.score(*trial.value));
  }
  return learned;
}

double variance_of(std::span<const double> values) {
  double mean = 0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  double variance = 0;
  for (const double value : values) variance += (value - mean) * (value - mean) / static_cast<double>(values.size());
  return variance;
}

double squared_error(const RandomForest& forest, const Sample& sample) {
  const std::vector<RandomForest::Prediction> predictions = forest.predict_all(sample.points);
  double sum = 0;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const double error = predictions[i].mean - sample.targets[i];
    sum += error * error;
  }
  return sum;
}

Sample with_mixed_axis(const Sample& sample, std::size_t axis, std::size_t axes, RandomStream& random) {
  Sample mixed = sample;
  for (std::size_t i = sample.targets.size(); i-- > 1;)
    std::swap(mixed.points[i * axes + axis], mixed.points[random.below(i + 1) * axes + axis]);
  return mixed;
}

// One forest for each fifth of the trials that it does not see.
void add_permutations(const Sample& all, std::span<const Axis> axes, Importance& importance,
                      std::vector<double>& growth) {
  const double whole = variance_of(all.targets) * static_cast<double>(all.targets.size());
  double error = 0;
  for (std::size_t fold = 0; fold < kFolds; ++fold) {
    Sample seen;
    Sample held_back;
    for (std::size_t i = 0; i < all.targets.size(); ++i) {
      Sample& part = i % kFolds == fold ? held_back : seen;
      part.targets.push_back(all.targets[i]);
      const auto row = all.points.begin() + static_cast<std::ptrdiff_t>(i * axes.size());
      part.points.insert(part.points.end(), row, row + static_cast<std::ptrdiff_t>(axes.size()));
    }
    RandomStream random(kSeed, fold + 1);
    const RandomForest forest(axes, seen.points, seen.targets, kForest, random);
    const double own = squared_error(forest, held_back);
    error += own;
    for (std::size_t axis = 0; axis < axes.size(); ++axis) {
      for (int shuffle = 0; shuffle < kShuffles; ++shuffle) {
        const Sample mixed = with_mixed_axis(held_back, axis, axes.size(), random);
        growth[axis] += (squared_error(forest, mixed) - own) / (whole * kShuffles);
      }
    }
  }
  importance.explained = 1 - error / whole;
}

void fill(const VarianceShares& shares, std::span<const Axis> axes, std::span<const double> growth,
          Importance& importance) {
  for (std::size_t axis = 0; axis < axes.size(); ++axis)
    importance.parameters.push_back({axes[axis].name, shares.axes[axis], growth[axis]});
  std::ranges::stable_sort(importance.parameters, std::ranges::greater(), &Importance::Parameter::share);
  for (const VarianceShares::Pair& pair : shares.pairs)
    importance.interactions.push_back({axes[pair.first].name, axes[pair.second].name, pair.share});
}

}  // namespace

Result<Importance> importance_of(const Space& space, const Objective& objective, TrialsView trials) {
  const UnitCube cube(space);
  if (cube.size() == 0) {
    return Error{ErrorCode::kFailedPrecondition, "no parameter of the space can vary, so none can matter"};
  }
  const std::vector<AxisMeasure> measures = measures_of(cube);
  Sample all = sample_of(cube, measures, objective, trials);
  if (all.targets.size() < kLeastImportanceTrials) {
    return Error{ErrorCode::kFailedPrecondition,
                 "only " + std::to_string(all.targets.size()) + " of " + std::to_string(trials.size()) +
                     " trials have ended with a finite value and lie in the space; at least " +
                     std::to_string(kLeastImportanceTrials) + " are needed"};
  }
  draw_in(all.targets);
  if (const auto [least, most] = std::ranges::minmax(all.targets); least == most) {
    return Error{ErrorCode::kFailedPrecondition, "all trials have the same value, so no parameter has mattered"};
  }
  std::vector<Axis> axes;
  for (const AxisMeasure& measure : measures) axes.push_back(measure.axis());
  Importance importance{.trials = all.targets.size()};
  std::vector<double> growth(axes.size());
  add_permutations(all, axes, importance, growth);
  RandomStream random(kSeed, 0);
  const RandomForest forest(axes, all.points, all.targets, kForest, random);
  fill(variance_shares(forest, measures), axes, growth, importance);
  return importance;
}

}  // namespace manta
