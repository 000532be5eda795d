// SPDX-License-Identifier: Apache-2.0
// Questions to a space: its grid, and whether a configuration belongs to it.
#include "tune/space/space.h"

#include <algorithm>
#include <cmath>

#include "core/base/did_you_mean.h"
#include "tune/space/internal/stepped_range.h"

namespace manta {

namespace {

constexpr std::int64_t kMaxGridSize = std::int64_t{1} << 62;

// A number in a numeric domain may be written either way, as Config's accessors read it; a listed value only as listed.
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

const std::vector<Value>* grid_of(const Parameter& parameter) {
  const auto* grid = std::get_if<GridDomain>(&parameter.domain);
  return grid == nullptr ? nullptr : &grid->values;
}

Error invalid(const std::string& name, const std::string& what) {
  return {ErrorCode::kInvalidArgument, "configuration: " + name + ": " + what};
}

}  // namespace

const Parameter* Space::find(std::string_view name) const {
  const auto found = std::ranges::find(parameters_, name, &Parameter::name);
  return found == parameters_.end() ? nullptr : &*found;
}

std::int64_t Space::grid_size() const {
  std::int64_t product = 1;
  for (const Parameter& parameter : parameters_) {
    const std::vector<Value>* grid = grid_of(parameter);
    if (grid == nullptr) continue;
    const auto size = static_cast<std::int64_t>(grid->size());
    if (size > 0 && product > kMaxGridSize / size) return kMaxGridSize;
    product *= size;
  }
  return product;
}

Result<void> Space::validate(const Config& config) const {
  for (const Parameter& parameter : parameters_) {
    const auto found = config.values().find(parameter.name);
    if (found == config.values().end()) {
      return invalid(parameter.name, "missing; the space asks for " + domain_json(parameter.domain));
    }
    if (!std::visit(Contains{found->second}, parameter.domain)) {
      return invalid(parameter.name,
                     to_json(found->second) + " lies outside its domain " + domain_json(parameter.domain));
    }
  }
  // Names are unique, so more values than parameters means that one is unknown.
  if (config.values().size() == parameters_.size()) return {};
  std::vector<std::string> names;
  for (const Parameter& parameter : parameters_) names.push_back(parameter.name);
  for (const auto& [name, value] : config.values()) {
    if (find(name) == nullptr) {
      return invalid(name, "the space has no such parameter" + did_you_mean(name, names));
    }
  }
  return {};
}

}  // namespace manta
