// SPDX-License-Identifier: Apache-2.0
// Which trials a Gaussian process learns from, and when.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "searchers/internal/history.h"

namespace manta::gp {

/// The trials that a process learns from, in the order in which it takes them: all that have a value, up to kAll of
/// them. Of more, it begins anew with the best kMost / 2 and the newest of the others, and takes what gets a value
/// until there are kStep more; so its cost does not grow with the history.
///
/// Hyperparameters are due to be fitted after each trial up to kOften, then when the count of those with a value passes
/// a multiple of a step, a sixteenth to a thirty-second of it. When that is, and what is chosen, depends on the history
/// and on State, never on how often anybody asks in between.
class TrainingSet {
 public:
  static constexpr std::size_t kAll = 2048;
  static constexpr std::size_t kMost = 640;
  static constexpr std::size_t kOften = 60;
  static constexpr std::size_t kStep = 128;   ///< The largest.
  static constexpr std::size_t kTuned = 400;  ///< Trials that hyperparameters are fitted to, at most.

  /// What a copy needs beside the history.
  struct State {
    std::size_t fitted = 0;            ///< The multiple at which hyperparameters were fitted last; 0: never.
    std::vector<std::size_t> places;   ///< In the history, of the trials.
    std::size_t at_once = 0;           ///< So many of the first were taken together, the others one by one.
    std::size_t newer = 0;             ///< The size of the history then;
    std::vector<std::size_t> awaited;  ///< places of what was pending.
  };

  const State& state() const { return state_; }
  void set_state(State state) { state_ = std::move(state); }

  /// Brings it up to date. Returns whether all were chosen anew: then nothing of what was taken before counts.
  bool update(const internal::History& history);
  /// Whether hyperparameters are to be fitted now.
  bool is_fit_due(const internal::History& history) const;
  /// They are: the set is chosen anew.
  void begin_fit(const internal::History& history);

 private:
  void choose(const internal::History& history);

  State state_;
};

/// When hyperparameters were due to be fitted last, of so many trials with a value: at each up to kOften, then at a
/// multiple of a step.
std::size_t last_fit_at(std::size_t valued);

/// Which of so many values hyperparameters are fitted to, rising: all, or the lowest kTuned / 2 and others at equal
/// distances.
std::vector<std::size_t> tuning_sample(std::span<const double> values);

}  // namespace manta::gp
