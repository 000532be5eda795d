// SPDX-License-Identifier: Apache-2.0
// Scrambled Sobol points.
#pragma once

#include <cstdint>
#include <vector>

#include "tune/searcher.h"
#include "tune/space/unit_cube.h"

namespace manta {

/// Spreads trials evenly over the space: trial t gets point t of the Sobol sequence, so each axis alone, and low axes
/// together, are covered evenly by the first 2^k trials.
///
/// Sources: Sobol 1967, with the direction numbers of Joe and Kuo 2008 as Boost.Random has them, for up to 3,667 axes;
/// scrambled as Owen 1995 by hashing, Burley, "Practical Hash-based Owen Scrambling", JCGT 2020. Axes beyond are drawn.
/// A point that breaks a constraint is replaced by a random one that keeps all.
/// Results change nothing; trials may be asked for in any order. After 2^32 trials points come again.
class SobolSearcher final : public Searcher {
 public:
  SobolSearcher(Space space, std::uint64_t seed);

  Result<std::optional<Config>> ask(TrialId trial) override;
  void tell(const Outcome& outcome) override { static_cast<void>(outcome); }
  bool learns() const override { return false; }
  bool is_quick() const override { return true; }
  std::optional<std::int64_t> size() const override { return std::nullopt; }

  Snapshot save() const override;
  /// Takes over the snapshot's seed. Errors also: kInvalidArgument: it was made for another space.
  Result<void> restore(const Snapshot& snapshot) override;

 private:
  const UnitCube cube_;
  std::vector<std::size_t> order_;  // Axes by name, as the order of parameters does not count.
  std::uint64_t seed_;
};

/// Point `index` of the Sobol sequence in `dimensions` <= 3,667 dimensions, times 2^32, without scrambling.
std::vector<std::uint32_t> sobol_point(std::uint32_t index, std::size_t dimensions);

}  // namespace manta
