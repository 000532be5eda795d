// SPDX-License-Identifier: Apache-2.0
// Questions to a space: who takes part, what holds, and whether a configuration belongs to it.
#include "tune/space/space.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/base/did_you_mean.h"
#include "tune/space/internal/activity_order.h"

namespace manta {

namespace {

constexpr std::int64_t kMaxGridSize = std::int64_t{1} << 62;

const std::vector<Value>* grid_of(const Parameter& parameter) {
  const auto* grid = std::get_if<GridDomain>(&parameter.domain);
  return grid == nullptr ? nullptr : &grid->values;
}

Error invalid(const std::string& name, const std::string& what) {
  return {ErrorCode::kInvalidArgument, "configuration: " + name + ": " + what};
}

Error outside(const Parameter& parameter, const Value& value) {
  return invalid(parameter.name, to_json(value) + " lies outside its domain " + domain_json(parameter.domain));
}

}  // namespace

Space::Space(std::vector<Parameter> parameters, std::vector<Expression> constraints, std::vector<Config> start)
    : parameters_(std::move(parameters)), constraints_(std::move(constraints)), start_(std::move(start)) {
  for (std::size_t i = 0; i < parameters_.size(); ++i) positions_.emplace(parameters_[i].name, i);
  for (const Parameter& parameter : parameters_) {
    std::vector<std::size_t>& named = named_.emplace_back();
    for (const ConditionTerm& term : parameter.when) named.push_back(position_of(term.parameter).value());
    has_conditions_ = has_conditions_ || !named.empty();
  }
  internal::ActivityOrder order = internal::order_by_activity(named_);
  MANTA_CHECK(order.cycle.empty(), "conditions of a space have a cycle");
  order_ = std::move(order.positions);
}

const Parameter* Space::find(std::string_view name) const {
  const std::optional<std::size_t> position = position_of(name);
  return position ? &parameters_[*position] : nullptr;
}

std::optional<std::size_t> Space::position_of(std::string_view name) const {
  const auto found = positions_.find(name);
  return found == positions_.end() ? std::nullopt : std::optional(found->second);
}

bool Space::is_active(std::size_t position, Values values) const {
  const Condition& when = parameters_[position].when;
  for (std::size_t i = 0; i < when.size(); ++i) {
    const std::optional<Value>& value = values[named_[position][i]];
    if (!value || !when[i].holds(*value)) return false;
  }
  return true;
}

std::optional<std::size_t> Space::broken_constraint(Values values) const {
  const auto broken = std::ranges::find_if(constraints_, [&](const Expression& one) { return !one.holds(values); });
  if (broken == constraints_.end()) return std::nullopt;
  return static_cast<std::size_t>(broken - constraints_.begin());
}

std::optional<Config> Space::default_config() const {
  std::vector<std::optional<Value>> values(parameters_.size());
  Config config;
  for (const std::size_t position : order_) {
    if (!is_active(position, values)) continue;
    const Parameter& parameter = parameters_[position];
    const auto* constant = std::get_if<ConstantDomain>(&parameter.domain);
    values[position] = constant != nullptr ? constant->value : parameter.default_value;
    if (!values[position]) return std::nullopt;
    config.set(parameter.name, *values[position]);
  }
  return config;
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

Result<void> Space::validate_part(const Config& config) const {
  for (const auto& [name, value] : config.values()) {
    const Parameter* parameter = find(name);
    if (parameter == nullptr) {
      std::vector<std::string> names;
      for (const Parameter& known : parameters_) names.push_back(known.name);
      return invalid(name, "the space has no such parameter" + did_you_mean(name, names));
    }
    if (!contains(parameter->domain, value)) return outside(*parameter, value);
  }
  return {};
}

Result<void> Space::validate(const Config& config) const {
  std::vector<std::optional<Value>> values(parameters_.size());
  for (const std::size_t position : order_) {
    const Parameter& parameter = parameters_[position];
    const auto found = config.values().find(parameter.name);
    const bool is_there = found != config.values().end();
    if (!is_active(position, values)) {
      if (!is_there) continue;
      return invalid(parameter.name, "takes part only when " + condition_json(parameter.when) +
                                         " holds, and it does not; leave it out");
    }
    if (!is_there) return invalid(parameter.name, "missing; the space asks for " + domain_json(parameter.domain));
    if (!contains(parameter.domain, found->second)) return outside(parameter, found->second);
    values[position] = found->second;
  }
  MANTA_RETURN_IF_ERROR(validate_part(config));  // Only an unknown name is left to find.
  if (const std::optional<std::size_t> broken = broken_constraint(values)) {
    return Error{ErrorCode::kInvalidArgument,
                 "configuration: it breaks the constraint " + to_json(Value(constraints_[*broken].text()))};
  }
  return {};
}

std::vector<ExpressionName> expression_names(const std::vector<Parameter>& parameters) {
  const auto name_of = [](const Parameter& parameter) {
    ExpressionName name{.name = parameter.name};
    const auto note = [&](const Value& value) {
      name.may_be_number = name.may_be_number || number_of(value).has_value();
      name.may_be_bool = name.may_be_bool || std::holds_alternative<bool>(value);
      name.may_be_text = name.may_be_text || std::holds_alternative<std::string>(value);
    };
    std::visit(
        [&](const auto& domain) {
          if constexpr (requires { domain.values; }) {
            for (const Value& value : domain.values) note(value);
          } else if constexpr (requires { domain.value; }) {
            note(domain.value);
          } else {
            name.may_be_number = true;
          }
        },
        parameter.domain);
    return name;
  };
  std::vector<ExpressionName> names;
  for (const Parameter& parameter : parameters) names.push_back(name_of(parameter));
  return names;
}

}  // namespace manta
