// SPDX-License-Identifier: Apache-2.0
// The table of searchers.
#include "searchers/make_searcher.h"

#include <algorithm>
#include <string>

#include "searchers/grid_searcher.h"
#include "searchers/random_searcher.h"

namespace manta {

namespace {

constexpr std::int64_t kMaxGridSize = std::int64_t{1} << 62;  // Where Space::grid_size() saturates.

Error invalid(const std::string& what) { return {ErrorCode::kInvalidArgument, what}; }

bool has_grid(const Space& space) {
  return std::ranges::any_of(space.parameters(), [](const Parameter& parameter) {
    return std::holds_alternative<GridDomain>(parameter.domain);
  });
}

Result<std::unique_ptr<Searcher>> make_grid(const Space& space, std::uint64_t seed, std::int64_t samples) {
  if (!has_grid(space)) {
    return invalid(
        "searcher \"grid\": the space has no grid parameter to visit; write one as {\"grid\": [a, b, c]}, or "
        "use the searcher \"random\"");
  }
  if (space.grid_size() >= kMaxGridSize) {
    return invalid(
        "searcher \"grid\": the grid has 2^62 points or more, which no run can visit; shorten its lists, or "
        "use the searcher \"random\"");
  }
  return std::unique_ptr<Searcher>(std::make_unique<GridSearcher>(space, seed, samples));
}

}  // namespace

Result<std::unique_ptr<Searcher>> make_searcher(std::string_view name, const Space& space, std::uint64_t seed,
                                                std::int64_t samples) {
  if (samples < 1) return invalid("samples is " + std::to_string(samples) + "; it must be at least 1");
  if (name == "grid" || (name.empty() && has_grid(space))) return make_grid(space, seed, samples);
  if (name == "random" || name.empty()) {
    return std::unique_ptr<Searcher>(std::make_unique<RandomSearcher>(space, seed));
  }
  return invalid("there is no searcher \"" + std::string(name) + "\"; known are \"random\" and \"grid\"");
}

}  // namespace manta
