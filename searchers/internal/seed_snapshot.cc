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

Error refused(std::string_view class_name, const std::string& why) {
  return {ErrorCode::kInvalidArgument, "this is no snapshot of " + std::string(class_name) + ": " + why};
}

// Equal for spaces that give the same suggestions: the order of parameters counts only among grids.
std::string fingerprint(const Space& space) {
  std::vector<std::string> lines;
  int grids = 0;
  for (const Parameter& parameter : space.parameters()) {
    const bool is_grid = std::holds_alternative<GridDomain>(parameter.domain);
    lines.push_back(to_json(Value(parameter.name)) + domain_json(parameter.domain) +
                    (is_grid ? std::to_string(grids++) : ""));
  }
  std::ranges::sort(lines);
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return std::to_string(hash_name(text));
}

}  // namespace

Snapshot save_seed(std::string_view class_name, const Space& space, std::uint64_t seed) {
  const Json state = {{"seed", seed}, {"space", fingerprint(space)}};
  return {Json{{class_name, state}}.dump()};
}

Result<std::uint64_t> restore_seed(std::string_view class_name, const Space& space, const Snapshot& snapshot) {
  const Json json = Json::parse(snapshot.json, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || json.size() != 1) return refused(class_name, "it is damaged");
  const Json::const_iterator entry = json.begin();
  const Json& state = *entry;
  if (entry.key() != class_name) {
    return refused(class_name, "it is of " + entry.key() + "; resume with the searcher that the experiment began with");
  }
  const bool is_whole = state.is_object() && state.size() == 2 && state.contains("seed") &&
                        state["seed"].is_number_unsigned() && state.contains("space") && state["space"].is_string();
  if (!is_whole) return refused(class_name, "it is damaged");
  if (state["space"] != fingerprint(space)) {
    return refused(class_name, "it was made for another space; resume with the space that the experiment began with");
  }
  return state["seed"].get<std::uint64_t>();
}

}  // namespace manta::internal
