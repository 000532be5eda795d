// SPDX-License-Identifier: Apache-2.0
// Runs trials as actors of this process' runtime.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "core/api/actor.h"
#include "core/base/clock.h"
#include "tune/actor/trial_actor.h"
#include "tune/executor.h"

namespace manta {

struct ActorExecutorOptions {
  std::string trainable;                ///< For resolve_trainable(), which each worker asks.
  std::filesystem::path log_directory;  ///< Gets <trial>/<attempt>.log.
  double cpus_per_trial = 1;            ///< Of each slot; GPUs and memory a trial has once, whatever its slots.
  double gpus_per_trial = 0;
  std::uint64_t memory_per_trial = 0;  ///< Bytes that a trial's process may use; 0: any number.
  bool show_stack = true;              ///< abort() shows where the process is; not if it only waits for another.
};

/// One worker process per attempt, or per several if the trainable's reset() allows. Checkpoints stay in the object
/// store and go from actor to actor without a copy.
class ActorExecutor final : public Executor {
 public:
  /// Needs a runtime (manta::init), which must outlive it.
  /// Errors: kFailedPrecondition: no runtime; kInvalidArgument: a trial needs more than the machine has.
  static Result<std::unique_ptr<ActorExecutor>> create(ActorExecutorOptions options);
  ~ActorExecutor() override;  // NOLINT(bugprone-exception-escape): get() of what is there throws nothing.

  void launch(Launch launch) override;
  void advance(TrialId trial) override { advance_up_to(trial, 1); }
  void advance_up_to(TrialId trial, int iterations) override;
  void save(TrialId trial) override;
  void stop(TrialId trial) override;
  void abort(TrialId trial) override;
  std::string activity(TrialId trial) const override;
  int slots() const override { return slots_; }
  std::optional<Event> next_event(TimePoint deadline) override;
  void wait(TimePoint deadline) override;
  void interrupt() override;
  const Clock& clock() const override { return clock_; }

 private:
  // An actor that was asked to end and is killed if it does not.
  struct Retired {
    Actor<TrialActor> actor;
    TimePoint deadline;
  };
  using Answer = std::variant<ObjectRef<TrialReady>, ObjectRef<TrialStep>, ObjectRef<SharedArray<std::byte>>>;
  struct Mail {
    TrialId trial;
    std::uint64_t call = 0;
    Answer answer;
  };
  struct Attempt {
    int number = 1;
    int slots = 1;
    std::uint64_t call = 0;               // Of those under way the one that is answered next; 0: there is none.
    std::uint64_t last_call = 0;          // Of them the last.
    std::map<std::uint64_t, Mail> early;  // Answers to later ones: several threads bring them.
    Actor<TrialActor> actor;
    Launch launch;  // Kept until it has started, for a second try in a new process.
    bool is_aborted = false;
  };
  // Shared with callbacks, which may come after this is gone.
  struct Mailbox {
    std::atomic<bool> has_mail = false;
    std::atomic<bool> interrupted = false;
    std::mutex mutex;
    std::deque<Mail> mail;
  };

  ActorExecutor(ActorExecutorOptions options, int slots);

  Actor<TrialActor> new_actor(TrialId trial, const Attempt& attempt) const;
  void start(TrialId trial, Attempt& attempt);
  template <class T>
  void expect(TrialId trial, Attempt& attempt, ObjectRef<T> answer);
  std::filesystem::path log_path(TrialId trial, int attempt) const;
  std::optional<Event> open(Mail mail);
  Event failed(TrialId trial, Attempt& attempt, Error error);
  Event infeasible(TrialId trial, Attempt& attempt, std::string reason);
  void retire(Actor<TrialActor> actor);
  void retire_idle();
  void reap_retired();

  const ActorExecutorOptions options_;
  const int slots_;
  const SystemClock clock_;
  const std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  std::map<TrialId, Attempt> attempts_;
  std::deque<Event> own_events_;         // That no actor has to answer.
  std::vector<Actor<TrialActor>> idle_;  // Of one slot each.
  std::vector<Retired> retired_;
  bool reusable_ = true;  // Until a reset() says no.
  std::uint64_t next_call_ = 1;
};

}  // namespace manta
