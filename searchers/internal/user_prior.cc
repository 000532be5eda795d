// SPDX-License-Identifier: Apache-2.0
#include "searchers/internal/user_prior.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace manta::internal {

namespace {

constexpr std::int64_t kFewLevels = 20;
constexpr double kNegligible = 0.005;  // A weight below it.

// How sure is how narrow. How these were chosen: docs/guides/searchers.md.
struct Width {
  double deviation;  // Of numbers, in the unit interval.
  double uniform;    // Share of the uniform density: of numbers,
  double choice;     // and of choices.
};

Width width_of(Confidence confidence) {
  switch (confidence) {
    case Confidence::kLow: return {.deviation = 0.3, .uniform = 0.4, .choice = 0.75};
    case Confidence::kMedium: return {.deviation = 0.2, .uniform = 0.3, .choice = 0.5};
    case Confidence::kHigh: return {.deviation = 0.12, .uniform = 0.2, .choice = 0.25};
  }
  return {.deviation = 1, .uniform = 1, .choice = 1};
}

double normal_cdf(double z) { return std::erfc(-z / std::numbers::sqrt2) / 2; }

// Where each level of `axis` ends: half way on, as it is encoded at its middle.
std::vector<double> ends_of(const Axis& axis, const Parameter& parameter) {
  std::vector<double> ends;
  const auto* whole = std::get_if<IntDomain>(&parameter.domain);
  for (std::int64_t level = 0; level < axis.levels; ++level) {
    if (whole != nullptr && whole->log) {
      const double begin = ends.empty() ? 0 : ends.back();
      ends.push_back(2 * manta::position_of(parameter.domain, Value(whole->low + level)) - begin);
    } else {
      ends.push_back(static_cast<double>(level + 1) / static_cast<double>(axis.levels));
    }
  }
  return ends;
}

}  // namespace

UserPrior::UserPrior(const UnitCube& cube) {
  for (const Axis& axis : cube.axes()) {
    factors_.push_back(factor_of(axis, *cube.space().find(axis.name)));
    is_flat_ = is_flat_ && factors_.back().is_flat;
  }
}

UserPrior::Factor UserPrior::factor_of(const Axis& axis, const Parameter& parameter) {
  if (!parameter.default_value) return {};
  const double at = manta::position_of(parameter.domain, *parameter.default_value);
  if (std::isnan(at)) return {};
  return axis.kind == AxisKind::kChoice ? choice(axis, parameter, at) : number(axis, parameter, at);
}

UserPrior::Factor UserPrior::number(const Axis& axis, const Parameter& parameter, double at) {
  const Width width = width_of(parameter.confidence);
  Factor factor{.is_flat = false, .at = at, .deviation = width.deviation, .uniform = width.uniform};
  const double low = normal_cdf(-at / width.deviation);
  const double mass = normal_cdf((1 - at) / width.deviation) - low;
  factor.peak = 1 / (std::sqrt(2 * std::numbers::pi) * width.deviation * mass);
  if (axis.levels == 0 || axis.levels > kFewLevels) return factor;
  factor.ends = ends_of(axis, parameter);
  double begin = 0;
  double below = low;
  for (const double end : factor.ends) {
    const double up_to = normal_cdf((end - at) / width.deviation);
    factor.density.push_back(width.uniform + (1 - width.uniform) * (up_to - below) / mass / (end - begin));
    begin = end;
    below = up_to;
  }
  return factor;
}

UserPrior::Factor UserPrior::choice(const Axis& axis, const Parameter& parameter, double at) {
  const double share = width_of(parameter.confidence).choice;
  Factor factor{.is_flat = false, .at = at, .deviation = 0, .uniform = share, .ends = ends_of(axis, parameter)};
  const auto levels = static_cast<double>(axis.levels);
  factor.density.assign(static_cast<std::size_t>(axis.levels), share);
  factor.density[static_cast<std::size_t>(at * levels)] += (1 - share) * levels;
  return factor;
}

double UserPrior::normal_at(const Factor& factor, double u) {
  const double z = (u - factor.at) / factor.deviation;
  return (1 - factor.uniform) * factor.peak * std::exp(-z * z / 2);
}

double UserPrior::density_at(const Factor& factor, double u) {
  if (factor.is_flat || std::isnan(u)) return 1;
  if (factor.ends.empty()) return factor.uniform + normal_at(factor, u);
  const auto level = static_cast<std::size_t>(std::ranges::upper_bound(factor.ends, u) - factor.ends.begin());
  return factor.density[std::min(level, factor.density.size() - 1)];
}

double UserPrior::log_density(std::span<const double> point) const {
  double sum = 0;
  for (std::size_t i = 0; i < factors_.size(); ++i) {
    if (!factors_[i].is_flat) sum += std::log(density_at(factors_[i], point[i]));
  }
  return sum;
}

void UserPrior::add_slope(std::span<const double> point, double weight, std::span<double> slope) const {
  for (std::size_t i = 0; i < factors_.size(); ++i) {
    const Factor& factor = factors_[i];
    if (factor.is_flat || !factor.ends.empty() || std::isnan(point[i])) continue;
    const double normal = normal_at(factor, point[i]);
    const double by_place = normal * (factor.at - point[i]) / (factor.deviation * factor.deviation);
    slope[i] += weight * by_place / (factor.uniform + normal);
  }
}

double UserPrior::drawn_from(const Factor& factor, RandomStream& random) {
  if (factor.is_flat || random.uniform() < factor.uniform) return random.uniform();
  // About half of it lies inside at least.
  for (;;) {
    const double u = factor.at + factor.deviation * random.normal();
    if (u >= 0 && u <= 1) return u;
  }
}

void UserPrior::draw(RandomStream& random, std::span<double> point) const {
  for (std::size_t i = 0; i < factors_.size(); ++i) point[i] = drawn_from(factors_[i], random);
}

double UserPrior::weight(const History& history, double full) const {
  if (is_flat_) return 0;
  double judged = 0;
  for (std::size_t i = 0; i < history.size(); ++i) judged += history[i].state == TrialRecord::State::kPending ? 0 : 1;
  const double by_count = judged > full ? std::pow(full / judged, 2) : 1;
  if (by_count < kNegligible) return 0;
  return by_count * std::pow(std::min(1.0, 2 * agreement(history)), 2);
}

double UserPrior::agreement(const History& history) const {
  std::vector<std::pair<double, double>> trials;  // Loss and log of the density.
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (history[i].has_value()) trials.emplace_back(history[i].loss, log_density(history.point(i)));
  }
  double all = 0;
  double agreed = 0;
  for (std::size_t i = 0; i < trials.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (trials[i].first == trials[k].first) continue;
      const double more_likely = trials[i].second - trials[k].second;
      all += std::abs(more_likely);
      if ((more_likely > 0) == (trials[i].first < trials[k].first)) agreed += std::abs(more_likely);
    }
  }
  return all > 0 ? agreed / all : 1;
}

}  // namespace manta::internal
