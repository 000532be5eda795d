// SPDX-License-Identifier: Apache-2.0
#include "searchers/internal/cost_model.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/random.h"

namespace manta::internal {

namespace {

constexpr std::uint64_t kCostSeed = 2;
constexpr double kNoPart = 0.5;  // Where an axis does not take part.
constexpr RandomForest::Options kCostForest{.trees = 16, .min_split = 4};

bool has_seconds(const TrialRecord& record) {
  return record.state == TrialRecord::State::kEnded && record.seconds > 0;
}

}  // namespace

void CostModel::learn(const History& history) {
  forest_.reset();
  exponent_ = 1 - static_cast<double>(history.size()) / static_cast<double>(std::max<std::int64_t>(samples_, 1));
  if (samples_ == 0 || exponent_ <= 0) return;
  std::vector<double> points;
  std::vector<double> costs;
  for (std::size_t i = history.size(); i-- > 0 && costs.size() < kMost;) {
    if (!has_seconds(history[i])) continue;
    for (const double u : history.point(i)) points.push_back(std::isnan(u) ? kNoPart : u);
    costs.push_back(std::log(history[i].seconds));
  }
  if (costs.size() < kLeast) return;
  mean_ = 0;
  for (const double cost : costs) mean_ += cost / static_cast<double>(costs.size());
  RandomStream random(kCostSeed, history.size());
  forest_.emplace(cube_->axes(), points, costs, kCostForest, random);
}

double CostModel::penalty(std::span<const double> point) const {
  if (!forest_) return 0;
  std::vector<double> whole(point.begin(), point.end());
  std::ranges::replace_if(whole, [](double u) { return std::isnan(u); }, kNoPart);
  return exponent_ * (forest_->predict(whole).mean - mean_);
}

}  // namespace manta::internal
