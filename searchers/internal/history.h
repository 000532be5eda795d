// SPDX-License-Identifier: Apache-2.0
// What a searcher that learns remembers of its trials.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "tune/searcher.h"
#include "tune/space/unit_cube.h"
#include "tune/trial/further_goals.h"
#include "tune/trial/objective.h"

namespace manta::internal {

/// One trial, told or still awaited.
struct TrialRecord {
  enum class State : std::uint8_t {
    kPending,     ///< No value yet, or none that keeps the constraints on metrics.
    kReported,    ///< `loss` is of its last report; more may come.
    kEnded,       ///< `loss` is final.
    kFailed,      ///< Ended without a finite value.
    kInfeasible,  ///< Said to have none.
    kViolating,   ///< Ended with `loss`, but breaks a constraint on metrics: for most as good as no value.
  };

  std::int64_t trial = 0;
  State state = State::kPending;
  std::int32_t iteration = 0;
  double loss = 0;  ///< Smaller is better. Finite in kReported, kEnded and kViolating.
  double seconds = 0;

  bool has_value() const { return state == State::kReported || state == State::kEnded; }
};

/// Trials in the order in which they were first suggested or told, as points of the unit cube. It keeps 60 bytes at
/// most for each beside its coordinates, which are up to a quarter more than they need, and a number for each further
/// goal.
///
/// Thread-safety: none.
class History {
 public:
  History(const UnitCube& cube, const Objective& objective, FurtherGoals further = {})
      : cube_(&cube), objective_(objective), further_(std::move(further)) {}

  std::size_t size() const { return records_.size(); }
  const TrialRecord& operator[](std::size_t index) const { return records_[index]; }
  std::span<const double> point(std::size_t index) const {
    return std::span(points_).subspan(index * cube_->size(), cube_->size());
  }
  /// Of how many objectives there are losses: 1 and the further ones.
  std::size_t objectives() const { return 1 + further_.objectives.size(); }
  /// The loss by each further objective; NaN: not known, or not finite.
  std::span<const double> further_losses(std::size_t index) const {
    return extras(index).first(further_.objectives.size());
  }
  /// How far each constraint on metrics is from its threshold; 0 or below: it is kept, infinite: not known.
  std::span<const double> margins(std::size_t index) const { return extras(index).subspan(further_.objectives.size()); }
  /// Whether all losses and margins are known, be the constraints kept or not.
  bool is_complete(std::size_t index) const;
  bool keeps_constraints(std::size_t index) const;
  /// How many have a value.
  std::size_t valued() const { return valued_; }
  /// True if a trial, whatever became of it, has this configuration. `point` is snapped.
  bool contains(std::span<const double> point) const { return seen_[slot_of_key(key_of(point))] != 0; }

  void suggest(TrialId trial, std::span<const double> point);
  /// Returns the place of the trial.
  std::size_t tell(const Outcome& outcome);

  /// A JSON array that load() reads.
  std::string to_json() const;
  /// Errors: kInvalidArgument: not what to_json() writes for such a cube; nothing has changed.
  Result<void> load(std::string_view json);

 private:
  static constexpr std::size_t kLeastSlots = 16;

  static std::uint64_t key_of(std::span<const double> point);
  std::size_t add(std::int64_t trial, std::span<const double> point);
  std::optional<std::size_t> place_of(std::int64_t trial) const;
  std::size_t slot_of_trial(std::int64_t trial) const;
  std::size_t slot_of_key(std::uint64_t key) const;
  std::size_t extras_of_each() const { return further_.objectives.size() + further_.constraints.size(); }
  std::span<const double> extras(std::size_t index) const {
    return std::span(extras_).subspan(index * extras_of_each(), extras_of_each());
  }
  void take_extras(std::size_t index, const Metrics& metrics);
  void make_room();

  const UnitCube* cube_;
  Objective objective_;
  FurtherGoals further_;
  std::vector<TrialRecord> records_;
  std::vector<double> points_;  // Of all records, one after the other.
  std::vector<double> extras_;  // Likewise; of each its further losses, then its margins.
  // Tables with open addressing, as large as each other, a power of two; 0 is a free slot.
  std::vector<std::uint32_t> places_ = std::vector<std::uint32_t>(kLeastSlots);  // Of records, from 1, by trial.
  std::vector<std::uint64_t> seen_ = std::vector<std::uint64_t>(kLeastSlots);    // Keys of points.
  std::size_t valued_ = 0;
};

}  // namespace manta::internal
