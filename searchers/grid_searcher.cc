// SPDX-License-Identifier: Apache-2.0
// Exhaustive search over the grid parameters.
#include "searchers/grid_searcher.h"

#include "core/base/check.h"
#include "searchers/internal/grid_points.h"
#include "searchers/internal/seed_snapshot.h"

namespace manta {

namespace {

constexpr std::string_view kGridSnapshot = "GridSearcher";
constexpr std::int64_t kMaxSize = std::int64_t{1} << 62;

std::int64_t trial_count(std::int64_t points, std::int64_t samples) {
  MANTA_CHECK(samples >= 1, "a grid is visited once at least");
  return points > kMaxSize / samples ? kMaxSize : points * samples;
}

}  // namespace

GridSearcher::GridSearcher(Space space, std::uint64_t seed, std::int64_t samples)
    : space_(std::move(space)),
      points_(internal::has_filtered_grid(space_) ? internal::visited_points(space_) : std::vector<std::int64_t>()),
      point_count_(internal::has_filtered_grid(space_) ? static_cast<std::int64_t>(points_.size())
                                                       : space_.grid_size()),
      size_(trial_count(point_count_, samples)),
      seed_(seed) {}

Result<std::optional<Config>> GridSearcher::ask(TrialId trial) {
  if (trial.number >= size_) return std::optional<Config>();
  const std::int64_t remainder = trial.number % point_count_;
  const std::int64_t point = remainder < 0 ? remainder + point_count_ : remainder;
  const std::int64_t index = points_.empty() ? point : points_[static_cast<std::size_t>(point)];
  MANTA_ASSIGN_OR_RETURN(Config config, sample(space_, seed_, trial.number, index));
  return std::optional<Config>(std::move(config));
}

Snapshot GridSearcher::save() const { return internal::save_seed(kGridSnapshot, space_, seed_); }

Result<void> GridSearcher::restore(const Snapshot& snapshot) {
  MANTA_ASSIGN_OR_RETURN(seed_, internal::restore_seed(kGridSnapshot, space_, snapshot));
  return {};
}

}  // namespace manta
