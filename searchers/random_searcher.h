// SPDX-License-Identifier: Apache-2.0
// Random search.
#pragma once

#include <cstdint>

#include "tune/searcher.h"
#include "tune/space/space.h"

namespace manta {

/// Draws every parameter of every trial independently, without end, anew until the space's constraints hold. A grid
/// parameter is drawn too, each of its values with equal mass: GridSearcher is what visits them in turn.
///
/// Source: Bergstra and Bengio, "Random Search for Hyper-Parameter Optimization", JMLR 13 (2012).
/// Results change nothing. A trial's values depend only on the seed, its number, the space's constraints and, one by
/// one, the parameter's name and domain, so trials may be asked for in any order.
class RandomSearcher final : public Searcher {
 public:
  RandomSearcher(Space space, std::uint64_t seed) : space_(std::move(space)), seed_(seed) {}

  Result<std::optional<Config>> ask(TrialId trial) override;
  void tell(const Outcome& outcome) override { static_cast<void>(outcome); }
  bool learns() const override { return false; }
  bool is_quick() const override { return true; }
  std::optional<std::int64_t> size() const override { return std::nullopt; }

  Snapshot save() const override;
  /// Takes over the snapshot's seed. Errors also: kInvalidArgument: it was made for another space.
  Result<void> restore(const Snapshot& snapshot) override;

 private:
  const Space space_;
  std::uint64_t seed_;
};

}  // namespace manta
