// SPDX-License-Identifier: Apache-2.0
#include "searchers/gp/improvement.h"

#include <algorithm>
#include <cmath>

#include "searchers/gp/acquisition.h"

namespace manta::gp {

std::vector<double> ExpectedImprovement::logs(const PointSet& points) const {
  std::vector<double> logs;
  logs.reserve(points.size());
  for (const Prediction& each : process_.predict(points))
    logs.push_back(log_expected_improvement(each.mean, std::sqrt(each.variance), best_).value);
  return logs;
}

double ExpectedImprovement::log(std::span<const double> point) const {
  const Prediction prediction = process_.predict(point);
  return log_expected_improvement(prediction.mean, std::sqrt(prediction.variance), best_).value;
}

double ExpectedImprovement::log(std::span<const double> point, std::span<double> slope) const {
  std::vector<double> solution;
  const Prediction prediction = process_.predict(point, solution);
  const double deviation = std::sqrt(prediction.variance);
  const LogImprovement improvement = log_expected_improvement(prediction.mean, deviation, best_);
  std::ranges::fill(slope, 0.0);
  process_.add_slope(point, solution, {improvement.by_mean, improvement.by_deviation / (2 * deviation)}, slope);
  return improvement.value;
}

}  // namespace manta::gp
