// SPDX-License-Identifier: Apache-2.0
// The points that a user wants to see first.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tune/searcher.h"
#include "tune/space/space.h"

namespace manta {

/// Suggests given points for the first trials, and for all others what another searcher suggests for their numbers. So
/// the points shift nobody else's trial. The other searcher is told all outcomes, those of the points too.
class FirstPointsSearcher final : public Searcher {
 public:
  /// Trial t gets `points[t]`; `inner` suggests the rest.
  FirstPointsSearcher(std::vector<Config> points, std::unique_ptr<Searcher> inner)
      : points_(std::move(points)), inner_(std::move(inner)) {}

  Result<std::optional<Config>> ask(TrialId trial) override;
  void tell(const Outcome& outcome) override { inner_->tell(outcome); }
  bool is_quick() const override { return inner_->is_quick(); }
  void give_up() override { inner_->give_up(); }
  bool learns() const override { return inner_->learns(); }
  std::optional<std::int64_t> size() const override { return inner_->size(); }
  std::string describe() const override { return inner_->describe(); }
  std::optional<double> expected_gain() const override { return inner_->expected_gain(); }

  Snapshot save() const override;
  /// Takes over the snapshot's points: what was drawn of them stays as it was. Errors also: those of the inner one.
  Result<void> restore(const Snapshot& snapshot) override;

 private:
  std::vector<Config> points_;
  std::unique_ptr<Searcher> inner_;
};

/// The first points that `space` asks for: its default configuration, if the user gave defaults and none is missing,
/// and then its start points, point t completed by what trial t would draw.
/// Errors: kInvalidArgument: a start point that conditions and constraints leave no way to complete.
Result<std::vector<Config>> first_points(const Space& space, std::uint64_t seed);

}  // namespace manta
