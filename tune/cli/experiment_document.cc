// SPDX-License-Identifier: Apache-2.0
// Documents to options and back; JSON is known here only.
#include "tune/cli/experiment_document.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/did_you_mean.h"
#include "tune/cli/internal/named_request.h"
#include "tune/space/json_check.h"
#include "tune/space/space_evolution.h"

namespace manta {

namespace {

using Json = nlohmann::ordered_json;  // Keeps the order of the parameters.

constexpr const char* kSpaceKey = "space";
constexpr const char* kSchemaKey = "$schema";  // For editors.

Result<Json> parse_json(std::string_view text, std::string_view origin) {
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: …": the bracket means nothing to a user.
    const std::string_view message(error.what());
    const std::size_t bracket = message.find("] ");
    return Error{ErrorCode::kInvalidArgument,
                 std::string(origin) + " is not JSON: " +
                     std::string(bracket == std::string_view::npos ? message : message.substr(bracket + 2))};
  }
}

const OptionSpec* find_by_document_name(std::string_view name) {
  for (const OptionSpec& spec : option_table()) {
    if (spec.in_document && document_name(spec) == name) return &spec;
  }
  return nullptr;
}

std::vector<std::string> document_names() {
  std::vector<std::string> names{kSpaceKey};
  for (const OptionSpec& spec : option_table()) {
    if (spec.in_document) names.push_back(document_name(spec));
  }
  return names;
}

std::string form_of(OptionKind kind) {
  switch (kind) {
    case OptionKind::kText: return "a string";
    case OptionKind::kTexts: return "a list of strings";
    case OptionKind::kScheduler:
    case OptionKind::kSearcher: return "a string";
    case OptionKind::kMetrics: return "a string, or an object such as {\"error\": \"min\", \"accuracy\": \"max\"}";
    case OptionKind::kInteger: return "an integer";
    case OptionKind::kNumber: return "a number";
    case OptionKind::kDuration: return "a number of seconds, or a string such as \"5m\"";
    case OptionKind::kFlag: return "true or false";
  }
  return "";
}

bool has_form(const Json& value, OptionKind kind) {
  switch (kind) {
    case OptionKind::kText: return value.is_string();
    case OptionKind::kTexts: return value.is_string();  // Of one element.
    case OptionKind::kMetrics: return value.is_string();
    case OptionKind::kScheduler:
    case OptionKind::kSearcher: return value.is_string();
    case OptionKind::kInteger: return value.is_number_integer();
    case OptionKind::kNumber: return value.is_number();
    case OptionKind::kDuration: return value.is_number() || value.is_string();
    case OptionKind::kFlag: return value.is_boolean();
  }
  return false;
}

// "error:min,accuracy:max" of {"error": "min", "accuracy": "max"}; anything else is left for who reads it to refuse.
Json metrics_text(const Json& object) {
  std::string text;
  for (const auto& [name, mode] : object.items()) {
    const bool is_readable = (mode == "min" || mode == "max") && name.find(',') == std::string::npos;
    if (!is_readable) return object;
    text += (text.empty() ? "" : ",") + name + ":" + mode.get<std::string>();
  }
  return text;
}

// The values of an option as the command line would have them. An error begins with the value's path.
Result<std::vector<std::string>> texts_of(const std::string& key, const Json& value, const OptionSpec& spec) {
  if (spec.kind == OptionKind::kScheduler || spec.kind == OptionKind::kSearcher) {
    MANTA_ASSIGN_OR_RETURN(std::string text, internal::named_request(value, spec.kind, key));
    return std::vector<std::string>{std::move(text)};
  }
  if (spec.kind == OptionKind::kMetrics && value.is_object() && !value.empty()) {
    const Json text = metrics_text(value);
    if (text.is_string()) return std::vector<std::string>{text.get<std::string>()};
  }
  std::vector<std::string> texts;
  const bool is_list = spec.kind == OptionKind::kTexts && value.is_array();
  for (const Json& element : is_list ? value : Json::array({value})) {
    if (!has_form(element, spec.kind)) {
      return Error{ErrorCode::kInvalidArgument,
                   key + ": expected " + form_of(spec.kind) + ", found " + value.dump()};
    }
    texts.push_back(element.is_string() ? element.get<std::string>() : element.dump());
  }
  return texts;
}

Result<void> apply_option(const std::string& key, const Json& value, RunRequest& request) {
  const OptionSpec* spec = find_by_document_name(key);
  if (spec == nullptr) {
    return Error{ErrorCode::kInvalidArgument, key + ": unknown key" + did_you_mean(key, document_names())};
  }
  if (value.is_null()) return {};  // As if it were not there.
  MANTA_ASSIGN_OR_RETURN(const std::vector<std::string> texts, texts_of(key, value, *spec));
  const Result<void> set = spec->set(request, texts);
  if (!set) return Error{set.error().code, key + ": " + set.error().message};
  return {};
}

// What the experiment may not be resumed with. A space that cannot be read is told by whoever reads it.
std::vector<std::string> space_changes(const std::string& before, const std::string& after) {
  const Result<Space> old_space = parse_space(before);
  const Result<Space> new_space = parse_space(after);
  if (!old_space || !new_space) return {};
  return forbidden_changes(*old_space, *new_space);
}

}  // namespace

Result<void> apply_document(std::string_view json, std::string_view origin, RunRequest& request) {
  MANTA_ASSIGN_OR_RETURN(const Json document, parse_json(json, origin));
  // The parser above keeps the last of two equal keys, which would hide the mistake from parse_space().
  if (const Result<void> checked = check_json(json); !checked) {
    return Error{checked.error().code, std::string(origin) + ": " + checked.error().message};
  }
  if (!document.is_object()) {
    return Error{ErrorCode::kInvalidArgument,
                 std::string(origin) + ": expected an object {…}, found " + document.dump().substr(0, 40)};
  }
  if (!document.contains(kSpaceKey)) {
    request.tune.space = json;
    return {};
  }
  for (const auto& [key, value] : document.items()) {
    if (key == kSchemaKey) continue;
    if (key == kSpaceKey) {
      request.tune.space = value.dump();
      continue;
    }
    if (const Result<void> applied = apply_option(key, value, request); !applied) {
      return Error{applied.error().code, std::string(origin) + ": " + applied.error().message};
    }
  }
  return {};
}

Result<std::string> to_document(const TuneOptions& options) {
  const RunRequest request{options, {}};
  Json document;
  MANTA_ASSIGN_OR_RETURN(document[kSpaceKey], parse_json(options.space, "the space"));
  for (const OptionSpec& spec : option_table()) {
    if (!spec.is_stored) continue;
    const Json value = Json::parse(spec.get(request));
    if (!value.is_null()) document[document_name(spec)] = value;
  }
  return document.dump(2);
}

std::vector<std::string> forbidden_changes(const TuneOptions& stored, const TuneOptions& asked) {
  std::vector<std::string> lines = space_changes(stored.space, asked.space);
  const auto compare = [&](const std::string& name, const std::string& before, const std::string& after) {
    if (before != after) lines.push_back(name + ": " + before + " -> " + after);
  };
  for (const OptionSpec& spec : option_table()) {
    if (!spec.is_stored || (stored.deterministic ? !spec.steers : spec.may_change)) continue;
    compare(document_name(spec), spec.get({stored, {}}), spec.get({asked, {}}));
  }
  return lines;
}

}  // namespace manta
