// SPDX-License-Identifier: Apache-2.0
// What the user writes: one trial's code.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "tune/checkpoint/checkpoint_reader.h"
#include "tune/checkpoint/checkpoint_writer.h"
#include "tune/space/config.h"
#include "tune/trial/metrics.h"

namespace manta {

/// What infeasible() throws. No std::exception, so that a catch of those in between lets it pass.
class Infeasible {
 public:
  explicit Infeasible(std::string reason) : reason_(std::move(reason)) {}
  const std::string& reason() const { return reason_; }

 private:
  std::string reason_;
};

/// One trial's code, as a class. It lives in a process of its own; all calls come from one thread of it.
///
/// Errors: whatever a method throws fails this attempt of this trial, with the exception's type and message as the
/// cause; other trials go on.
class Trainable {
 public:
  virtual ~Trainable() = default;

  /// Called once, before anything else.
  virtual void setup(const Config& config) = 0;
  /// Runs one iteration and returns its metrics; they are one report. Call finish() in it to make it the last one.
  virtual Metrics step() = 0;
  /// Writes what load() needs. Called between steps: for pause, clone, retry and resume.
  virtual void save(CheckpointWriter& out) { static_cast<void>(out); }
  /// Called after setup(), instead of starting anew.
  virtual void load(const CheckpointReader& in) { static_cast<void>(in); }
  /// Makes this object ready for another trial, as if new and set up with `config`, and returns true; or returns false,
  /// and a new process is used.
  virtual bool reset(const Config& config) { return static_cast<void>(config), false; }
  /// Whether step() is called again only when its last report is on disk: for who was promised that. Else a trial may
  /// be some reports ahead of the disk (LoopOptions::wait_for_durable_reports).
  virtual bool waits_for_disk() const { return false; }

  /// True once finish() was called.
  bool finished() const { return finished_; }

 protected:
  /// Says that there is nothing left to do. A step() that returns no metrics then adds no report.
  void finish() { finished_ = true; }
  /// Ends the trial because its configuration cannot work ("the tiles do not fit into the cache"); does not return. In
  /// setup(), reset(), load() or step(). The trial is `infeasible`: no failure, never tried again, never the best; the
  /// searcher learns which points are so.
  [[noreturn]] static void infeasible(std::string reason) { throw Infeasible(std::move(reason)); }
  /// For reset(): takes finish() back.
  void restart() { finished_ = false; }

 private:
  bool finished_ = false;
};

/// A way to make a Trainable, by name.
struct TrainableEntry {
  std::string name;
  std::function<std::unique_ptr<Trainable>()> make;
  /// Whether it can run each trial of a space, given as JSON; null: it does not say. For TypedTrainable and its like.
  std::function<Result<void>(std::string_view space)> check_space = nullptr;
};

/// The table that MANTA_TRAINABLE fills while the program or plugin is loaded.
/// Thread-safety: written before main() or within dlopen only; read from any thread afterwards.
std::vector<TrainableEntry>& registered_trainables();

namespace internal {
/// Adds to the table; returns true so that a static can be initialised by it.
bool register_trainable(TrainableEntry entry);

template <class Class>
TrainableEntry entry_of(std::string name) {
  TrainableEntry entry{std::move(name), [] { return std::unique_ptr<Trainable>(std::make_unique<Class>()); }, nullptr};
  if constexpr (requires(std::string_view space) { Class::check_space(space); }) {
    entry.check_space = [](std::string_view space) { return Class::check_space(space); };
  }
  return entry;
}
}  // namespace internal

}  // namespace manta

/// Makes the Trainable class `Class` known by its name, to this program and, in a shared library, as a plugin.
#define MANTA_TRAINABLE(Class)                                  \
  [[maybe_unused]] static const bool manta_registered_##Class = \
      ::manta::internal::register_trainable(::manta::internal::entry_of<Class>(#Class))
