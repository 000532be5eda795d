// SPDX-License-Identifier: Apache-2.0
// One reader per kind of parameter; each says what is wrong and what is allowed.
#include "tune/space/internal/domain_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <unordered_set>

#include "core/base/did_you_mean.h"
#include "tune/space/internal/stepped_range.h"

namespace manta::internal {

namespace {

using Words = std::vector<std::string>;

// Constants, not variables of the program: a space may be parsed before main() begins.
constexpr std::array<std::string_view, 6> kKinds{"float", "int", "grid", "choice", "ordinal", "normal"};
constexpr std::array<std::string_view, 2> kOptions{"log", "step"};
constexpr std::array<std::string_view, 3> kRules{"when", "default", "confidence"};
constexpr std::array<std::string_view, 2> kTopWords{"constraints", "start"};

constexpr std::int64_t kMaxInt = std::int64_t{1} << 53;

template <std::size_t n>
bool contains(const std::array<std::string_view, n>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

std::string number_text(double value) { return to_json(Value(value)); }

std::string bounds_text(const std::string& low, const std::string& high) { return "[" + low + ", " + high + "]"; }

// The one member that says what kind of parameter this is, every other key being known.
Result<const JsonMember*> find_kind(const JsonNode& object, const std::string& path) {
  const JsonMember* kind = nullptr;
  Words known(kKinds.begin(), kKinds.end());
  known.insert(known.end(), kOptions.begin(), kOptions.end());
  known.insert(known.end(), kRules.begin(), kRules.end());
  for (const JsonMember& member : object.members) {
    const std::string where = key_path(path, member.key);
    if (contains(kTopWords, member.key)) {
      return json_error(where, "belongs to the whole space, not to a parameter; write it at the top of the space");
    }
    if (std::ranges::find(known, member.key) == known.end()) {
      const std::string guess = did_you_mean(member.key, known);
      return json_error(where, "unknown key in a parameter" + (guess.empty() ? "; " : guess + " ") +
                                   "allowed are one of float, int, grid, choice, ordinal, normal, with float or int "
                                   "the options log and step, and when, default and confidence");
    }
    if (!contains(kKinds, member.key)) continue;
    if (kind != nullptr) {
      return json_error(path, "has two kinds, " + kind->key + " and " + member.key + "; keep one of them");
    }
    kind = &member;
  }
  return kind;
}

Result<double> read_number(const JsonNode& node, const std::string& path) {
  if (node.kind == JsonNode::Kind::kScalar) {
    if (const auto* real = std::get_if<double>(&node.scalar)) return *real;
    if (const auto* integer = std::get_if<std::int64_t>(&node.scalar)) return static_cast<double>(*integer);
  }
  return json_error(path, excerpt(node) + " is " + std::string(kind_text(node)) + "; a finite number is needed here");
}

Result<std::int64_t> read_integer(const JsonNode& node, const std::string& path) {
  MANTA_ASSIGN_OR_RETURN(const double number, read_number(node, path));
  if (number != std::trunc(number)) {
    return json_error(path, excerpt(node) + " is not a whole number; write whole numbers, or use float");
  }
  // Asked of the integer itself, because 2^53 + 1 becomes 2^53 as a double.
  const auto* integer = std::get_if<std::int64_t>(&node.scalar);
  const bool fits = integer != nullptr ? *integer >= -kMaxInt && *integer <= kMaxInt
                                       : std::abs(number) <= static_cast<double>(kMaxInt);
  if (!fits) {
    return json_error(path, excerpt(node) + " is too large for int, which goes from -2^53 to 2^53; use float");
  }
  return static_cast<std::int64_t>(number);
}

// The two elements of "float", "int" or "normal". `form` says what they mean.
Result<std::array<const JsonNode*, 2>> read_pair(const JsonNode& node, const std::string& path,
                                                 const std::string& form) {
  if (node.kind != JsonNode::Kind::kArray) {
    return json_error(path, excerpt(node) + " stands here; write two numbers, " + form);
  }
  if (node.elements.size() != 2) {
    return json_error(path, std::to_string(node.elements.size()) + " values stand in " + excerpt(node) +
                                "; write exactly two numbers, " + form);
  }
  return std::array<const JsonNode*, 2>{&node.elements[0], &node.elements[1]};
}

template <class Number>
Result<void> check_order(Number low, Number high, const std::string& path) {
  if (low < high) return {};
  const std::string low_text = to_json(Value(low));
  const std::string high_text = to_json(Value(high));
  if (high < low) {
    return json_error(path, "the bounds " + bounds_text(low_text, high_text) +
                                " are reversed; write [low, high] with "
                                "low < high: " +
                                bounds_text(high_text, low_text));
  }
  return json_error(path,
                    "both bounds are " + low_text + "; write low < high, or for one fixed value the bare " + low_text);
}

Result<bool> read_log(const JsonNode& object, const std::string& path) {
  const JsonNode* node = find_member(object, "log");
  if (node == nullptr) return false;
  const bool* log = node->kind == JsonNode::Kind::kScalar ? std::get_if<bool>(&node->scalar) : nullptr;
  if (log == nullptr) return json_error(key_path(path, "log"), excerpt(*node) + " stands here; write true or false");
  return *log;
}

// "log" excludes "step", for steps of equal mass have no logarithm.
Result<void> check_log(const JsonNode& object, const std::string& path, const std::string& kind, bool low_is_allowed,
                       const std::string& needed) {
  if (find_member(object, "step") != nullptr) {
    return json_error(path,
                      "has both log and step; keep one of them (for other spacings list the values in an ordinal)");
  }
  if (low_is_allowed) return {};
  const std::string low = excerpt(find_member(object, kind)->elements[0]);
  return json_error(element_path(key_path(path, kind), 0), low +
                                                               " has no place on a logarithmic scale; with log the "
                                                               "lower bound must be " +
                                                               needed);
}

Result<void> check_step_sign(double step, const JsonNode& node, const std::string& path) {
  if (step > 0) return {};
  return json_error(path, excerpt(node) + " is no step; it must be greater than 0");
}

Error undivided(const std::string& path, const std::string& step, const std::string& bounds, const std::string& last) {
  return json_error(path, step + " does not divide the range " + bounds +
                              ", whose ends both belong to the space; the last "
                              "step would end at " +
                              last + ": change the step or the upper bound");
}

Result<Domain> read_float(const JsonNode& object, const JsonNode& bounds, const std::string& path) {
  const std::string where = key_path(path, "float");
  MANTA_ASSIGN_OR_RETURN(const auto pair, read_pair(bounds, where, "[low, high]"));
  FloatDomain domain;
  MANTA_ASSIGN_OR_RETURN(domain.low, read_number(*pair[0], element_path(where, 0)));
  MANTA_ASSIGN_OR_RETURN(domain.high, read_number(*pair[1], element_path(where, 1)));
  MANTA_RETURN_IF_ERROR(check_order(domain.low, domain.high, where));
  MANTA_ASSIGN_OR_RETURN(domain.log, read_log(object, path));
  if (domain.log) MANTA_RETURN_IF_ERROR(check_log(object, path, "float", domain.low > 0, "greater than 0"));
  const JsonNode* step_node = find_member(object, "step");
  if (step_node == nullptr) return Domain(domain);

  const std::string step_path = key_path(path, "step");
  MANTA_ASSIGN_OR_RETURN(const double step, read_number(*step_node, step_path));
  MANTA_RETURN_IF_ERROR(check_step_sign(step, *step_node, step_path));
  const SteppedRange range(domain.low, domain.high, step);
  if (!range.is_representable()) {
    return json_error(step_path, number_text(step) +
                                     " is too small beside the bounds: at most 10^12 steps may lie between "
                                     "0 and a bound; leave the step out");
  }
  if (!range.is_divided()) {
    const double last = domain.low + step * std::floor((domain.high - domain.low) / step);
    return undivided(step_path, number_text(step), bounds_text(number_text(domain.low), number_text(domain.high)),
                     number_text(last));
  }
  domain.step = step;
  return Domain(domain);
}

Result<Domain> read_int(const JsonNode& object, const JsonNode& bounds, const std::string& path) {
  const std::string where = key_path(path, "int");
  MANTA_ASSIGN_OR_RETURN(const auto pair, read_pair(bounds, where, "[low, high]"));
  IntDomain domain;
  MANTA_ASSIGN_OR_RETURN(domain.low, read_integer(*pair[0], element_path(where, 0)));
  MANTA_ASSIGN_OR_RETURN(domain.high, read_integer(*pair[1], element_path(where, 1)));
  MANTA_RETURN_IF_ERROR(check_order(domain.low, domain.high, where));
  MANTA_ASSIGN_OR_RETURN(domain.log, read_log(object, path));
  if (domain.log) MANTA_RETURN_IF_ERROR(check_log(object, path, "int", domain.low >= 1, "at least 1"));
  const JsonNode* step_node = find_member(object, "step");
  if (step_node == nullptr) return Domain(domain);

  const std::string step_path = key_path(path, "step");
  MANTA_ASSIGN_OR_RETURN(domain.step, read_integer(*step_node, step_path));
  MANTA_RETURN_IF_ERROR(check_step_sign(static_cast<double>(domain.step), *step_node, step_path));
  const std::int64_t rest = (domain.high - domain.low) % domain.step;
  if (rest != 0) {
    return undivided(step_path, std::to_string(domain.step),
                     bounds_text(std::to_string(domain.low), std::to_string(domain.high)),
                     std::to_string(domain.high - rest));
  }
  return Domain(domain);
}

Result<Domain> read_normal(const JsonNode& numbers, const std::string& path) {
  const std::string where = key_path(path, "normal");
  MANTA_ASSIGN_OR_RETURN(const auto pair, read_pair(numbers, where, "[mean, stddev]"));
  NormalDomain domain;
  MANTA_ASSIGN_OR_RETURN(domain.mean, read_number(*pair[0], element_path(where, 0)));
  MANTA_ASSIGN_OR_RETURN(domain.stddev, read_number(*pair[1], element_path(where, 1)));
  if (domain.stddev <= 0) {
    return json_error(element_path(where, 1),
                      excerpt(*pair[1]) + " is no standard deviation; it must be greater than 0");
  }
  // No draw lies further out than nine deviations, and every draw must be finite.
  if (!std::isfinite(std::abs(domain.mean) + 10 * domain.stddev)) {
    return json_error(where, excerpt(numbers) + " reaches beyond the largest double; use smaller numbers");
  }
  return Domain(domain);
}

// Equal for values that a program could not tell apart: 1 and 1.0 are both read as an integer and as a number.
std::string identity_of(const Value& value) {
  const double* real = std::get_if<double>(&value);
  const bool is_whole = real != nullptr && *real == std::trunc(*real) && std::abs(*real) < 0x1p63;
  return is_whole ? std::to_string(static_cast<std::int64_t>(*real)) : to_json(value);
}

Result<std::vector<Value>> read_list(const JsonNode& list, const std::string& kind, const std::string& path) {
  const std::string where = key_path(path, kind);
  if (list.kind != JsonNode::Kind::kArray) {
    return json_error(where, excerpt(list) + " stands here; write a list of values, [a, b, …]");
  }
  if (list.elements.empty()) return json_error(where, "the list is empty; write one value at least");
  std::vector<Value> values;
  std::unordered_set<std::string> seen;
  for (const JsonNode& element : list.elements) {
    const std::string element_where = element_path(where, values.size());
    MANTA_ASSIGN_OR_RETURN(Value value, read_value(element, element_where));
    if (!seen.insert(identity_of(value)).second) {
      return json_error(element_where,
                        excerpt(element) + " stands in the list already; each value may stand there once");
    }
    values.push_back(std::move(value));
  }
  return values;
}

Result<void> check_no_options(const JsonNode& object, const std::string& kind, const std::string& path) {
  for (const std::string_view option : kOptions) {
    if (find_member(object, option) == nullptr) continue;
    return json_error(key_path(path, option), "is an option of float and int only; " + kind + " has none: take it out");
  }
  return {};
}

}  // namespace

bool is_parameter(const JsonNode& object) {
  bool has_kind = false;
  bool has_only_known = true;
  for (const JsonMember& member : object.members) {
    const bool is_kind = contains(kKinds, member.key);
    if (is_kind && member.value.kind == JsonNode::Kind::kArray) return true;
    has_kind = has_kind || is_kind;
    has_only_known = has_only_known && (is_kind || contains(kOptions, member.key) || is_reserved(member.key));
  }
  return has_kind && has_only_known;
}

bool is_reserved(std::string_view key) { return contains(kRules, key) || contains(kTopWords, key); }

Result<Domain> read_domain(const JsonNode& object, const std::string& path) {
  MANTA_ASSIGN_OR_RETURN(const JsonMember* const kind, find_kind(object, path));
  if (kind->key == "float") return read_float(object, kind->value, path);
  if (kind->key == "int") return read_int(object, kind->value, path);
  MANTA_RETURN_IF_ERROR(check_no_options(object, kind->key, path));
  if (kind->key == "normal") return read_normal(kind->value, path);
  MANTA_ASSIGN_OR_RETURN(std::vector<Value> values, read_list(kind->value, kind->key, path));
  if (kind->key == "grid") return Domain(GridDomain{std::move(values)});
  if (kind->key == "choice") return Domain(ChoiceDomain{std::move(values)});
  return Domain(OrdinalDomain{std::move(values)});
}

Result<Value> read_value(const JsonNode& node, const std::string& path) {
  if (node.kind != JsonNode::Kind::kScalar) {
    return json_error(path, std::string(kind_text(node)) + " stands here, " + excerpt(node) +
                                "; a value must be true, false, a number or a string");
  }
  if (node.is_wide_integer) {
    return json_error(path, excerpt(node) + " is an integer beyond 64 bits; write it with a point, or as a string");
  }
  return node.scalar;
}

std::string suggest_kind(std::string_view key) { return did_you_mean(key, {kKinds.begin(), kKinds.end()}); }

}  // namespace manta::internal
