// SPDX-License-Identifier: Apache-2.0
// The part of a searcher that is its algorithm.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/random.h"
#include "core/base/result.h"
#include "searchers/internal/history.h"
#include "tune/space/unit_cube.h"

namespace manta::internal {

/// Chooses the next point from what is known of those before. Beside the history it may keep what it has computed, and
/// what it would compute otherwise in another order has to be in save().
///
/// Thread-safety: none.
class Proposer {
 public:
  virtual ~Proposer() = default;

  /// The next point; coordinates in [0, 1]. Draws from `random` only, which is of this trial alone. A point that
  /// `history` contains already is replaced by whoever asks.
  virtual UnitCube::Point propose(const History& history, RandomStream& random) = 0;

  /// `history` has been told of the trial at `place`: for what learns from all reports, not from the last of each trial.
  virtual void told(const History& history, std::size_t place) {
    static_cast<void>(history), static_cast<void>(place);
  }

  /// Searcher::describe(), by the history alone.
  virtual std::string describe(const History& history) const { return static_cast<void>(history), ""; }

  /// Searcher::expected_gain(), of the proposals that led to `history`.
  virtual std::optional<double> expected_gain(const History& history) const {
    return static_cast<void>(history), std::nullopt;
  }

  /// JSON of what a copy needs beside the history to propose the same.
  virtual std::string save() const { return "null"; }
  /// Errors: kInvalidArgument: not what save() wrote; nothing has changed.
  virtual Result<void> load(std::string_view json) {
    if (json == "null") return {};
    return Error{ErrorCode::kInvalidArgument, "its model is damaged"};
  }
};

}  // namespace manta::internal
