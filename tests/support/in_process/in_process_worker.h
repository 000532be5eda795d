// SPDX-License-Identifier: Apache-2.0
// A worker that lives in the test's process.
#pragma once

#include <functional>
#include <memory>

#include "core/net/link.h"
#include "core/net/message.h"
#include "core/node/worker_launcher.h"
#include "core/worker/worker_process.h"
#include "tests/support/in_process/stepped_thread.h"

namespace manta {

/// The code of a worker, on a thread of its own that is taken through its steps. Its ends of the shared memory are
/// mappings of their own, as in a process.
///
/// Thread-safety: none.
class InProcessWorker {
 public:
  /// `memory` and `link_fd` stay the caller's. What the worker waits for, it gives up by the end of the clock's life.
  InProcessWorker(std::uint64_t id, const WorkerLauncher::Memory& memory, int link_fd,
                  std::shared_ptr<const Clock> clock);
  ~InProcessWorker();
  InProcessWorker(const InProcessWorker&) = delete;
  InProcessWorker& operator=(const InProcessWorker&) = delete;

  std::uint64_t id() const { return id_; }
  /// What stands for its pid; no process has it.
  pid_t pid() const { return static_cast<pid_t>(0x40000000 + GlobalId::local(id_)); }

  /// The node has sent something that it has not taken.
  bool can_take() const { return is_running() && !waits_for_room_ && process_->has_messages(); }
  /// It is idle and has taken a call, or is to end; or it does not wait any longer, also not for room in its ring.
  bool can_run() const;
  /// It has said something that the node has not taken, or has told it that there is room in its ring.
  bool has_said() const;
  /// Breaks the protocol: it does not hear that there is room in its ring.
  void sleep_through() { sleeps_through_ = true; }
  /// Its ring to the node is full, and it is in the midst of sending; so is the one from the node.
  bool waits_for_room() const { return waits_for_room_; }
  bool node_waits_for_room() const { return layout_of<LinkLayout>(link_)->to_worker.producer_waits.load() != 0; }
  /// The node looks now.
  void hear() { tells_of_room_ = false; }
  /// A deadline of what it waits for; max(): none.
  TimePoint deadline() const { return is_running() ? deadline_ : TimePoint::max(); }

  /// Takes a message, and goes on as far as it can with it.
  void take();
  /// Runs a call, or goes on with the one that has waited, as far as it can.
  void run();
  /// It is no more, without a word. What it still does of itself, to be gone, nobody hears.
  void die();

  bool is_running() const { return !is_dead_ && !thread_->has_ended(); }
  bool is_dead() const { return is_dead_; }
  /// All that the node and this worker share besides messages.
  std::uint64_t shared_words() const;
  TaskClaims& claims() { return layout_of<LinkLayout>(link_)->claims; }

  using Tamper = std::function<void(MessageHeader&)>;
  /// The node's next message from it, which `tamper` may change; nothing if there is none.
  void tamper_with_next(const Tamper& tamper);

 private:
  enum class Next { kTake, kRun };

  bool has_work() const;
  void step(Next next);
  void live();
  void pause(TimePoint deadline);
  void pause_for_room();

  const std::uint64_t id_;
  const std::shared_ptr<const Clock> clock_;
  UniqueFd link_fd_;
  SharedMemory link_;              // As the node sees it.
  std::byte* own_link_ = nullptr;  // As the worker does.
  std::shared_ptr<WorkerProcess> process_;
  bool is_idle_ = false;
  bool is_dead_ = false;
  bool waits_for_room_ = false;
  bool tells_of_room_ = false;
  bool sleeps_through_ = false;
  RingHeader seen_;  // What the node has taken, for looking at what comes next.
  RingConsumer saying_;
  Next next_ = Next::kTake;
  TimePoint deadline_ = TimePoint::max();
  std::unique_ptr<SteppedThread> thread_;
};

}  // namespace manta
