// SPDX-License-Identifier: Apache-2.0
// The depth of this recursion is bounded by read_json(); that of others over the names, by what is refused here.
#include "tune/space/internal/flat_values.h"

#include <algorithm>
#include <cstddef>

namespace manta::internal {

namespace {

Result<void> collect(const JsonNode& object, const std::string& prefix, const std::string& path,
                     std::map<std::string, Value>& values) {
  for (const JsonMember& member : object.members) {
    const std::string name = prefix + member.key;
    const std::string where = key_path(path, member.key);
    if (std::ranges::count(name, '/') >= static_cast<std::ptrdiff_t>(kMaxJsonDepth)) {
      return json_error(where, "a name has at most " + std::to_string(kMaxJsonDepth) + " parts between slashes");
    }
    if (member.value.kind == JsonNode::Kind::kObject) {
      MANTA_RETURN_IF_ERROR(collect(member.value, name + "/", where, values));
      continue;
    }
    if (member.value.kind != JsonNode::Kind::kScalar) {
      return json_error(where, std::string(kind_text(member.value)) +
                                   " stands here; allowed are true, false, numbers, strings and objects");
    }
    if (member.value.is_wide_integer) {
      return json_error(where, excerpt(member.value) + " is an integer beyond 64 bits; write it with a point");
    }
    if (!values.emplace(name, member.value.scalar).second) {
      return json_error(where, "the name \"" + name + "\" stands twice");
    }
  }
  return {};
}

}  // namespace

Result<std::map<std::string, Value>> read_flat_values(const JsonNode& node, const std::string& path) {
  if (node.kind != JsonNode::Kind::kObject) {
    return json_error(path, "expected an object {…}, found " + std::string(kind_text(node)));
  }
  std::map<std::string, Value> values;
  MANTA_RETURN_IF_ERROR(collect(node, "", path, values));
  return values;
}

}  // namespace manta::internal
