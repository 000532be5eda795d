// SPDX-License-Identifier: Apache-2.0
// One reader per rule; each says what is wrong and what is allowed.
#include "tune/space/internal/rule_reader.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/base/did_you_mean.h"
#include "tune/space/internal/activity_order.h"
#include "tune/space/internal/domain_reader.h"
#include "tune/space/internal/flat_values.h"

namespace manta::internal {

namespace {

constexpr std::size_t kMaxStartPoints = 1'000;
constexpr std::string_view kConditionForm =
    R"(write {"optimizer": "sgd"}, {"optimizer": ["sgd", "adam"]} or {"layers": {">=": 2, "<": 8}})";

// ">=": 2 and its like.
Result<void> read_bound(const JsonMember& member, const std::string& path, NumberRange& range) {
  const std::string where = key_path(path, member.key);
  const bool is_low = member.key == ">" || member.key == ">=";
  if (!is_low && member.key != "<" && member.key != "<=") {
    return json_error(where, "a range has the bounds >, >=, < and <= only");
  }
  const bool is_scalar = member.value.kind == JsonNode::Kind::kScalar;
  const std::optional<double> number = is_scalar ? number_of(member.value.scalar) : std::nullopt;
  if (!number) return json_error(where, excerpt(member.value) + " stands here; a bound is a number");
  double& bound = is_low ? range.low : range.high;
  if (std::isfinite(bound)) {
    return json_error(path, is_low ? "has two lower bounds; keep > or >=" : "has two upper bounds; keep < or <=");
  }
  bound = *number;
  (is_low ? range.low_is_open : range.high_is_open) = member.key.size() == 1;
  return {};
}

Result<NumberRange> read_range(const JsonNode& node, const std::string& path) {
  NumberRange range;
  if (node.members.empty()) return json_error(path, R"(an empty object stands here; a range is {">=": 2, "<": 8})");
  for (const JsonMember& member : node.members) MANTA_RETURN_IF_ERROR(read_bound(member, path, range));
  const bool is_point = range.low == range.high && !range.low_is_open && !range.high_is_open;
  if (range.low < range.high || is_point) return range;
  return json_error(path, "no number lies in the range " + excerpt(node));
}

Result<ConditionTerm> read_term(const JsonMember& member, const std::string& path) {
  ConditionTerm term{.parameter = member.key, .values = {}, .range = std::nullopt};
  switch (member.value.kind) {
    case JsonNode::Kind::kNull: return json_error(path, "null stands here; " + std::string(kConditionForm));
    case JsonNode::Kind::kScalar: {
      MANTA_ASSIGN_OR_RETURN(Value value, read_value(member.value, path));
      term.values.push_back(std::move(value));
      return term;
    }
    case JsonNode::Kind::kArray:
      if (member.value.elements.empty()) return json_error(path, "the list is empty; write one value at least");
      for (const JsonNode& element : member.value.elements) {
        MANTA_ASSIGN_OR_RETURN(Value value, read_value(element, element_path(path, term.values.size())));
        term.values.push_back(std::move(value));
      }
      return term;
    case JsonNode::Kind::kObject: {
      MANTA_ASSIGN_OR_RETURN(term.range, read_range(member.value, path));
      return term;
    }
  }
  return term;
}

Result<Confidence> read_confidence(const JsonNode& node, const std::string& path) {
  const std::string* word = node.kind == JsonNode::Kind::kScalar ? std::get_if<std::string>(&node.scalar) : nullptr;
  if (word != nullptr && *word == "low") return Confidence::kLow;
  if (word != nullptr && *word == "medium") return Confidence::kMedium;
  if (word != nullptr && *word == "high") return Confidence::kHigh;
  return json_error(path, excerpt(node) + " stands here; a confidence is \"low\", \"medium\" or \"high\"");
}

// Whether a range has a number that the domain has.
struct Meets {
  const NumberRange& range;

