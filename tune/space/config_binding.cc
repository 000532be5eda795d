// SPDX-License-Identifier: Apache-2.0
// Fields against domains.
#include "tune/space/config_binding.h"

#include <algorithm>
#include <cmath>

#include "core/base/did_you_mean.h"

namespace manta {

namespace {

using Kind = BoundField::Kind;

std::string text_of(const BoundField& field) {
  switch (field.kind) {
    case Kind::kBool: return "bool";
    case Kind::kInteger: return "an integer from " + std::to_string(field.low) + " to " + std::to_string(field.high);
    case Kind::kNumber: return "a floating-point number";
    case Kind::kText: return "std::string";
  }
  return "";
}

// As Config::Entry::as() reads it.
bool holds(const BoundField& field, const Value& value) {
  const std::optional<double> number = number_of(value);
  switch (field.kind) {
    case Kind::kBool: return std::holds_alternative<bool>(value);
    case Kind::kInteger: {
      if (const auto* whole = std::get_if<std::int64_t>(&value)) return field.low <= *whole && *whole <= field.high;
      return number && *number == std::trunc(*number) && static_cast<double>(field.low) <= *number &&
             *number <= static_cast<double>(field.high);
    }
    case Kind::kNumber: return number.has_value();
    case Kind::kText: return std::holds_alternative<std::string>(value);
  }
  return false;
}

bool holds_all(const BoundField& field, const Domain& domain) {
  return std::visit(
      [&](const auto& one) {
        using Type = std::decay_t<decltype(one)>;
        if constexpr (std::same_as<Type, IntDomain>) {
          return field.kind == Kind::kNumber || (holds(field, one.low) && holds(field, one.high));
        } else if constexpr (std::same_as<Type, FloatDomain> || std::same_as<Type, NormalDomain>) {
          return field.kind == Kind::kNumber;
        } else if constexpr (std::same_as<Type, ConstantDomain>) {
          return holds(field, one.value);
        } else {
          return std::ranges::all_of(one.values, [&](const Value& value) { return holds(field, value); });
        }
      },
      domain);
}

std::string mistake_of(const BoundField& field, const Space& space) {
  const Parameter* parameter = space.find(field.name);
  if (parameter == nullptr) {
    std::vector<std::string> names;
    for (const Parameter& known : space.parameters()) names.push_back(known.name);
    return "the space has no such parameter" + did_you_mean(field.name, names);
  }
  if (!holds_all(field, parameter->domain)) {
    return "the field is " + text_of(field) + ", which cannot hold each value of " + domain_json(parameter->domain);
  }
  if (!field.is_optional && !parameter->when.empty()) {
    return "the parameter is absent unless " + condition_json(parameter->when) +
           " holds; make the field a std::optional";
  }
  return "";
}

}  // namespace

Result<void> check_fields(const std::vector<BoundField>& fields, const Space& space) {
  std::string mistakes;
  const auto note = [&](const std::string& name, const std::string& mistake) {
    if (!mistake.empty()) mistakes += "\n  " + name + ": " + mistake;
  };
  for (const BoundField& field : fields) note(field.name, mistake_of(field, space));
  for (const Parameter& parameter : space.parameters()) {
    const bool varies = !std::holds_alternative<ConstantDomain>(parameter.domain);
    if (!varies || std::ranges::find(fields, parameter.name, &BoundField::name) != fields.end()) continue;
    note(parameter.name,
         "no field of the program has it, so that tuning it would change nothing; bind it, or take it "
         "out of the space");
  }
  if (mistakes.empty()) return {};
  return Error{ErrorCode::kInvalidArgument, "the program's configuration does not fit the space:" + mistakes};
}

Result<void> check_fields(const std::vector<BoundField>& fields, std::string_view space) {
  MANTA_ASSIGN_OR_RETURN(const Space parsed, parse_space(space));
  return check_fields(fields, parsed);
}

}  // namespace manta
