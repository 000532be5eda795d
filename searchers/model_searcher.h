// SPDX-License-Identifier: Apache-2.0
// What all searchers that learn from results have in common.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "searchers/internal/history.h"
#include "searchers/internal/proposer.h"
#include "tune/searcher.h"
#include "tune/searcher_entry.h"
#include "tune/space/unit_cube.h"

namespace manta {

/// Remembers trials, asks a proposer for the next point, and sees to it that no configuration comes twice while there
/// is another: a point that was there already, or breaks a constraint, is replaced by a random neighbour, then by any
/// that is new; where there are kMostLookedThrough configurations at most, by the nearest of those that are left.
/// Without an end; where every configuration has been tried, they come again.
///
/// A suggestion depends on seed, trial number and history only, so a restored copy goes on as the original would.
class ModelSearcher final : public Searcher {
 public:
  static constexpr std::int64_t kMostLookedThrough = 65'536;

  /// `class_name` begins its snapshots. `make` is called with the cube of the space, which outlives the proposer.
  ModelSearcher(std::string class_name, const SearcherSetup& setup,
                const std::function<std::unique_ptr<internal::Proposer>(const UnitCube&)>& make);

  Result<std::optional<Config>> ask(TrialId trial) override;
  void tell(const Outcome& outcome) override { proposer_->told(history_, history_.tell(outcome)); }
  std::optional<std::int64_t> size() const override { return std::nullopt; }
  std::string describe() const override { return proposer_->describe(history_); }

  std::optional<double> expected_gain() const override { return proposer_->expected_gain(history_); }

  Snapshot save() const override;
  /// Errors also: kInvalidArgument: it was made for another space.
  Result<void> restore(const Snapshot& snapshot) override;

 private:
  std::optional<UnitCube::Point> new_near(UnitCube::Point point, RandomStream& random) const;
  std::optional<UnitCube::Point> nearest_left(const UnitCube::Point& point) const;
  double distance(const UnitCube::Point& a, const UnitCube::Point& b) const;

  const std::string class_name_;
  const std::unique_ptr<const UnitCube> cube_;  // Where it is is known to the history and the proposer.
  std::uint64_t seed_;
  internal::History history_;
  std::unique_ptr<internal::Proposer> proposer_;
};

}  // namespace manta
