// SPDX-License-Identifier: Apache-2.0
// A trial written as a function: void f(manta::Trial& trial).
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "tune/trainable.h"

namespace manta {

/// A function's view of its trial.
///
/// Thread-safety: for the function's own thread.
class Trial {
 public:
  virtual ~Trial() = default;

  virtual const Config& config() const = 0;
  /// Hands in one row; it is on disk when this returns. Blocks while the trial is paused; does not return when the
  /// trial is stopped: the function is unwound (locals are destroyed; a catch (...) must rethrow).
  /// With `state`, the row carries a checkpoint, written by the function given: it runs at once if one is wanted.
  virtual void report(const Metrics& metrics) = 0;
  virtual void report(const Metrics& metrics, const std::function<void(CheckpointWriter&)>& save) = 0;
  /// The checkpoint to go on from, or null: start from the beginning.
  virtual const CheckpointReader* checkpoint() const = 0;
};

/// Runs `function` on a thread of its own, one report per step().
std::unique_ptr<Trainable> make_function_trainable(std::function<void(Trial&)> function);

}  // namespace manta

/// Makes the function `function` (void(manta::Trial&)) known by its name, as MANTA_TRAINABLE does for a class.
#define MANTA_TRAINABLE_FUNCTION(function)                      \
  [[maybe_unused]] static const bool manta_registered_##function = \
      ::manta::internal::register_trainable(#function, [] { return ::manta::make_function_trainable(&function); })
