// SPDX-License-Identifier: Apache-2.0
// Membership of domains.
#include <algorithm>
#include <cmath>

#include "tune/space/domain.h"
#include "tune/space/internal/stepped_range.h"

namespace manta {

namespace {

struct Contains {
  const Value& value;

  bool operator()(const FloatDomain& domain) const {
    const std::optional<double> number = number_of(value);
    if (!number || !(domain.low <= *number && *number <= domain.high)) return false;
    return !domain.step || internal::SteppedRange(domain.low, domain.high, *domain.step).index_of(*number);
  }
  bool operator()(const IntDomain& domain) const {
    const std::optional<double> number = number_of(value);
    if (!number || *number != std::trunc(*number)) return false;
    const bool is_inside =
        static_cast<double>(domain.low) <= *number && *number <= static_cast<double>(domain.high);  // Exact: +-2^53.
    return is_inside && (static_cast<std::int64_t>(*number) - domain.low) % domain.step == 0;
  }
  bool operator()(const ChoiceDomain& domain) const { return stands_in(domain.values); }
  bool operator()(const OrdinalDomain& domain) const { return stands_in(domain.values); }
  bool operator()(const GridDomain& domain) const { return stands_in(domain.values); }
  bool operator()(const NormalDomain&) const {
    const std::optional<double> number = number_of(value);
    return number && std::isfinite(*number);
  }
  bool operator()(const ConstantDomain& domain) const { return domain.value == value; }

  bool stands_in(const std::vector<Value>& values) const { return std::ranges::find(values, value) != values.end(); }
};

}  // namespace

bool contains(const Domain& domain, const Value& value) { return std::visit(Contains{value}, domain); }

}  // namespace manta
