// SPDX-License-Identifier: Apache-2.0
#include "tune/space/unit_cube.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "tune/space/internal/stepped_range.h"

namespace manta {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kMaxConfigurations = std::int64_t{1} << 62;
// The quantile of a normal is infinite at the ends.
constexpr double kLeast = 0x1.0p-53;
constexpr double kMost = 1 - 0x1.0p-53;

double middle(std::int64_t level, std::int64_t levels) {
  return (static_cast<double>(level) + 0.5) / static_cast<double>(levels);
}

std::int64_t levels_of(const IntDomain& domain) { return (domain.high - domain.low) / domain.step + 1; }

struct Position {
  const Value& value;

  double operator()(const FloatDomain& domain) const {
    const std::optional<double> number = number_of(value);
    if (!number) return kNone;
    if (domain.step) {
      const internal::SteppedRange range(domain.low, domain.high, *domain.step);
      const std::optional<std::int64_t> index = range.index_of(*number);
      return index ? middle(*index, range.size()) : kNone;
    }
    if (!(*number >= domain.low && *number <= domain.high)) return kNone;
    if (domain.log) {
      return (std::log(*number) - std::log(domain.low)) / (std::log(domain.high) - std::log(domain.low));
    }
    // Halved, because the difference of the bounds may be more than a double holds.
    return (*number / 2 - domain.low / 2) / (domain.high / 2 - domain.low / 2);
  }

  double operator()(const IntDomain& domain) const {
    const std::optional<double> number = number_of(value);
    if (!number || *number < static_cast<double>(domain.low) || *number > static_cast<double>(domain.high))
      return kNone;
    const auto whole = static_cast<std::int64_t>(*number);
    if (!domain.log) return middle((whole - domain.low) / domain.step, levels_of(domain));
    const double low = std::log(static_cast<double>(domain.low) - 0.5);
    const double high = std::log(static_cast<double>(domain.high) + 0.5);
    const double below = std::log(static_cast<double>(whole) - 0.5);
    const double above = std::log(static_cast<double>(whole) + 0.5);
    return ((below + above) / 2 - low) / (high - low);
  }

  double operator()(const ChoiceDomain& domain) const { return among(domain.values); }
  double operator()(const OrdinalDomain& domain) const { return among(domain.values); }
  double operator()(const GridDomain& domain) const { return among(domain.values); }
  double operator()(const NormalDomain& domain) const {
    const std::optional<double> number = number_of(value);
    return number ? std::erfc((domain.mean - *number) / domain.stddev / std::sqrt(2.0)) / 2 : kNone;
  }
  double operator()(const ConstantDomain& domain) const { return value == domain.value ? 0.5 : kNone; }

  double among(const std::vector<Value>& values) const {
    const auto found = std::ranges::find(values, value);
    if (found == values.end()) return kNone;
    return middle(found - values.begin(), static_cast<std::int64_t>(values.size()));
  }
};

bool are_rising_numbers(const std::vector<Value>& values) {
  double last = -std::numeric_limits<double>::infinity();
  return std::ranges::all_of(values, [&](const Value& value) {
    const std::optional<double> number = number_of(value);
    return number && *number > std::exchange(last, *number);
  });
}

// Kind and number of levels.
struct Shape {
  std::pair<AxisKind, std::int64_t> operator()(const FloatDomain& domain) const {
    if (!domain.step) return {AxisKind::kContinuous, domain.low < domain.high ? 0 : 1};
    return {AxisKind::kInteger, internal::SteppedRange(domain.low, domain.high, *domain.step).size()};
  }
  std::pair<AxisKind, std::int64_t> operator()(const IntDomain& domain) const {
    return {AxisKind::kInteger, levels_of(domain)};
  }
  std::pair<AxisKind, std::int64_t> operator()(const ChoiceDomain& domain) const {
    return {AxisKind::kChoice, static_cast<std::int64_t>(domain.values.size())};
  }
  std::pair<AxisKind, std::int64_t> operator()(const OrdinalDomain& domain) const {
    return {AxisKind::kOrdinal, static_cast<std::int64_t>(domain.values.size())};
  }
  std::pair<AxisKind, std::int64_t> operator()(const GridDomain& domain) const {
    return {are_rising_numbers(domain.values) ? AxisKind::kOrdinal : AxisKind::kChoice,
            static_cast<std::int64_t>(domain.values.size())};
  }
  std::pair<AxisKind, std::int64_t> operator()(const NormalDomain&) const { return {AxisKind::kContinuous, 0}; }
  std::pair<AxisKind, std::int64_t> operator()(const ConstantDomain&) const { return {AxisKind::kChoice, 1}; }
};

double within(const Domain& domain, double u) {
  if (std::isnan(u)) return 0.5;
  return std::holds_alternative<NormalDomain>(domain) ? std::clamp(u, kLeast, kMost) : std::clamp(u, 0.0, 1.0);
}

}  // namespace

