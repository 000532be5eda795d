// SPDX-License-Identifier: Apache-2.0
// Builds the tree from the parser's events.
#include "tune/space/internal/json_document.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_set>
#include <utility>

namespace manta::internal {

namespace {

constexpr std::size_t kMaxExcerpt = 60;

// The parser's own text without its number and place, and without bytes that a terminal could choke on.
std::string reason_of(std::string_view message) {
  if (const std::size_t bracket = message.find("] "); bracket != std::string_view::npos) {
    message.remove_prefix(bracket + 2);
  }
  if (message.starts_with("parse error")) message.remove_prefix(std::min(message.size(), message.find(": ") + 2));
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      text += c;
    } else {
      text += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return text;
}

// Where the byte before `position` stands, both counted from 1.
std::string place_of(std::string_view text, std::size_t position) {
  const std::string_view before = text.substr(0, position == 0 ? 0 : position - 1);
  const std::size_t line = 1 + static_cast<std::size_t>(std::ranges::count(before, '\n'));
  const std::size_t newline = before.rfind('\n');
  const std::size_t column = before.size() - (newline == std::string_view::npos ? 0 : newline + 1) + 1;
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

class TreeBuilder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit TreeBuilder(std::string_view text) : text_(text) {}

  bool null() override { return place(), true; }
  bool boolean(bool value) override { return add_scalar(value); }
  bool number_integer(std::int64_t value) override { return add_scalar(value); }
  bool number_unsigned(std::uint64_t value) override {
    if (std::in_range<std::int64_t>(value)) return add_scalar(static_cast<std::int64_t>(value));
    return add_scalar(static_cast<double>(value), /*is_wide_integer=*/true);
  }
  bool number_float(double value, const std::string& raw) override {
    return add_scalar(value, raw.find_first_of(".eE") == std::string::npos);
  }
  bool string(std::string& value) override { return add_scalar(std::move(value)); }
  bool binary(nlohmann::json::binary_t&) override { return false; }  // JSON text has none.
  bool start_object(std::size_t) override { return open(JsonNode::Kind::kObject); }
  bool start_array(std::size_t) override { return open(JsonNode::Kind::kArray); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string& name) override {
    open_.back()->members.push_back({name, {}});
    if (keys_.back().insert(name).second) return true;
    error_ = json_error(path(), "this key stands twice in one object; keep one of them");
    return false;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& error) override {
    error_ = json_error("", "not valid JSON at " + place_of(text_, position) + ": " + reason_of(error.what()));
    return false;
  }

  Result<JsonNode> take(bool succeeded) && {
    if (succeeded) return std::move(root_);
    return error_.value_or(json_error("", "not valid JSON"));
  }

 private:
  // Where the next value goes. The pointers in open_ stay valid: a parent grows only while none of its children is
  // open.
  JsonNode& place() {
    if (open_.empty()) return root_;
    JsonNode& parent = *open_.back();
    return parent.kind == JsonNode::Kind::kArray ? parent.elements.emplace_back() : parent.members.back().value;
  }

  bool add_scalar(Value value, bool is_wide_integer = false) {
    JsonNode& node = place();
    node.kind = JsonNode::Kind::kScalar;
    node.scalar = std::move(value);
    node.is_wide_integer = is_wide_integer;
    return true;
  }

  bool open(JsonNode::Kind kind) {
    JsonNode& node = place();
    if (open_.size() == kMaxJsonDepth) {
      error_ = json_error(path(), "nested deeper than " + std::to_string(kMaxJsonDepth) + " levels; use fewer");
      return false;
    }
    node.kind = kind;
    open_.push_back(&node);
    keys_.emplace_back();
    return true;
  }

  bool close() {
    open_.pop_back();
    keys_.pop_back();
    return true;
  }

  // Of the value or key that was read last.
  std::string path() const {
    std::string path;
    for (const JsonNode* node : open_) {
      const bool is_array = node->kind == JsonNode::Kind::kArray;
      path = is_array ? element_path(path, node->elements.size() - 1) : key_path(path, node->members.back().key);
    }
    return path;
  }

  const std::string_view text_;
  JsonNode root_;
  std::vector<JsonNode*> open_;
  std::vector<std::unordered_set<std::string>> keys_;  // Of each open level; empty for arrays.
  std::optional<Error> error_;
};

std::string cut(std::string text) {
  if (text.size() <= kMaxExcerpt) return text;
  std::size_t end = kMaxExcerpt;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // Not within a UTF-8 sequence.
  return text.substr(0, end) + "…";
}

void append_text(const JsonNode& node, std::string& out) {
  if (out.size() > kMaxExcerpt) return;  // What follows will be cut.
  switch (node.kind) {
    case JsonNode::Kind::kNull: out += "null"; return;
    case JsonNode::Kind::kScalar: out += to_json(node.scalar); return;
    case JsonNode::Kind::kArray:
      out += '[';
      for (const JsonNode& element : node.elements) {
        if (&element != &node.elements.front()) out += ", ";
        append_text(element, out);
      }
      out += ']';
      return;
    case JsonNode::Kind::kObject:
      out += '{';
      for (const JsonMember& member : node.members) {
        if (&member != &node.members.front()) out += ", ";
        out += to_json(Value(member.key)) + ": ";
        append_text(member.value, out);
      }
      out += '}';
      return;
  }
}

}  // namespace

Result<void> check_json_size(std::string_view text) {
  if (text.size() <= kMaxJsonBytes) return {};
  return json_error("", "the document has " + std::to_string(text.size()) + " bytes; at most " +
                            std::to_string(kMaxJsonBytes) + " (1 MiB) are allowed");
}

Result<JsonNode> read_json(std::string_view text) {
  TreeBuilder builder(text);
  const bool succeeded = nlohmann::json::sax_parse(text, &builder);
  return std::move(builder).take(succeeded);
}

const JsonNode* find_member(const JsonNode& object, std::string_view key) {
  const auto found = std::ranges::find(object.members, key, &JsonMember::key);
  return found == object.members.end() ? nullptr : &found->value;
}

std::string excerpt(const JsonNode& node) {
  std::string text;
  append_text(node, text);
  return cut(std::move(text));
}

std::string_view kind_text(const JsonNode& node) {
  switch (node.kind) {
    case JsonNode::Kind::kNull: return "null";
    case JsonNode::Kind::kArray: return "an array";
    case JsonNode::Kind::kObject: return "an object";
    case JsonNode::Kind::kScalar: break;
  }
  constexpr std::string_view kWords[] = {"a boolean", "an integer", "a number", "a string"};
  return node.is_wide_integer ? kWords[1] : kWords[node.scalar.index()];
}

std::string key_path(const std::string& path, std::string_view key) {
  const bool is_plain = !key.empty() && std::ranges::none_of(key, [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '"' || c == '\\' || c == '/' || c == ':';
  });
  std::string text = is_plain ? std::string(key) : to_json(Value(std::string(key)));
  text = cut(std::move(text));
  return path.empty() ? text : path + "/" + text;
}

std::string element_path(const std::string& path, std::size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

Error json_error(const std::string& path, const std::string& what) {
  return {ErrorCode::kInvalidArgument, path.empty() ? what : path + ": " + what};
}

}  // namespace manta::internal
