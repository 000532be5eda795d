// SPDX-License-Identifier: Apache-2.0
#include "schedulers/internal/explore.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <variant>
#include <vector>

namespace manta::internal {
namespace {

constexpr int kTries = 64;
constexpr double kFactorUp = 1.2;
constexpr double kFactorDown = 0.8;
constexpr double kPartOfSize = 0.2;
constexpr double kPartOfRange = 0.02;

// `value` a little up or down, as told.
double moved(double value, double range, bool is_log, bool up) {
  if (is_log) return value * (up ? kFactorUp : kFactorDown);
  const double step = std::max(kPartOfSize * std::abs(value), kPartOfRange * range);
  return up ? value + step : value - step;
}

// The neighbours of values; each returns `value` where there is none.
struct Neighbour {
  const Value& value;
  bool up;

  Value operator()(const FloatDomain& domain) const {
    const auto* const old = std::get_if<double>(&value);
    if (old == nullptr) return value;
    double next = moved(*old, domain.high - domain.low, domain.log, up);
    if (domain.step) {
      const double at = std::round((*old - domain.low) / *domain.step);
      const double index = std::round((next - domain.low) / *domain.step);
      const double last = std::round((domain.high - domain.low) / *domain.step);
      const double other = index != at ? index : at + (up ? 1 : -1);
      next = domain.low + std::clamp(other, 0.0, last) * *domain.step;
    }
    return std::clamp(next, domain.low, domain.high);
  }
  Value operator()(const IntDomain& domain) const {
    const auto* const old = std::get_if<std::int64_t>(&value);
    if (old == nullptr) return value;
    const auto low = static_cast<double>(domain.low);
    const auto step = static_cast<double>(domain.step);
    const double next = moved(static_cast<double>(*old), static_cast<double>(domain.high) - low, domain.log, up);
    const double at = std::round((static_cast<double>(*old) - low) / step);
    const double index = std::round((next - low) / step);
    const double other = index != at ? index : at + (up ? 1 : -1);
    const std::int64_t last = (domain.high - domain.low) / domain.step;
    return domain.low + static_cast<std::int64_t>(std::clamp(other, 0.0, static_cast<double>(last))) * domain.step;
  }
  Value operator()(const OrdinalDomain& domain) const {
    const auto at = std::find(domain.values.begin(), domain.values.end(), value);
    if (at == domain.values.end()) return value;
    if (up) return at + 1 == domain.values.end() ? value : *(at + 1);
    return at == domain.values.begin() ? value : *(at - 1);
  }
  Value operator()(const NormalDomain& domain) const {
    const auto* const old = std::get_if<double>(&value);
    return old == nullptr ? value : Value(moved(*old, domain.stddev / kPartOfRange * kPartOfSize, false, up));
  }
  Value operator()(const ChoiceDomain&) const { return value; }
  Value operator()(const GridDomain&) const { return value; }
  Value operator()(const ConstantDomain&) const { return value; }
};

bool is_fixed(const Domain& domain) {
  return std::holds_alternative<GridDomain>(domain) || std::holds_alternative<ConstantDomain>(domain);
}

Value neighbour(const Parameter& parameter, const Value& value, RandomStream& random, double resample) {
  if (is_fixed(parameter.domain)) return value;
  const bool anew = random.uniform() < resample;
  const bool up = random.below(2) == 1;
  const double u = random.uniform();
  return anew ? value_at(parameter.domain, u) : std::visit(Neighbour{value, up}, parameter.domain);
}

Config candidate(const Space& space, const Config& from, RandomStream& random, double resample) {
  Config config;
  std::vector<std::optional<Value>> values(space.parameters().size());
  for (const std::size_t position : space.activity_order()) {
    const Parameter& parameter = space.parameters()[position];
    const auto known = from.values().find(parameter.name);
    const bool is_known = known != from.values().end();
    // Without a condition it could not have become active: then it is one that `from` never had.
    if (!space.is_active(position, values) || (!is_known && parameter.when.empty())) continue;
    values[position] =
        is_known ? neighbour(parameter, known->second, random, resample) : value_at(parameter.domain, random.uniform());
    config.set(parameter.name, *values[position]);
  }
  return config;
}

}  // namespace

Config explore(const Space& space, const Config& from, RandomStream& random, double resample) {
  for (int count = 0; count < kTries; ++count) {
    Config config = candidate(space, from, random, resample);
    if (space.validate(config)) return config;
  }
  return from;
}

}  // namespace manta::internal
