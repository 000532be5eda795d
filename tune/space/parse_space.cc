// SPDX-License-Identifier: Apache-2.0
// From a document to a space: names, groups, and the limits on both.
#include <algorithm>

#include "tune/space/internal/domain_reader.h"
#include "tune/space/internal/json_document.h"
#include "tune/space/internal/rule_reader.h"
#include "tune/space/space.h"

namespace manta {

namespace {

using internal::json_error;
using internal::JsonMember;
using internal::JsonNode;

constexpr std::size_t kMaxNameLength = 200;
constexpr std::string_view kSchemaKey = "$schema";  // Tells an editor where the schema is.
constexpr std::string_view kWhenKey = "when";

// In characters, not bytes. The text is valid UTF-8.
std::size_t length_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool has_control(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f) return true;
    // U+0080 to U+009F.
    const bool is_c1 = byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (is_c1) return true;
  }
  return false;
}

// `name` is the whole one, with those of its groups.
Result<void> check_name(std::string_view key, std::string_view name, const std::string& path) {
  if (key.empty()) return json_error(path, "the name is empty; give it one character at least");
  if (key.find('/') != std::string_view::npos) {
    return json_error(path, "a name must not contain '/', which joins the names of nested objects; nest it instead");
  }
  if (has_control(key)) return json_error(path, "a name must not contain control characters");
  if (const std::size_t length = length_of(name); length > kMaxNameLength) {
    return json_error(path, "the name has " + std::to_string(length) +
                                " characters with those of its groups; at most " + std::to_string(kMaxNameLength) +
                                " are allowed");
  }
  return {};
}

Error not_a_parameter(const JsonMember& member, const std::string& path) {
  const std::string hint =
      member.value.kind == JsonNode::Kind::kArray
          ? "; to choose among values write {\"choice\": [a, b]}, for a range {\"float\": [low, high]}"
          : "; write a value, a parameter such as {\"float\": [0, 1]}, or a group of parameters";
  return json_error(path, std::string(kind_text(member.value)) + " stands here, " + excerpt(member.value) +
                              (internal::suggest_kind(member.key).empty() ? hint : internal::suggest_kind(member.key)));
}

// What an object hands down to its members.
struct Place {
  std::string prefix;  // Of the names.
  std::string path;    // For messages.
  Condition when;      // Of the groups above.
};

// {"sgd": {"when": {"optimizer": "sgd"}, …}}: a condition of all members. A parameter or a constant named "when" is
// one.
bool is_group_condition(const JsonMember& member) {
  return member.key == kWhenKey && member.value.kind == JsonNode::Kind::kObject &&
         !internal::is_parameter(member.value);
}

Result<void> read_group(const JsonNode& group, Place place, std::vector<Parameter>& out);

Result<void> read_member(const JsonMember& member, const Place& place, std::vector<Parameter>& out) {
  const std::string name = place.prefix + member.key;
  const std::string path = internal::key_path(place.path, member.key);
  MANTA_RETURN_IF_ERROR(check_name(member.key, name, path));
  if (member.value.kind == JsonNode::Kind::kScalar) {
    MANTA_ASSIGN_OR_RETURN(Value value, internal::read_value(member.value, path));
    out.push_back({.name = name, .domain = ConstantDomain{std::move(value)}, .when = place.when});
    return {};
  }
  if (member.value.kind != JsonNode::Kind::kObject) return not_a_parameter(member, path);
  if (!internal::is_parameter(member.value)) return read_group(member.value, {name + "/", path, place.when}, out);
  MANTA_ASSIGN_OR_RETURN(Domain domain, internal::read_domain(member.value, path));
  Parameter parameter{.name = name, .domain = std::move(domain), .when = place.when};
  MANTA_RETURN_IF_ERROR(internal::read_rules(member.value, path, parameter));
  out.push_back(std::move(parameter));
  return {};
}

