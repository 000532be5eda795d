// SPDX-License-Identifier: Apache-2.0
// Latin hypercube sampling.
#pragma once

#include <cstdint>
#include <string>

#include "tune/searcher.h"
#include "tune/space/unit_cube.h"

namespace manta {

/// Divides each axis into as many strata as there are samples and puts one trial into each, in random order: every axis
/// alone is covered as evenly as can be. Further trials begin another such round.
///
/// Source: McKay, Beckman and Conover, Technometrics 21 (1979).
/// A point that breaks a constraint is replaced by a random one that keeps all.
/// Results change nothing; trials may be asked for in any order.
class LhsSearcher final : public Searcher {
 public:
  /// `samples` >= 1.
  LhsSearcher(Space space, std::uint64_t seed, std::int64_t samples);

  Result<std::optional<Config>> ask(TrialId trial) override;
  void tell(const Outcome& outcome) override { static_cast<void>(outcome); }
  bool learns() const override { return false; }
  bool is_quick() const override { return true; }
  std::optional<std::int64_t> size() const override { return std::nullopt; }

  Snapshot save() const override;
  /// Takes over the snapshot's seed and samples: a round that was begun goes on as it would have. Errors also:
  /// kInvalidArgument: it was made for another space.
  Result<void> restore(const Snapshot& snapshot) override;

 private:
  const UnitCube cube_;
  std::uint64_t seed_;
  std::uint64_t samples_;
};

}  // namespace manta
