// SPDX-License-Identifier: Apache-2.0
// Which hyperparameters a population gains most with, by what it has seen so far.
#pragma once

#include <cstddef>
#include <deque>
#include <span>

#include "core/base/random.h"
#include "tune/space/config.h"
#include "tune/space/unit_cube.h"

namespace manta::internal {

/// What one interval of one trial showed.
struct Gain {
  double time = 0;        ///< Intervals since the start, at its end.
  double score = 0;       ///< At its beginning.
  UnitCube::Point point;  ///< The hyperparameters, as UnitCube encodes them.
  double gain = 0;        ///< The score at its end less that at its beginning, for one interval.
};

/// A trial that has begun its interval and not ended it.
struct UnderWay {
  double time = 0;
  double score = 0;
  Config config;
};

/// A Gaussian process over time, score and hyperparameters, whose upper confidence bound says what to try next.
///
/// Source: Parker-Holder, Nguyen and Roberts 2020, "Provably Efficient Online Hyperparameter Optimization with
/// Population-Based Bandits": gains are regressed on a kernel that forgets with time, and what others have under way
/// counts as seen at its mean. Deviations:
///  - Numbers and ordinals are chosen so; choices, and what a condition brings in, stay as they come from explore().
///  - Length, forgetting and noise are the most likely ones of a grid of 12, all axes alike; gains are clipped at three
///    interquartile ranges, so that one trial that diverges hides nothing.
///  - The newest kMost gains count, and the bound lies one deviation above the mean at all times.
///
/// Cost: choose() O(2 n^3 + 500 n) for n gains, and at most O(500 n^2).
/// Thread-safety: const methods from any thread.
class GainModel {
 public:
  static constexpr std::size_t kMost = 60;
  static constexpr std::size_t kLeast = 4;  ///< With fewer, choose() returns what it was given.

  explicit GainModel(const Space& space) : cube_(space) {}

  /// `gain.gain` and `gain.score` finite.
  void add(Gain gain);
  const std::deque<Gain>& gains() const { return gains_; }
  std::size_t axes() const { return cube_.size(); }
  UnitCube::Point encode(const Config& config) const { return cube_.encode(config); }

  /// `start` with the numbers that promise most to a trial of this score at this time, in the space.
  Config choose(const Config& start, double time, double score, std::span<const UnderWay> others,
                RandomStream& random) const;

 private:
  UnitCube cube_;
  std::deque<Gain> gains_;
};

}  // namespace manta::internal
