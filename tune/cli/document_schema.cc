// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/document_schema.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "tune/cli/internal/named_request.h"

namespace manta {

namespace {

using internal::named_kinds;
using internal::NamedKind;
using Json = nlohmann::ordered_json;
using Kind = OptionRange::Kind;

constexpr std::size_t kLineWidth = 120;

// As the rest of the schema is written: {"a": [1, 2]}.
std::string one_line(const Json& value) {
  if (!value.is_structured()) return value.dump();
  std::string text;
  for (const auto& [key, member] : value.items())
    text += (text.empty() ? "" : ", ") + (value.is_object() ? Json(key).dump() + ": " : "") + one_line(member);
  return value.is_object() ? "{" + text + "}" : "[" + text + "]";
}

// On one line where there is room for it, else a line for each member.
std::string laid_out(const Json& value, std::size_t indent) {
  const std::string line = one_line(value);
  if (indent + line.size() <= kLineWidth || !value.is_structured() || value.empty()) return line;
  std::string text = value.is_object() ? "{\n" : "[\n";
  std::size_t left = value.size();
  for (const auto& [key, member] : value.items()) {
    text += std::string(indent + 2, ' ') + (value.is_object() ? Json(key).dump() + ": " : "") +
            laid_out(member, indent + 2) + (--left > 0 ? ",\n" : "\n");
  }
  return text + std::string(indent, ' ') + (value.is_object() ? "}" : "]");
}

// A number that is whole has no point.
Json whole_or_real(double number) {
  const double whole = std::nearbyint(number);
  if (whole == number && std::abs(number) < 1e15) return static_cast<std::int64_t>(whole);
  return number;
}

Json option_schema(const OptionRange& option) {
  Json schema{{"description", option.help}};
  if (option.kind == Kind::kText) {
    schema["type"] = {"string", "null"};
    schema["pattern"] = "^[^,+ ]([^,+]*[^,+ ])?$";
  } else if (option.kind == Kind::kWhole) {
    schema["type"] = {"integer", "null"};
    schema["minimum"] = option.low;
    schema["maximum"] = option.high;
  } else {
    schema["type"] = {"number", "null"};
    if (std::isfinite(option.real_low)) schema["minimum"] = whole_or_real(option.real_low);
    if (std::isfinite(option.real_high)) schema["maximum"] = whole_or_real(option.real_high);
  }
  if (option.required) schema["type"].erase(1);
  if (option.otherwise) schema["default"] = whole_or_real(*option.otherwise);
  return schema;
}

Json options_schema(const NamedKind& kind) {
  Json required = Json::array();
  Json properties = Json::object();
  for (const OptionRange& option : kind.options) {
    properties[std::string(option.name)] = option_schema(option);
    if (option.required) required.push_back(option.name);
  }
  Json schema{{"description", kind.summary}, {"type", required.empty() ? Json{"object", "null"} : Json("object")}};
  if (!required.empty()) schema["required"] = std::move(required);
  schema["additionalProperties"] = false;
  schema["properties"] = std::move(properties);
  return schema;
}

std::string value_pattern(const OptionRange& option) {
  if (option.kind == Kind::kWhole) return "-?[0-9]+";
  return option.kind == Kind::kReal ? "-?[0-9.]+(e-?[0-9]+)?" : "[^,+]+";
}

// "asha(:(grace=-?[0-9]+|eta=-?[0-9]+)(,(…))*)?"
std::string text_pattern(const NamedKind& kind) {
  if (kind.options.empty()) return std::string(kind.name);
  std::string any;
  for (const OptionRange& option : kind.options)
    any += (any.empty() ? "(" : "|") + std::string(option.name) + "=" + value_pattern(option);
  any += ")";
  return std::string(kind.name) + "(:" + any + "(," + any + ")*)?";
}

bool is_any(const NamedKind& /*kind*/) { return true; }
bool may_follow(const NamedKind& kind) { return kind.may_follow; }

std::string texts_pattern(const std::vector<NamedKind>& kinds, bool (*is_meant)(const NamedKind&)) {
  std::string any;
  for (const NamedKind& kind : kinds)
    if (is_meant(kind)) any += (any.empty() ? "(" : "|") + text_pattern(kind);
  return any + ")";
}

// What holds of an object with one of the names; of a value of another type it says nothing.
void add_object(Json& schema, const std::vector<NamedKind>& kinds, bool (*is_meant)(const NamedKind&),
                const std::string& definitions) {
  schema["minProperties"] = 1;
  schema["maxProperties"] = 1;
  schema["additionalProperties"] = false;
  for (const NamedKind& kind : kinds) {
    const std::string name(kind.name);
    if (is_meant(kind)) schema["properties"][name] = {{"$ref", definitions + name}};
  }
}

Json definitions_of(const std::vector<NamedKind>& kinds) {
  Json definitions;
  for (const NamedKind& kind : kinds) definitions[std::string(kind.name)] = options_schema(kind);
  return definitions;
}

// An element of a list of schedulers.
Json element_schema(const std::vector<NamedKind>& kinds, bool (*is_meant)(const NamedKind&)) {
  Json schema{{"type", {"string", "object"}}, {"pattern", "^" + texts_pattern(kinds, is_meant) + "$"}};
  add_object(schema, kinds, is_meant, "#/$defs/scheduler/$defs/");
  return schema;
}

Json scheduler_schema() {
  const std::vector<NamedKind> kinds = named_kinds(OptionKind::kScheduler);
  Json schema{{"description",
               "A name, options behind a colon, further schedulers behind a plus: asha:grace=1,eta=4 + "
               "patience:reports=10. Or an object with options, {\"asha\": {\"grace\": 1}}, or a list of these. See "
               "reference/schedulers.md."},
              {"type", {"string", "object", "array", "null"}},
              {"default", "fifo"},
              {"pattern", "^ *" + texts_pattern(kinds, is_any) + "( *[+] *" + texts_pattern(kinds, may_follow) + ")* *$"},
              {"minItems", 1},
              {"prefixItems", Json::array({{{"$ref", "#/$defs/scheduler/$defs/first"}}})},
              {"items", {{"$ref", "#/$defs/scheduler/$defs/further"}}}};
  add_object(schema, kinds, is_any, "#/$defs/scheduler/$defs/");
  schema["$defs"] = definitions_of(kinds);
  schema["$defs"]["first"] = element_schema(kinds, is_any);
  schema["$defs"]["further"] = element_schema(kinds, may_follow);
  return schema;
}

Json searcher_schema() {
  const std::vector<NamedKind> kinds = named_kinds(OptionKind::kSearcher);
  Json names = Json::array();
  Json texts = Json::array();
  for (const NamedKind& kind : kinds) {
    names.push_back(kind.name);
    if (!kind.options.empty()) texts.push_back({{"pattern", "^" + text_pattern(kind) + "$"}});
  }
  texts.insert(texts.begin(), Json{{"enum", std::move(names)}});
  for (const char* pattern : {"^exec:.*[^ ]", "\\.so(\\.[0-9.]+)?(:|$)", "^[A-Z_][A-Za-z0-9_]*(:.*)?$"})
    texts.push_back({{"pattern", pattern}});
  Json schema{{"description",
               "Default: grid if the space has a grid parameter, nsga2 if there are several metrics, else auto. With "
               "options: nsga2:population=40, or {\"nsga2\": {\"population\": 40}}. Of your own: Name of "
               "MANTA_SEARCHER, ./libx.so:Name of a plugin, exec:COMMAND of any program."},
              {"type", {"string", "object", "null"}},
              {"if", {{"type", "string"}}},
              {"then", {{"anyOf", std::move(texts)}}}};
  add_object(schema, kinds, is_any, "#/$defs/searcher/$defs/");
  schema["$defs"] = definitions_of(kinds);
  return schema;
}

Result<std::string> with_definition(std::string schema, const std::string& name, const Json& definition) {
  const std::string head = "\n    \"" + name + "\": ";
  const std::size_t begin = schema.find(head + "{\n");
  const std::size_t end = begin == std::string::npos ? begin : schema.find("\n    }", begin + head.size());
  if (end == std::string::npos) return Error{ErrorCode::kNotFound, "the schema has no definition \"" + name + "\""};
  const std::size_t after = end + std::string_view("\n    }").size();
  return schema.replace(begin, after - begin, head + laid_out(definition, 4));
}

}  // namespace

Result<std::string> with_named_requests(std::string_view schema) {
  MANTA_ASSIGN_OR_RETURN(std::string text, with_definition(std::string(schema), "scheduler", scheduler_schema()));
  return with_definition(std::move(text), "searcher", searcher_schema());
}

}  // namespace manta