// The depth of this recursion is bounded by read_json().
Result<void> read_group(const JsonNode& group, Place place, std::vector<Parameter>& out) {
  std::size_t members = group.members.size();
  for (const JsonMember& member : group.members) {
    if (!is_group_condition(member)) continue;
    --members;
    MANTA_ASSIGN_OR_RETURN(Condition own,
                           internal::read_condition(member.value, internal::key_path(place.path, kWhenKey)));
    place.when.insert(place.when.end(), own.begin(), own.end());
  }
  if (members == 0) {
    return json_error(place.path, std::string(group.members.empty() ? "an empty object" : "a condition of nothing") +
                                      " stands here; write a parameter such as {\"float\": [0, 1]}, or take it out");
  }
  for (const JsonMember& member : group.members) {
    if (!is_group_condition(member)) MANTA_RETURN_IF_ERROR(read_member(member, place, out));
  }
  return {};
}

// What has its place inside.
Result<void> check_root(const JsonNode& root) {
  if (root.kind != JsonNode::Kind::kObject) {
    return json_error("", "expected an object such as {\"lr\": {\"float\": [0, 1]}}, found " +
                              std::string(kind_text(root)) + ", " + excerpt(root));
  }
  for (const std::string_view key : {kWhenKey, std::string_view("default"), std::string_view("confidence")}) {
    if (internal::find_member(root, key) == nullptr) continue;
    return json_error(std::string(key),
                      "belongs to a parameter, not to the whole space; write it inside, such as "
                      "{\"lr\": {\"float\": [0, 1], \"default\": 0.1}}");
  }
  if (internal::is_parameter(root)) {
    return json_error("",
                      "the whole document is one parameter without a name; write {\"name\": " + excerpt(root) + "}");
  }
  return {};
}

// Takes the member `key` out of `root`.
std::optional<JsonNode> take_member(JsonNode& root, std::string_view key) {
  const auto found = std::ranges::find(root.members, key, &JsonMember::key);
  if (found == root.members.end()) return std::nullopt;
  JsonNode node = std::move(found->value);
  root.members.erase(found);
  return node;
}

Result<void> check_default_config(const Space& space) {
  const std::optional<Config> config = space.default_config();
  if (!config) return {};
  const Result<void> valid = space.validate(*config);
  if (valid) return {};
  return Error{valid.error().code, "the defaults do not go together: " + valid.error().message};
}

Result<Space> read_space(std::string_view json) {
  MANTA_RETURN_IF_ERROR(internal::check_json_size(json));
  MANTA_ASSIGN_OR_RETURN(JsonNode root, internal::read_json(json));
  MANTA_RETURN_IF_ERROR(check_root(root));
  std::erase_if(root.members, [](const JsonMember& member) {
    return member.key == kSchemaKey && member.value.kind == JsonNode::Kind::kScalar;
  });
  const std::optional<JsonNode> constraint_list = take_member(root, "constraints");
  const std::optional<JsonNode> start_list = take_member(root, "start");
  if (root.members.empty()) {
    return json_error("", "the space is empty; write one parameter at least, such as {\"lr\": {\"float\": [0, 1]}}");
  }
  std::vector<Parameter> parameters;
  MANTA_RETURN_IF_ERROR(read_group(root, {}, parameters));
  MANTA_RETURN_IF_ERROR(internal::check_conditions(parameters));
  std::vector<Expression> constraints;
  if (constraint_list) {
    MANTA_ASSIGN_OR_RETURN(constraints, internal::read_constraints(*constraint_list, parameters));
  }
  Space space(std::move(parameters), std::move(constraints));
  MANTA_RETURN_IF_ERROR(check_default_config(space));
  if (!start_list) return space;
  MANTA_ASSIGN_OR_RETURN(std::vector<Config> start, internal::read_start(*start_list, space));
  return Space(space.parameters(), space.constraints(), std::move(start));
}

}  // namespace

Result<Space> parse_space(std::string_view json) {
  Result<Space> space = read_space(json);
  if (!space) return Error{space.error().code, "space: " + space.error().message};
  return space;
}

}  // namespace manta
