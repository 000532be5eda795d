// SPDX-License-Identifier: Apache-2.0
// Joins pieces of JSON; parse_space() judges them.
#include "tune/space/space_builder.h"

#include <algorithm>
#include <optional>

namespace manta {

namespace {

// A level of the nested form, in the order in which it was written.
struct Group {
  std::string key;
  std::vector<Group> members;
  std::optional<std::string> json;  // Of a parameter; a group has none.
};

Group& group_at(Group& parent, const std::string& key) {
  const auto is_it = [&](const auto& member) { return member.key == key && !member.json; };
  const auto found = std::ranges::find_if(parent.members, is_it);
  if (found != parent.members.end()) return *found;
  return parent.members.emplace_back(Group{.key = key, .members = {}, .json = std::nullopt});
}

void insert(Group& root, const std::string& name, std::string json) {
  Group* group = &root;
  std::size_t begin = 0;
  for (std::size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', begin)) {
    group = &group_at(*group, name.substr(begin, slash - begin));
    begin = slash + 1;
  }
  group->members.push_back({.key = name.substr(begin), .members = {}, .json = std::move(json)});
}

std::string text_of(const Group& group) {
  if (group.json) return *group.json;
  std::string text;
  for (const Group& member : group.members) {
    text += (text.empty() ? "" : ",") + to_json(Value(member.key)) + ":" + text_of(member);
  }
  return "{" + text + "}";
}

std::string list_of(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ",") + text;
  return "[" + list + "]";
}

std::string list_of(const std::vector<Value>& values) {
  std::vector<std::string> texts;
  for (const Value& value : values) texts.push_back(to_json(value));
  return list_of(texts);
}

}  // namespace

ParameterBuilder& ParameterBuilder::when(const std::string& parameter, std::vector<Value> values) {
  when_.push_back({.parameter = parameter, .values = std::move(values), .range = std::nullopt});
  return *this;
}

ParameterBuilder& ParameterBuilder::when(const std::string& parameter, NumberRange range) {
  when_.push_back({.parameter = parameter, .values = {}, .range = range});
  return *this;
}

ParameterBuilder& ParameterBuilder::confidence(Confidence confidence) {
  switch (confidence) {
    case Confidence::kLow: return add("confidence", "\"low\"");
    case Confidence::kMedium: return add("confidence", "\"medium\"");
    case Confidence::kHigh: return add("confidence", "\"high\"");
  }
  return *this;
}

std::string ParameterBuilder::json() const {
  if (kind_.empty()) return keys_.front().second;
  std::string text;
  for (const auto& [key, value] : keys_) text += (text.empty() ? "" : ",") + to_json(Value(key)) + ":" + value;
  if (!when_.empty()) text += ",\"when\":" + condition_json(when_);
  return "{" + text + "}";
}

ParameterBuilder& SpaceBuilder::add(const std::string& name, const std::string& kind, std::string domain) {
  parameters_.push_back(ParameterBuilder(name, kind, std::move(domain)));
  return parameters_.back();
}

ParameterBuilder& SpaceBuilder::add_float(const std::string& name, double low, double high) {
  return add(name, "float", list_of(std::vector<Value>{low, high}));
}
ParameterBuilder& SpaceBuilder::add_int(const std::string& name, std::int64_t low, std::int64_t high) {
  return add(name, "int", list_of(std::vector<Value>{low, high}));
}
ParameterBuilder& SpaceBuilder::add_choice(const std::string& name, const std::vector<Value>& values) {
  return add(name, "choice", list_of(values));
}
ParameterBuilder& SpaceBuilder::add_ordinal(const std::string& name, const std::vector<Value>& values) {
  return add(name, "ordinal", list_of(values));
}
ParameterBuilder& SpaceBuilder::add_grid(const std::string& name, const std::vector<Value>& values) {
  return add(name, "grid", list_of(values));
}
ParameterBuilder& SpaceBuilder::add_normal(const std::string& name, double mean, double stddev) {
  return add(name, "normal", list_of(std::vector<Value>{mean, stddev}));
}

SpaceBuilder& SpaceBuilder::add_constant(const std::string& name, const Value& value) {
  add(name, "", to_json(value));
  return *this;
}

SpaceBuilder& SpaceBuilder::constraint(std::string expression) {
  constraints_.push_back(std::move(expression));
  return *this;
}

SpaceBuilder& SpaceBuilder::start(const Config& point) {
  start_.push_back(point);
  return *this;
}

std::string SpaceBuilder::json() const {
  Group root;
  for (const ParameterBuilder& parameter : parameters_) insert(root, parameter.name_, parameter.json());
  std::vector<std::string> constraints;
  for (const std::string& one : constraints_) constraints.push_back(to_json(Value(one)));
  std::vector<std::string> start;
  for (const Config& one : start_) start.push_back(one.to_json());
  if (!constraints.empty()) insert(root, "constraints", list_of(constraints));
  if (!start.empty()) insert(root, "start", list_of(start));
  return text_of(root);
}

}  // namespace manta
