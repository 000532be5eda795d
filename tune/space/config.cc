// SPDX-License-Identifier: Apache-2.0
// Configurations as JSON, and the rules of their accessors.
#include "tune/space/config.h"

#include <cmath>
#include <optional>
#include <vector>

#include "core/base/did_you_mean.h"
#include "tune/space/internal/flat_values.h"
#include "tune/space/internal/json_document.h"

namespace manta {

namespace {

constexpr std::size_t kMaxNamesShown = 10;

// A level of the nested form. A name that is a value and the prefix of others, which no space has, is both.
struct Level {
  std::optional<Value> value;
  std::map<std::string, Level> members;
};

Level nest(const std::map<std::string, Value>& values) {
  Level root;
  for (const auto& [name, value] : values) {
    Level* level = &root;
    for (std::size_t begin = 0;;) {
      const std::size_t slash = name.find('/', begin);
      level = &level->members[name.substr(begin, slash - begin)];
      if (slash == std::string::npos) break;
      begin = slash + 1;
    }
    level->value = value;
  }
  return root;
}

// The members of a level as "key":value, …; `prefix` goes before each key.
void append_members(const std::map<std::string, Level>& members, const std::string& prefix, std::string& out) {
  for (const auto& [key, level] : members) {
    if (out.back() != '{') out += ',';
    const std::string name = prefix + key;
    out += to_json(Value(name)) + ":";
    if (!level.value) {
      out += '{';
      append_members(level.members, "", out);
      out += '}';
      continue;
    }
    out += to_json(*level.value);
    append_members(level.members, name + "/", out);  // No room below a value: beside it, by their whole names.
  }
}

std::string_view type_text(const Value& value) {
  constexpr std::string_view kWords[] = {"a boolean", "an integer", "a number", "a string"};
  return kWords[value.index()];
}

[[noreturn]] void throw_wrong_type(const std::string& path, const Value& value, const std::string& wanted) {
  throw ConfigError("config[\"" + path + "\"] is " + to_json(value) + ", " + std::string(type_text(value)) +
                    "; the program asks for " + wanted);
}

}  // namespace

std::string Config::to_json() const {
  std::string text = "{";
  append_members(nest(values_).members, "", text);
  return text + "}";
}

Result<Config> Config::from_json(std::string_view json) {
  const auto read = [](std::string_view text) -> Result<std::map<std::string, Value>> {
    MANTA_ASSIGN_OR_RETURN(const internal::JsonNode root, internal::read_json(text));
    return internal::read_flat_values(root, "");
  };
  Result<std::map<std::string, Value>> values = read(json);
  if (!values) return Error{values.error().code, "configuration: " + values.error().message};
  Config config;
  config.values_ = std::move(*values);
  return config;
}

const Value& Config::require(const std::string& path) const {
  if (const auto found = values_.find(path); found != values_.end()) return found->second;
  std::vector<std::string> names;
  std::string shown;
  for (const auto& [name, value] : values_) {
    if (names.size() < kMaxNamesShown) shown += (names.empty() ? "" : ", ") + name;
    names.push_back(name);
  }
  if (names.size() > kMaxNamesShown) shown += ", …";
  throw ConfigError("the configuration has no value \"" + path + "\"" + did_you_mean(path, names) +
                    (names.empty() ? " (it is empty)" : " (it has " + shown + ")"));
}

bool Config::to_bool(const std::string& path, const Value& value) {
  if (const auto* boolean = std::get_if<bool>(&value)) return *boolean;
  throw_wrong_type(path, value, "true or false");
}

std::int64_t Config::to_int(const std::string& path, const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
  const auto* real = std::get_if<double>(&value);
  if (real == nullptr || *real != std::trunc(*real)) throw_wrong_type(path, value, "an integer");
  // 2^63 is the first double that is too large; -2^63 still fits.
  if (*real < -0x1p63 || *real >= 0x1p63) throw_out_of_range(path, value);
  return static_cast<std::int64_t>(*real);
}

double Config::to_double(const std::string& path, const Value& value) {
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  throw_wrong_type(path, value, "a number");
}

const std::string& Config::to_text(const std::string& path, const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  throw_wrong_type(path, value, "a string");
}

void Config::throw_out_of_range(const std::string& path, const Value& value) {
  throw ConfigError("config[\"" + path + "\"] is " + manta::to_json(value) +
                    ", which is beyond the integer type that the program asks for; use a wider type");
}

}  // namespace manta
