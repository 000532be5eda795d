// SPDX-License-Identifier: Apache-2.0
// Exhaustive search over the grid parameters.
#pragma once

#include <cstdint>
#include <vector>

#include "tune/searcher.h"
#include "tune/space/space.h"

namespace manta {

/// Visits each point of the grid, the product of the lists of all grid parameters, `samples` times: trial t gets point
/// t mod grid size, so each round covers the whole grid before the next begins. All other parameters are drawn for each
/// trial anew, as RandomSearcher draws them.
///
/// Left out are points that no trial could have and those that would come twice: a point that breaks a constraint
/// whatever is drawn, and one in which an inactive grid parameter has another than its first value.
///
/// A space without a grid parameter has one point. Results change nothing; trials may be asked for in any order.
class GridSearcher final : public Searcher {
 public:
  /// `samples` >= 1. With constraints, or a condition of a grid parameter, the grid has 1,000,000 points at most.
  GridSearcher(Space space, std::uint64_t seed, std::int64_t samples);

  Result<std::optional<Config>> ask(TrialId trial) override;
  void tell(const Outcome& outcome) override { static_cast<void>(outcome); }
  bool learns() const override { return false; }
  /// Points times samples; saturates at 2^62.
  bool is_quick() const override { return true; }
  std::optional<std::int64_t> size() const override { return size_; }

  Snapshot save() const override;
  /// Takes over the snapshot's seed; the samples stay those of the constructor, so that a resumed experiment can have
  /// more. Errors also: kInvalidArgument: it was made for another space.
  Result<void> restore(const Snapshot& snapshot) override;

 private:
  const Space space_;
  const std::vector<std::int64_t> points_;  // Empty: all points of the grid, in their order.
  const std::int64_t point_count_;
  const std::int64_t size_;
  std::uint64_t seed_;
};

}  // namespace manta
