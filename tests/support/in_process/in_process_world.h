// SPDX-License-Identifier: Apache-2.0
// A driver, its node and its workers in one process, taken through their steps by a test.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/net/caller_scope.h"
#include "core/node/node.h"
#include "core/objects/object_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/in_process/in_process_launcher.h"

namespace manta {

/// Everything of the runtime but the processes: the same node, the same workers' code, the same rings and store. What
/// happens when, and in which order, is the test's to decide: no step is taken but by take().
///
/// The test's thread is the driver: `remote<f>`, `actor<T>` and get() are this runtime's there. A get() that waits
/// takes steps until it need not, those that the chooser chooses.
///
/// Thread-safety: none; one at a time on each thread.
class InProcessWorld {
 public:
  struct Options {
    Machine machine{.cpus = 2, .gpus = {}};
    std::size_t object_store_bytes = std::size_t{8} << 20;
    /// As the node's; with direct calls, worlds of the same fingerprint may differ.
    std::uint32_t direct_after = 0;
    NodeId node{1};
  };
  /// One thing that one party does next.
  struct Step {
    enum class Kind : std::uint8_t {
      kNodeTakes,    ///< The node takes the worker's next message.
      kNodeHears,    ///< The node gets the next notice of a start or an end.
      kWorkerTakes,  ///< The worker takes its next message, and goes on with what waits for it.
      kWorkerRuns,   ///< The worker runs the next call that it has taken, or stops waiting.
      kTimePasses,   ///< Up to the next moment that somebody waits for.
    };
    Kind kind = Kind::kNodeTakes;
    std::uint64_t worker = 0;

    bool operator==(const Step&) const = default;
  };
  /// Of several steps, at least one, the index of the one to take.
  using Chooser = std::function<std::size_t(const std::vector<Step>&)>;

  explicit InProcessWorld(Options options);
  InProcessWorld() : InProcessWorld(Options{}) {}
  ~InProcessWorld();
  InProcessWorld(const InProcessWorld&) = delete;
  InProcessWorld& operator=(const InProcessWorld&) = delete;

  Node& node() { return *node_; }
  Arena& arena() { return *static_cast<ObjectStore&>(node_->allocator()).arena(); }
  InProcessLauncher& launcher() { return *launcher_; }
  FakeClock& clock() { return *clock_; }

  /// What can be done now, in an order that depends on nothing but what was done before.
  std::vector<Step> steps(bool with_time = false) const;
  void take(const Step& step);
  /// Breaks the protocol: `tamper` sees each message before the node takes it.
  void tamper_by(InProcessWorker::Tamper tamper) { tamper_ = std::move(tamper); }
  /// Breaks more than messages: `disturb` runs after each step of a worker.
  void disturb_by(std::function<void(InProcessWorker&)> disturb) { disturb_ = std::move(disturb); }
  /// Whoever chooses while the driver waits; null: the first step there is.
  void choose_by(Chooser chooser) { chooser_ = std::move(chooser); }
  /// Takes steps until none is left but waiting.
  void settle();

  /// The worker's process ends by SIGKILL, which the node will hear of.
  void kill(std::uint64_t worker) { launcher_->die(worker); }
  /// Workers that run, in the order of their start.
  std::vector<std::uint64_t> living() const;

  /// Two worlds whose parties have taken the same steps, each in its own order, have the same; so they are in the same
  /// state. What the driver does besides is to be told by note().
  std::uint64_t fingerprint() const;
  void note(std::uint64_t what) { mix(node_history_, what); }

 private:
  static void mix(std::uint64_t& history, std::uint64_t what);
  void note_node_step(const Step& step);
  std::optional<TimePoint> next_deadline() const;
  void wait(TimePoint deadline);

  const std::shared_ptr<FakeClock> clock_ = std::make_shared<FakeClock>();
  InProcessLauncher* launcher_ = nullptr;  // The node's.
  std::shared_ptr<Node> node_;
  std::optional<CallerScope> scope_;
  Chooser chooser_;
  InProcessWorker::Tamper tamper_;
  std::function<void(InProcessWorker&)> disturb_;
  std::uint64_t node_history_ = 0;
  std::size_t steps_waited_ = 0;
  std::map<std::uint64_t, std::uint64_t> histories_;  // Of workers, those that are gone too.
};

std::string to_string(const InProcessWorld::Step& step);

}  // namespace manta