  bool operator()(const FloatDomain& domain) const { return meets(domain.low, domain.high); }
  bool operator()(const IntDomain& domain) const {
    // The least and the greatest whole number of the range.
    const double low = std::ceil(range.low) == range.low && range.low_is_open ? range.low + 1 : std::ceil(range.low);
    const double high =
        std::floor(range.high) == range.high && range.high_is_open ? range.high - 1 : std::floor(range.high);
    const double first = std::max(low, static_cast<double>(domain.low));
    return first <= std::min(high, static_cast<double>(domain.high));
  }
  bool operator()(const NormalDomain&) const { return true; }
  bool operator()(const ConstantDomain& domain) const { return has(domain.value); }
  template <class Listed>
  bool operator()(const Listed& domain) const {
    return std::ranges::any_of(domain.values, [&](const Value& value) { return has(value); });
  }

  bool has(const Value& value) const {
    const std::optional<double> number = number_of(value);
    return number && range.contains(*number);
  }
  bool meets(double low, double high) const {
    return range.contains(low) || range.contains(high) || (low < range.low && range.low < high) ||
           (low < range.high && range.high < high);
  }
};

// `value` as the domain writes it, so that the default 1 of a float is 1.0; none if it is no value of the domain.
std::optional<Value> value_in(const Domain& domain, const Value& value) {
  const std::optional<double> number = number_of(value);
  const auto find_listed = [&](const std::vector<Value>& values) -> std::optional<Value> {
    const auto found = std::ranges::find_if(values, [&](const Value& listed) { return same_value(listed, value); });
    return found == values.end() ? std::nullopt : std::optional(*found);
  };
  if (const auto* constant = std::get_if<ConstantDomain>(&domain)) return find_listed({constant->value});
  if (const auto* choice = std::get_if<ChoiceDomain>(&domain)) return find_listed(choice->values);
  if (const auto* ordinal = std::get_if<OrdinalDomain>(&domain)) return find_listed(ordinal->values);
  if (const auto* grid = std::get_if<GridDomain>(&domain)) return find_listed(grid->values);
  if (!number || !contains(domain, value)) return std::nullopt;
  if (std::holds_alternative<IntDomain>(domain)) return Value(static_cast<std::int64_t>(*number));
  return Value(*number);
}

Result<void> check_term(const ConditionTerm& term, const Domain& domain, const std::string& path) {
  if (term.range && !std::visit(Meets{*term.range}, domain)) {
    return json_error(path, "no value of " + term.parameter + ", which is " + domain_json(domain) +
                                ", lies in the range; the parameter would never take part");
  }
  for (const Value& value : term.values) {
    if (value_in(domain, value)) continue;
    return json_error(path, term.parameter + " never is " + to_json(value) + ": it is " + domain_json(domain));
  }
  return {};
}

std::string cycle_text(const std::vector<Parameter>& parameters, const std::vector<std::size_t>& cycle) {
  std::string text;
  for (const std::size_t position : cycle) text += parameters[position].name + " -> ";
  return text + parameters[cycle.front()].name;
}

}  // namespace

Result<Condition> read_condition(const JsonNode& node, const std::string& path) {
  if (node.kind != JsonNode::Kind::kObject || node.members.empty()) {
    return json_error(path, excerpt(node) + " stands here; " + std::string(kConditionForm));
  }
  Condition condition;
  for (const JsonMember& member : node.members) {
    MANTA_ASSIGN_OR_RETURN(ConditionTerm term, read_term(member, key_path(path, member.key)));
    condition.push_back(std::move(term));
  }
  return condition;
}

Result<void> read_rules(const JsonNode& object, const std::string& path, Parameter& parameter) {
  if (const JsonNode* when = find_member(object, "when")) {
    MANTA_ASSIGN_OR_RETURN(Condition condition, read_condition(*when, key_path(path, "when")));
    parameter.when.insert(parameter.when.end(), condition.begin(), condition.end());
  }
  const JsonNode* confidence = find_member(object, "confidence");
  if (confidence != nullptr) {
    MANTA_ASSIGN_OR_RETURN(parameter.confidence, read_confidence(*confidence, key_path(path, "confidence")));
  }
  const JsonNode* node = find_member(object, "default");
  if (node == nullptr) {
    if (confidence == nullptr) return {};
    return json_error(key_path(path, "confidence"), "there is no default to be confident of; write one beside it");
  }
  const std::string where = key_path(path, "default");
  MANTA_ASSIGN_OR_RETURN(const Value value, read_value(*node, where));
  parameter.default_value = value_in(parameter.domain, value);
  if (parameter.default_value) return {};
  return json_error(where, to_json(value) + " lies outside the domain " + domain_json(parameter.domain));
}

Result<void> check_conditions(const std::vector<Parameter>& parameters) {
  std::map<std::string_view, std::size_t> positions;
  for (std::size_t i = 0; i < parameters.size(); ++i) positions.emplace(parameters[i].name, i);
  std::vector<std::vector<std::size_t>> named;
  for (const Parameter& parameter : parameters) {
    std::vector<std::size_t>& own = named.emplace_back();
    for (const ConditionTerm& term : parameter.when) {
      const std::string path = parameter.name + "/when/" + term.parameter;
      const auto found = positions.find(term.parameter);
      if (found == positions.end()) {
        std::vector<std::string> names;
        for (const Parameter& known : parameters) names.push_back(known.name);
        return json_error(path, "the space has no parameter \"" + term.parameter + "\"" +
                                    did_you_mean(term.parameter, names) +
                                    " (names are whole, from the top of the space: model/act)");
      }
      MANTA_RETURN_IF_ERROR(check_term(term, parameters[found->second].domain, path));
      own.push_back(found->second);
    }
  }
  const ActivityOrder order = order_by_activity(named);
  if (order.cycle.empty()) return {};
  return json_error(parameters[order.cycle.front()].name + "/when",
                    "the condition depends on its own parameter: " + cycle_text(parameters, order.cycle));
}

Result<std::vector<Expression>> read_constraints(const JsonNode& node, const std::vector<Parameter>& parameters) {
  if (node.kind != JsonNode::Kind::kArray) {
    return json_error("constraints",
                      excerpt(node) + R"( stands here; write a list such as ["hidden * layers <= 4096"])");
  }
  const std::vector<ExpressionName> names = expression_names(parameters);
  std::vector<Expression> constraints;
  for (const JsonNode& element : node.elements) {
    const std::string where = element_path("constraints", constraints.size());
    const auto* text = element.kind == JsonNode::Kind::kScalar ? std::get_if<std::string>(&element.scalar) : nullptr;
    if (text == nullptr) {
      return json_error(where, excerpt(element) + R"( stands here; write text such as "hidden * layers <= 4096")");
    }
    Result<Expression> constraint = Expression::parse(*text, names);
    if (!constraint) return json_error(where, constraint.error().message);
    if (constraint->names().empty()) return json_error(where, "names no parameter, so it would change nothing");
    constraints.push_back(*std::move(constraint));
  }
  return constraints;
}

Result<std::vector<Config>> read_start(const JsonNode& node, const Space& space) {
  if (node.kind != JsonNode::Kind::kArray) {
    return json_error("start", excerpt(node) + R"( stands here; write a list of points such as [{"lr": 0.01}])");
  }
  if (node.elements.size() > kMaxStartPoints) {
    return json_error("start", std::to_string(node.elements.size()) + " points stand here; at most " +
                                   std::to_string(kMaxStartPoints) + " are allowed");
  }
  std::vector<Config> points;
  for (const JsonNode& element : node.elements) {
    const std::string where = element_path("start", points.size());
    MANTA_ASSIGN_OR_RETURN(const auto values, read_flat_values(element, where));
    Config point;
    for (const auto& [name, value] : values) {
      const Parameter* parameter = space.find(name);
      point.set(name, parameter == nullptr ? value : value_in(parameter->domain, value).value_or(value));
    }
    if (const Result<void> valid = space.validate_part(point); !valid) return json_error(where, valid.error().message);
    points.push_back(std::move(point));
  }
  return points;
}

}  // namespace manta::internal
