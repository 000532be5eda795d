// SPDX-License-Identifier: Apache-2.0
// Random search.
#include "searchers/random_searcher.h"

#include "searchers/internal/seed_snapshot.h"

namespace manta {

namespace {

constexpr std::string_view kRandomSnapshot = "RandomSearcher";

}  // namespace

Result<std::optional<Config>> RandomSearcher::ask(TrialId trial) {
  MANTA_ASSIGN_OR_RETURN(Config config, sample(space_, seed_, trial.number));
  return std::optional<Config>(std::move(config));
}

Snapshot RandomSearcher::save() const { return internal::save_seed(kRandomSnapshot, space_, seed_); }

Result<void> RandomSearcher::restore(const Snapshot& snapshot) {
  MANTA_ASSIGN_OR_RETURN(seed_, internal::restore_seed(kRandomSnapshot, space_, snapshot));
  return {};
}

}  // namespace manta
