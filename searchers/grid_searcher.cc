// SPDX-License-Identifier: Apache-2.0
// Exhaustive search over the grid parameters.
#include "searchers/grid_searcher.h"

#include "core/base/check.h"
#include "searchers/internal/seed_snapshot.h"

namespace manta {

namespace {

constexpr std::string_view kClassName = "GridSearcher";
constexpr std::int64_t kMaxSize = std::int64_t{1} << 62;

std::int64_t trial_count(std::int64_t grid_size, std::int64_t samples) {
  MANTA_CHECK(samples >= 1, "a grid is visited once at least");
  return grid_size > kMaxSize / samples ? kMaxSize : grid_size * samples;
}

}  // namespace

GridSearcher::GridSearcher(Space space, std::uint64_t seed, std::int64_t samples)
    : space_(std::move(space)), grid_size_(space_.grid_size()), size_(trial_count(grid_size_, samples)), seed_(seed) {}

Result<std::optional<Config>> GridSearcher::ask(TrialId trial) {
  if (trial.number >= size_) return std::optional<Config>();
  const std::int64_t remainder = trial.number % grid_size_;
  const std::int64_t point = remainder < 0 ? remainder + grid_size_ : remainder;
  return std::optional<Config>(sample(space_, seed_, trial.number, point));
}

Snapshot GridSearcher::save() const { return internal::save_seed(kClassName, space_, seed_); }

Result<void> GridSearcher::restore(const Snapshot& snapshot) {
  MANTA_ASSIGN_OR_RETURN(seed_, internal::restore_seed(kClassName, space_, snapshot));
  return {};
}

}  // namespace manta
