// SPDX-License-Identifier: Apache-2.0
#include "searchers/importance/axis_measure.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace manta {

namespace {

constexpr std::size_t kBits = 64;
constexpr int kGrid = 16'384;             // Points by which levels of unequal mass are weighed.
constexpr std::int64_t kMostAtoms = 512;  // With more levels an axis is as good as continuous.

// Where the levels of `domain` lie, and how much of the axis each has.
std::map<double, double> levels_of(const Domain& domain) {
  std::map<double, double> levels;
  for (int i = 0; i < kGrid; ++i) levels[position_of(domain, value_at(domain, (i + 0.5) / kGrid))] += 1.0 / kGrid;
  return levels;
}

}  // namespace

AxisMeasure::AxisMeasure(const Axis& axis, const Domain& domain, std::optional<double> inactive)
    : axis_(axis), has_condition_(inactive.has_value()), inactive_(inactive.value_or(0)) {
  const std::int64_t own_levels = axis.levels;
  if (axis_.kind == AxisKind::kChoice) {
    axis_.levels += has_condition_ ? 1 : 0;
    bits_.resize(std::min<std::size_t>(kBits, static_cast<std::size_t>(axis_.levels)));
    for (std::int64_t level = 0; level < axis_.levels; ++level) {
      const bool is_inactive = has_condition_ && level == 0;
      bits_[std::min(bits_.size() - 1, static_cast<std::size_t>(level))] +=
          is_inactive ? inactive_ : (1 - inactive_) / static_cast<double>(own_levels);
    }
    return;
  }
  start_ = has_condition_ ? 0.5 : 0;
  double below = 0;
  const auto add = [&](double at, double mass) {
    atoms_.push_back({at, below});
    below += mass;
  };
  if (has_condition_) add(coordinate(std::numeric_limits<double>::quiet_NaN()), inactive_);
  if (own_levels > 0 && own_levels <= kMostAtoms) {
    for (const auto& [at, mass] : levels_of(domain)) add(coordinate(at), (1 - inactive_) * mass);
    axis_.kind = AxisKind::kInteger;
  } else {
    axis_.kind = AxisKind::kContinuous;
  }
  if (!atoms_.empty()) atoms_.push_back({std::numeric_limits<double>::infinity(), below});
}

double AxisMeasure::coordinate(double u) const {
  if (axis_.kind == AxisKind::kChoice) {
    const auto levels = static_cast<double>(axis_.levels);
    if (std::isnan(u)) return 0.5 / levels;
    if (!has_condition_) return u;
    return (std::floor(u * (levels - 1)) + 1.5) / levels;
  }
  if (!has_condition_) return u;
  return std::isnan(u) ? 0.25 : 0.5 + u / 2;
}

double AxisMeasure::mass_below(double u) const {
  if (atoms_.empty()) return 0;
  const auto after = std::ranges::upper_bound(atoms_, u, {}, &Atom::at);
  return after == atoms_.end() ? atoms_.back().below : after->below;
}

double AxisMeasure::share(const RandomForest::Side& side) const {
  if (!bits_.empty()) {
    double mass = 0;
    for (std::size_t bit = 0; bit < bits_.size(); ++bit)
      if ((side.levels >> bit & 1) != 0) mass += bits_[bit];
    return mass;
  }
  if (side.high <= side.low) return 0;
  const double atoms = mass_below(side.high) - mass_below(side.low);
  if (axis_.kind == AxisKind::kInteger) return atoms;
  const double length = std::max(0.0, side.high - std::max(side.low, start_));
  return atoms + (1 - inactive_) * length / (1 - start_);
}

RandomForest::Side overlap(const RandomForest::Side& a, const RandomForest::Side& b) {
  return {std::max(a.low, b.low), std::min(a.high, b.high), a.levels & b.levels};
}

}  // namespace manta
