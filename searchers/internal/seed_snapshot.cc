// SPDX-License-Identifier: Apache-2.0
// Fingerprints of spaces, and the JSON around them.
#include "searchers/internal/seed_snapshot.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/random.h"

namespace manta::internal {

namespace {

using Json = nlohmann::json;

std::string condition_text(const Parameter& parameter) {
  return parameter.when.empty() ? "" : condition_json(parameter.when);
}

}  // namespace

Error refused(std::string_view class_name, const std::string& why) {
  return {ErrorCode::kInvalidArgument, "this is no snapshot of " + std::string(class_name) + ": " + why};
}

std::string fingerprint(const Space& space) {
  std::vector<std::string> lines;
  int grids = 0;
  for (const Parameter& parameter : space.parameters()) {
    const bool is_grid = std::holds_alternative<GridDomain>(parameter.domain);
    lines.push_back(to_json(Value(parameter.name)) + domain_json(parameter.domain) + condition_text(parameter) +
                    (is_grid ? std::to_string(grids++) : ""));
  }
  for (const Expression& constraint : space.constraints()) lines.push_back(constraint.text());
  std::ranges::sort(lines);
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return std::to_string(hash_name(text));
}

Snapshot save_seed(std::string_view class_name, const Space& space, std::uint64_t seed) {
  const Json state = {{"seed", seed}, {"space", fingerprint(space)}};
  return {Json{{class_name, state}}.dump()};
}

Result<void> check_frame(std::string_view class_name, const Space& space, const Snapshot& snapshot,
                         const std::vector<std::string>& names) {
  const Json json = Json::parse(snapshot.json, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || json.size() != 1) return refused(class_name, "it is damaged");
  const Json::const_iterator entry = json.begin();
  const Json& state = *entry;
  if (entry.key() != class_name) {
    return refused(class_name, "it is of " + entry.key() + "; resume with the searcher that the experiment began with");
  }
  const bool is_whole = state.is_object() && state.size() == names.size() &&
                        std::ranges::all_of(names, [&](const std::string& name) { return state.contains(name); }) &&
                        state["seed"].is_number_unsigned() && state["space"].is_string();
  if (!is_whole) return refused(class_name, "it is damaged");
  if (state["space"] != fingerprint(space)) {
    return refused(class_name, "it was made for another space; resume with the space that the experiment began with");
  }
  return {};
}

Result<std::uint64_t> restore_seed(std::string_view class_name, const Space& space, const Snapshot& snapshot) {
  MANTA_RETURN_IF_ERROR(check_frame(class_name, space, snapshot, {"seed", "space"}));
  return Json::parse(snapshot.json)[class_name]["seed"].get<std::uint64_t>();
}

}  // namespace manta::internal