double position_of(const Domain& domain, const Value& value) { return std::visit(Position{value}, domain); }

UnitCube::UnitCube(Space space) : space_(std::move(space)) {
  for (std::size_t i = 0; i < space_.parameters().size(); ++i) {
    const Parameter& parameter = space_.parameters()[i];
    const auto [kind, levels] = std::visit(Shape{}, parameter.domain);
    axis_of_.push_back(levels == 1 ? std::nullopt : std::optional(axes_.size()));
    if (levels == 1) continue;
    axes_.push_back({parameter.name, kind, levels});
    parameters_.push_back(i);
  }
}

std::int64_t UnitCube::configurations() const {
  std::int64_t product = 1;
  for (const Axis& axis : axes_) {
    if (axis.levels == 0 || product > kMaxConfigurations / axis.levels) return kMaxConfigurations;
    product *= axis.levels;
  }
  return product;
}

UnitCube::Point UnitCube::encode(const Config& config) const {
  Point point(axes_.size(), kNone);
  auto next = config.values().begin();  // Mostly the values come in the order of the axes.
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    const bool is_next = next != config.values().end() && next->first == axes_[i].name;
    const auto found = is_next ? next : config.values().find(axes_[i].name);
    if (found == config.values().end()) continue;
    next = std::next(found);
    point[i] = position_of(space_.parameters()[parameters_[i]].domain, found->second);
  }
  return point;
}

UnitCube::Point UnitCube::snap(std::span<const double> point) const {
  Point snapped(point.begin(), point.end());
  if (space_.has_conditions()) {
    const std::vector<bool> active = activity(point);
    for (std::size_t i = 0; i < axes_.size(); ++i) {
      if (!active[i]) snapped[i] = kNone;
      if (active[i] && std::isnan(snapped[i])) snapped[i] = 0.5;
    }
  }
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    double& u = snapped[i];
    if (std::isnan(u)) continue;
    const Domain& domain = space_.parameters()[parameters_[i]].domain;
    const auto* whole = std::get_if<IntDomain>(&domain);
    if (axes_[i].levels == 0) {
      u = within(domain, u);
    } else if (whole != nullptr && whole->log) {
      u = position_of(domain, value_at(domain, within(domain, u)));
    } else {
      const auto level = static_cast<std::int64_t>(within(domain, u) * static_cast<double>(axes_[i].levels));
      u = middle(std::min(level, axes_[i].levels - 1), axes_[i].levels);
    }
  }
  return snapped;
}

std::vector<std::optional<Value>> UnitCube::values_at(std::span<const double> point) const {
  std::vector<std::optional<Value>> values(space_.parameters().size());
  for (const std::size_t i : space_.activity_order()) {
    if (!space_.is_active(i, values)) continue;
    const Domain& domain = space_.parameters()[i].domain;
    values[i] = value_at(domain, axis_of_[i] ? within(domain, point[*axis_of_[i]]) : 0.5);
  }
  return values;
}

std::vector<bool> UnitCube::activity(std::span<const double> point) const {
  if (!space_.has_conditions()) return std::vector<bool>(axes_.size(), true);
  const std::vector<std::optional<Value>> values = values_at(point);
  std::vector<bool> active;
  for (const std::size_t parameter : parameters_) active.push_back(values[parameter].has_value());
  return active;
}

bool UnitCube::is_feasible(std::span<const double> point) const {
  return space_.constraints().empty() || !space_.broken_constraint(values_at(point));
}

Config UnitCube::decode(std::span<const double> point) const {
  const std::vector<std::optional<Value>> values = values_at(point);
  Config config;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i]) config.set(space_.parameters()[i].name, *values[i]);
  }
  return config;
}

}  // namespace manta
