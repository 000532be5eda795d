// SPDX-License-Identifier: Apache-2.0
#include "tune/trial/objective.h"

#include <algorithm>

#include "tune/trial/internal/trimmed.h"

namespace manta {

namespace {

// A name may have a colon of its own, as "val:loss" has.
Objective objective_of(std::string_view text, Mode mode) {
  for (const Mode own : {Mode::kMin, Mode::kMax}) {
    const std::string ending = ":" + std::string(mode_text(own));
    if (text.ends_with(ending)) return {std::string(internal::trimmed(text.substr(0, text.size() - ending.size()))), own};
  }
  return {std::string(text), mode};
}

}  // namespace

std::string_view mode_text(Mode mode) { return mode == Mode::kMax ? "max" : "min"; }

Result<std::vector<Objective>> parse_objectives(std::string_view text, Mode mode) {
  const auto wrong = [&](const std::string& why) {
    return Error{ErrorCode::kInvalidArgument, "metric \"" + std::string(text) + "\": " + why +
                                                  "; write a name, or several: \"error:min, accuracy:max\""};
  };
  std::vector<Objective> objectives;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    Objective objective = objective_of(internal::trimmed(text.substr(begin, end - begin)), mode);
    if (objective.metric.empty()) return wrong("a name is missing");
    if (std::ranges::find(objectives, objective.metric, &Objective::metric) != objectives.end())
      return wrong("\"" + objective.metric + "\" is there twice");
    objectives.push_back(std::move(objective));
    begin = end + 1;
  }
  return objectives;
}

}  // namespace manta
