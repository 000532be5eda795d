// SPDX-License-Identifier: Apache-2.0
// From a document to a space: names, groups, and the limits on both.
#include <algorithm>

#include "tune/space/internal/domain_reader.h"
#include "tune/space/internal/json_document.h"
#include "tune/space/space.h"

namespace manta {

namespace {

using internal::json_error;
using internal::JsonMember;
using internal::JsonNode;

constexpr std::size_t kMaxNameLength = 200;
constexpr std::string_view kSchemaKey = "$schema";  // Tells an editor where the schema is.

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

Result<void> read_group(const JsonNode& group, const std::string& prefix, const std::string& path,
                        std::vector<Parameter>& out);

Result<void> read_member(const JsonMember& member, const std::string& prefix, const std::string& path,
                         std::vector<Parameter>& out) {
  const std::string name = prefix + member.key;
  MANTA_RETURN_IF_ERROR(check_name(member.key, name, path));
  if (member.value.kind == JsonNode::Kind::kScalar) {
    MANTA_ASSIGN_OR_RETURN(Value value, internal::read_value(member.value, path));
    out.push_back({name, ConstantDomain{std::move(value)}});
    return {};
  }
  if (member.value.kind != JsonNode::Kind::kObject) return not_a_parameter(member, path);
  if (!internal::is_parameter(member.value)) return read_group(member.value, name + "/", path, out);
  MANTA_ASSIGN_OR_RETURN(Domain domain, internal::read_domain(member.value, path));
  out.push_back({name, std::move(domain)});
  return {};
}

// The depth of this recursion is bounded by read_json().
Result<void> read_group(const JsonNode& group, const std::string& prefix, const std::string& path,
                        std::vector<Parameter>& out) {
  if (group.members.empty()) {
    return json_error(path,
                      "an empty object stands here; write a parameter such as {\"float\": [0, 1]}, or take it out");
  }
  for (const JsonMember& member : group.members) {
    MANTA_RETURN_IF_ERROR(read_member(member, prefix, internal::key_path(path, member.key), out));
  }
  return {};
}

Result<void> check_root(const JsonNode& root) {
  if (root.kind != JsonNode::Kind::kObject) {
    return json_error("", "expected an object such as {\"lr\": {\"float\": [0, 1]}}, found " +
                              std::string(kind_text(root)) + ", " + excerpt(root));
  }
  for (const JsonMember& member : root.members) {
    if (internal::is_reserved(member.key)) return internal::reserved_error(member.key);
  }
  if (internal::is_parameter(root)) {
    return json_error("",
                      "the whole document is one parameter without a name; write {\"name\": " + excerpt(root) + "}");
  }
  return {};
}

Result<Space> read_space(std::string_view json) {
  MANTA_RETURN_IF_ERROR(internal::check_json_size(json));
  MANTA_ASSIGN_OR_RETURN(JsonNode root, internal::read_json(json));
  MANTA_RETURN_IF_ERROR(check_root(root));
  std::erase_if(root.members, [](const JsonMember& member) {
    return member.key == kSchemaKey && member.value.kind == JsonNode::Kind::kScalar;
  });
  if (root.members.empty()) {
    return json_error("", "the space is empty; write one parameter at least, such as {\"lr\": {\"float\": [0, 1]}}");
  }
  std::vector<Parameter> parameters;
  MANTA_RETURN_IF_ERROR(read_group(root, "", "", parameters));
  return Space(std::move(parameters));
}

}  // namespace

Result<Space> parse_space(std::string_view json) {
  Result<Space> space = read_space(json);
  if (!space) return Error{space.error().code, "space: " + space.error().message};
  return space;
}

}  // namespace manta
