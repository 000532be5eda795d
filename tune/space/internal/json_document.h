// SPDX-License-Identifier: Apache-2.0
// A JSON document as a tree that keeps what common readers drop: the order of keys, and that one stands twice.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "tune/space/value.h"

namespace manta::internal {

struct JsonMember;

/// One value of a document.
struct JsonNode {
  enum class Kind { kNull, kScalar, kArray, kObject };

  Kind kind = Kind::kNull;
  Value scalar;  ///< Of a kScalar. Numbers are finite.
  /// The scalar was written as an integer that 64 bits do not hold; `scalar` is the nearest double.
  bool is_wide_integer = false;
  std::vector<JsonNode> elements;   ///< Of a kArray.
  std::vector<JsonMember> members;  ///< Of a kObject, in the order of the document; no key stands twice.
};
struct JsonMember {
  std::string key;
  JsonNode value;
};

/// Levels of arrays and objects that a document may have.
inline constexpr std::size_t kMaxJsonDepth = 64;

/// Bytes that a document written by a person may have.
inline constexpr std::size_t kMaxJsonBytes = std::size_t{1} << 20;

/// Errors: kInvalidArgument: `text` is larger than kMaxJsonBytes.
Result<void> check_json_size(std::string_view text);

/// Reads `text`, of any size.
/// Errors: kInvalidArgument: not JSON, or not UTF-8 (with line and column); a key that stands twice in one object, or
/// more than kMaxJsonDepth levels (with the path).
Result<JsonNode> read_json(std::string_view text);

/// The value of `key` in an object, or null.
const JsonNode* find_member(const JsonNode& object, std::string_view key);

/// `node` as compact JSON for messages, cut with "…" where it is long.
std::string excerpt(const JsonNode& node);

/// "an array", "a string": what stands there, in words.
std::string_view kind_text(const JsonNode& node);

/// "lr/float" from "lr" and "float". A key that would not print well is quoted.
std::string key_path(const std::string& path, std::string_view key);
/// "lr/float[1]".
std::string element_path(const std::string& path, std::size_t index);

/// kInvalidArgument: "path: what", or "what" where the path is "", the whole document.
Error json_error(const std::string& path, const std::string& what);

}  // namespace manta::internal
