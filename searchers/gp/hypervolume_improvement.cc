// SPDX-License-Identifier: Apache-2.0
#include "searchers/gp/hypervolume_improvement.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace manta::gp {

namespace {

constexpr double kNothing = -std::numeric_limits<double>::infinity();
// Two levels nearer than this, in parts of what is expected, are one.
constexpr double kEqual = 1e-13;

// log(exp(upper) - exp(lower)).
double log_difference(double upper, double lower) {
  const double share = std::exp(lower - upper);
  return share < 1 - kEqual ? upper + std::log1p(-share) : kNothing;
}

// What the improvements below all levels of an objective are; below minus infinity there is none.
std::vector<LogImprovement> improvements_below(const std::vector<double>& levels, const Prediction& prediction) {
  std::vector<LogImprovement> improvements{{.value = kNothing}};
  const double deviation = std::sqrt(prediction.variance);
  for (std::size_t i = 1; i < levels.size(); ++i)
    improvements.push_back(log_expected_improvement(prediction.mean, deviation, levels[i]));
  return improvements;
}

// `share` times the derivatives of log_difference().
void add_difference(LogImprovement& slope, const LogImprovement& upper, const LogImprovement& lower, double share) {
  const double ratio = std::exp(lower.value - upper.value);
  slope.by_mean += share * (upper.by_mean - ratio * lower.by_mean) / (1 - ratio);
  slope.by_deviation += share * (upper.by_deviation - ratio * lower.by_deviation) / (1 - ratio);
}

// For GaussianProcess::add_slope().
Prediction slope_times(const LogImprovement& slope, double deviation) {
  return {slope.by_mean, slope.by_deviation / (2 * deviation)};
}

}  // namespace

HypervolumeImprovement::HypervolumeImprovement(std::vector<const GaussianProcess*> objectives, UndominatedBoxes boxes,
                                               std::vector<Limit> limits)
    : objectives_(std::move(objectives)), boxes_(std::move(boxes)), limits_(std::move(limits)) {}

double HypervolumeImprovement::log_growth(std::span<const Prediction> predictions, Slopes* slopes) const {
  const std::size_t objectives = objectives_.size();
  std::vector<std::vector<LogImprovement>> below;
  for (std::size_t i = 0; i < objectives; ++i)
    below.push_back(improvements_below(boxes_.levels[i], predictions[i]));
  std::vector<double> logs;
  double highest = kNothing;
  for (const std::vector<std::uint32_t>& box : boxes_.corners) {
    double log = 0;
    for (std::size_t i = 0; i < objectives; ++i) {
      const double upper = below[i][box[objectives + i]].value;
      log += box[i] == 0 ? upper : log_difference(upper, below[i][box[i]].value);
    }
    logs.push_back(log);
    highest = std::max(highest, log);
  }
  double sum = 0;
  for (const double log : logs) sum += std::exp(log - highest);
  for (std::size_t k = 0; k < logs.size() && slopes != nullptr; ++k) {
    const double share = std::exp(logs[k] - highest) / sum;
    if (!(share > 0)) continue;
    const std::vector<std::uint32_t>& box = boxes_.corners[k];
    for (std::size_t i = 0; i < objectives; ++i)
      add_difference((*slopes)[i], below[i][box[objectives + i]], below[i][box[i]], share);
  }
  return highest + std::log(sum);
}

std::vector<double> HypervolumeImprovement::logs(const PointSet& points) const {
  std::vector<std::vector<Prediction>> of_objectives;
  for (const GaussianProcess* process : objectives_) of_objectives.push_back(process->predict(points));
  std::vector<double> logs;
  std::vector<Prediction> predictions(objectives_.size());
  for (std::size_t k = 0; k < points.size(); ++k) {
    for (std::size_t i = 0; i < predictions.size(); ++i) predictions[i] = of_objectives[i][k];
    logs.push_back(log_growth(predictions, nullptr));
  }
  for (const Limit& limit : limits_) {
    const std::vector<Prediction> of_limit = limit.process->predict(points);
    for (std::size_t k = 0; k < logs.size(); ++k)
      logs[k] += log_probability_below(of_limit[k].mean, std::sqrt(of_limit[k].variance), limit.limit).value;
  }
  return logs;
}

double HypervolumeImprovement::log(std::span<const double> point) const {
  std::vector<Prediction> predictions;
  for (const GaussianProcess* process : objectives_) predictions.push_back(process->predict(point));
  double log = log_growth(predictions, nullptr);
  for (const Limit& limit : limits_) {
    const Prediction prediction = limit.process->predict(point);
    log += log_probability_below(prediction.mean, std::sqrt(prediction.variance), limit.limit).value;
  }
  return log;
}

double HypervolumeImprovement::log(std::span<const double> point, std::span<double> slope) const {
  std::ranges::fill(slope, 0.0);
  std::vector<std::vector<double>> solutions(objectives_.size());
  std::vector<Prediction> predictions;
  for (std::size_t i = 0; i < objectives_.size(); ++i)
    predictions.push_back(objectives_[i]->predict(point, solutions[i]));
  Slopes slopes(objectives_.size());
  double log = log_growth(predictions, &slopes);
  for (std::size_t i = 0; i < objectives_.size(); ++i) {
    const Prediction times = slope_times(slopes[i], std::sqrt(predictions[i].variance));
    objectives_[i]->add_slope(point, solutions[i], times, slope);
  }
  std::vector<double> solution;
  for (const Limit& limit : limits_) {
    const Prediction prediction = limit.process->predict(point, solution);
    const double deviation = std::sqrt(prediction.variance);
    const LogImprovement probability = log_probability_below(prediction.mean, deviation, limit.limit);
    limit.process->add_slope(point, solution, slope_times(probability, deviation), slope);
    log += probability.value;
  }
  return log;
}

}  // namespace manta::gp
