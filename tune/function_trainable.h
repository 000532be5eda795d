// SPDX-License-Identifier: Apache-2.0
// A trial written as a function: void f(manta::Trial& trial).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tune/space/config_binding.h"
#include "tune/trainable.h"

namespace manta {

/// A function's view of its trial.
///
/// Thread-safety: for the thread that the function was called on.
class Trial {
 public:
  virtual ~Trial() = default;

  virtual const Config& config() const = 0;
  /// Hands in one row; it is on disk when this returns. Blocks while the trial is paused; does not return when the
  /// trial is stopped: the function is unwound (locals are destroyed; a catch (...) must rethrow).
  virtual void report(const Metrics& metrics) = 0;
  /// As above; the row can also carry a checkpoint. `save` writes it, on this thread while report() blocks, and is
  /// called only if a checkpoint is wanted: not at all, or more than once. It must not call report(). What it throws
  /// fails the attempt.
  virtual void report(const Metrics& metrics, const std::function<void(CheckpointWriter&)>& save) = 0;
  /// Ends the trial because its configuration cannot work, as Trainable::infeasible() does; does not return. Not in a
  /// `save` callback.
  [[noreturn]] void infeasible(std::string reason) { throw Infeasible(std::move(reason)); }
  /// The checkpoint to go on from, or null: start from the beginning. Lives as long as this.
  virtual const CheckpointReader* checkpoint() const = 0;
};

/// The name of that thread, for whoever looks at the process from outside.
inline constexpr const char* kFunctionThreadName = "trial-function";

/// Runs `function` on a thread of its own, one report per step(). The function's exceptions come out of step(), those
/// of a save callback out of save(). A report without a callback saves nothing. Destruction unwinds the function and
/// waits for that: it takes as long as the function stays away from report(). reset() unwinds it too, but waits for a
/// fifth of a second at most; where that is enough, the process runs trial after trial, and what the function leaves in
/// globals is there in the next.
std::unique_ptr<Trainable> make_function_trainable(std::function<void(Trial&)> function);

namespace internal {
inline TrainableEntry function_entry(std::string name, void (*function)(Trial&)) {
  return {std::move(name), [function] { return make_function_trainable(function); }, nullptr};
}
template <BoundStruct Hyper>
TrainableEntry function_entry(std::string name, void (*function)(const Hyper&, Trial&)) {
  return {
      std::move(name),
      [function] {
        return make_function_trainable([function](Trial& trial) { function(config_as<Hyper>(trial.config()), trial); });
      },
      [](std::string_view space) { return check_fields(Hyper::binding().fields(), space); }};
}
}  // namespace internal

}  // namespace manta

/// Makes the function `function` known by its name, as MANTA_TRAINABLE does for a class: void(manta::Trial&), or
/// void(const Hyper&, manta::Trial&) with a bound struct (config_binding.h), which is checked against the space before
/// the first trial starts.
#define MANTA_TRAINABLE_FUNCTION(function)                         \
  [[maybe_unused]] static const bool manta_registered_##function = \
      ::manta::internal::register_trainable(::manta::internal::function_entry(#function, &function))
