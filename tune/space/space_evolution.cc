// SPDX-License-Identifier: Apache-2.0
// Parameter by parameter, by their names.
#include "tune/space/space_evolution.h"

#include <algorithm>
#include <set>

#include "tune/space/internal/stepped_range.h"

namespace manta {

namespace {

// Every value of `before` is one of the domain, and the two are of one kind.
struct Widens {
  const Domain& before;

  bool operator()(const FloatDomain& after) const {
    const auto* old = std::get_if<FloatDomain>(&before);
    if (old == nullptr || old->log != after.log || old->step != after.step) return false;
    if (after.low > old->low || after.high < old->high) return false;
    return !after.step || internal::SteppedRange(after.low, after.high, *after.step).index_of(old->low);
  }
  bool operator()(const IntDomain& after) const {
    const auto* old = std::get_if<IntDomain>(&before);
    return old != nullptr && old->log == after.log && old->step == after.step && after.low <= old->low &&
           old->high <= after.high && (old->low - after.low) % after.step == 0;
  }
  bool operator()(const ChoiceDomain& after) const {
    const auto* old = std::get_if<ChoiceDomain>(&before);
    return old != nullptr && std::ranges::all_of(old->values, [&](const Value& value) {
             return std::ranges::find(after.values, value) != after.values.end();
           });
  }
  bool operator()(const OrdinalDomain& after) const {
    const auto* old = std::get_if<OrdinalDomain>(&before);
    if (old == nullptr) return false;
    auto from = after.values.begin();
    return std::ranges::all_of(old->values, [&](const Value& value) {
      from = std::find(from, after.values.end(), value);
      return from != after.values.end();
    });
  }
  template <class Other>
  bool operator()(const Other&) const {
    return false;
  }
};

std::string text_of(const Parameter* parameter) { return parameter == nullptr ? "(none)" : parameter_json(*parameter); }

bool is_allowed(const Parameter* before, const Parameter* after) {
  if (before == nullptr || after == nullptr) return false;
  if (text_of(before) == text_of(after)) return true;
  Parameter same_rules = *after;
  same_rules.domain = before->domain;
  return text_of(before) == text_of(&same_rules) && std::visit(Widens{before->domain}, after->domain);
}

std::string constraints_text(const Space& space) {
  std::string text;
  for (const Expression& one : space.constraints()) text += (text.empty() ? "" : ", ") + to_json(Value(one.text()));
  return "[" + text + "]";
}

std::string start_text(const Space& space) {
  std::string text;
  for (const Config& one : space.start()) text += (text.empty() ? "" : ", ") + one.to_json();
  return "[" + text + "]";
}

std::string grid_names(const Space& space) {
  std::string text;
  for (const Parameter& parameter : space.parameters()) {
    if (!std::holds_alternative<GridDomain>(parameter.domain)) continue;
    text += (text.empty() ? "" : ", ") + parameter.name;
  }
  return "[" + text + "]";
}

}  // namespace

std::vector<std::string> forbidden_changes(const Space& before, const Space& after) {
  std::vector<std::string> lines;
  const auto compare = [&](const std::string& name, const std::string& old, const std::string& now) {
    if (old != now) lines.push_back(name + ": " + old + " -> " + now);
  };
  std::set<std::string> names;
  for (const Parameter& parameter : before.parameters()) names.insert(parameter.name);
  for (const Parameter& parameter : after.parameters()) names.insert(parameter.name);
  for (const std::string& name : names) {
    const Parameter* old = before.find(name);
    const Parameter* now = after.find(name);
    if (!is_allowed(old, now)) compare(name, text_of(old), text_of(now));
  }
  compare("constraints", constraints_text(before), constraints_text(after));
  compare("start", start_text(before), start_text(after));
  // Another order of the grid parameters is another order of the trials.
  if (lines.empty()) compare("order of the grid", grid_names(before), grid_names(after));
  return lines;
}

bool is_same_space(const Space& a, const Space& b) {
  const auto text = [](const Space& space) {
    std::string all;
    for (const Parameter& parameter : space.parameters()) {
      all += to_json(Value(parameter.name)) + parameter_json(parameter) + "\n";
    }
    return all + constraints_text(space) + start_text(space);
  };
  return text(a) == text(b);
}

}  // namespace manta
