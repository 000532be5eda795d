// SPDX-License-Identifier: Apache-2.0
// Quantile functions of the domains.
#include <algorithm>
#include <cmath>

#include "tune/space/internal/normal_quantile.h"
#include "tune/space/internal/stepped_range.h"
#include "tune/space/space.h"

namespace manta {

namespace {

// The smallest positive number that stands for u = 0 where the quantile is infinite: half a step of a 53-bit u.
constexpr double kSmallestProbability = 0x1.0p-54;

// {0, …, n - 1} with equal mass.
std::int64_t index_at(std::int64_t n, double u) {
  const auto index = static_cast<std::int64_t>(u * static_cast<double>(n));
  return std::clamp<std::int64_t>(index, 0, n - 1);  // The product may round up to n.
}

struct Quantile {
  double u;

  Value operator()(const FloatDomain& domain) const {
    if (domain.step) {
      const internal::SteppedRange range(domain.low, domain.high, *domain.step);
      return range.at(index_at(range.size(), u));
    }
    const double value = domain.log ? std::exp(std::lerp(std::log(domain.low), std::log(domain.high), u))
                                    : std::lerp(domain.low, domain.high, u);
    return std::clamp(value, domain.low, domain.high);
  }

  Value operator()(const IntDomain& domain) const {
    if (domain.log) return log_int(domain);
    const std::int64_t n = (domain.high - domain.low) / domain.step + 1;
    return domain.low + index_at(n, u) * domain.step;
  }

  Value operator()(const ChoiceDomain& domain) const { return one_of(domain.values); }
  Value operator()(const OrdinalDomain& domain) const { return one_of(domain.values); }
  Value operator()(const GridDomain& domain) const { return one_of(domain.values); }
  Value operator()(const NormalDomain& domain) const {
    return domain.mean + domain.stddev * internal::normal_quantile(std::max(u, kSmallestProbability));
  }
  Value operator()(const ConstantDomain& domain) const { return domain.value; }

  // Uniform in the logarithm over [low - 1/2, high + 1/2), then rounded: the mass of x is proportional to
  // log((x + 1/2) / (x - 1/2)), which is 1/x but for a part in 12 x^2. Both ends have their full mass.
  Value log_int(const IntDomain& domain) const {
    const double low = std::log(static_cast<double>(domain.low) - 0.5);
    const double high = std::log(static_cast<double>(domain.high) + 0.5);
    return std::clamp<std::int64_t>(std::llround(std::exp(std::lerp(low, high, u))), domain.low, domain.high);
  }

  Value one_of(const std::vector<Value>& values) const {
    return values[static_cast<std::size_t>(index_at(static_cast<std::int64_t>(values.size()), u))];
  }
};

}  // namespace

Value value_at(const Domain& domain, double u) { return std::visit(Quantile{u}, domain); }

}  // namespace manta
