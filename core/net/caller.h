// SPDX-License-Identifier: Apache-2.0
// What the API needs of the process it runs in: the driver, or a worker.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/net/call.h"
#include "core/net/child_death.h"
#include "core/net/status.h"
#include "core/net/trace_event.h"

namespace manta {

/// Makes calls and waits for their outcome.
///
/// Thread-safety: any method, from any thread.
class Caller {
 public:
  struct ActorStatus {
    bool is_alive = false;
    int pid = 0;  ///< 0 while it has no process.
  };

  virtual ~Caller() = default;

  /// Where values of this process are put.
  virtual BlockAllocator& allocator() = 0;
  /// An object of this process, to be completed here or by a call.
  virtual ObjectPtr new_object() = 0;
  /// As new_object(), of one that only the user's code will complete. The end of the runtime does, if that has not.
  virtual ObjectPtr new_promise() { return new_object(); }
  /// Gives `object`, of this process, its value. Its bytes in the store are accounted for from then on.
  virtual void put(const ObjectPtr& object, Result<EncodedValue> value) { object->complete(std::move(value)); }
  /// Gives `object`, which new_object() made in this or another process, its outcome, unless it has one. Whoever waits
  /// for it in any process gets to know.
  virtual void fulfil(const ObjectPtr& object, ObjectState::Outcome outcome) = 0;
  /// As fulfil(), of an object that another process was to fulfil, and may have fulfilled without this one knowing yet:
  /// what that gave it stays. Whoever waits for it here is to want() it.
  virtual void give_up_on(const ObjectPtr& object, Error error) = 0;
  /// Brings the bytes of a stored value into memory; whoever holds what this gives keeps them there. Waits.
  /// Errors: kTimeout; kObjectLost; kExhausted: there was no room for them in time; kCancelled.
  virtual Result<std::vector<BlockPtr>> hold(const ObjectPtr& object, TimePoint deadline) = 0;
  /// The name by which `reference` is known to the receiver of a call's values.
  virtual WireReference name_of(const Reference& reference) = 0;
  std::vector<WireReference> names_of(const std::vector<Reference>& references) {
    std::vector<WireReference> names;
    names.reserve(references.size());
    for (const Reference& reference : references) names.push_back(name_of(reference));
    return names;
  }

  /// Runs a task on some worker, when its arguments are ready and its resources are free.
  virtual void submit(Call&& call) = 0;
  /// Errors: kInvalidArgument (the machine is too small), kAlreadyExists (the name), kCancelled.
  virtual Result<ActorPtr> create_actor(Call constructor, ActorSpec spec) = 0;
  /// A handle to the living actor of this name.
  /// Errors: kNotFound; kInvalidArgument: it is of another class than `type`.
  virtual Result<ActorPtr> find_actor(const std::string& name, std::string_view type) = 0;
  /// Calls of one process arrive in the order in which they are made here, also when an argument of an earlier one is
  /// still pending.
  virtual void call_actor(std::uint64_t actor, Call&& call) = 0;
  /// Ends the actor after the calls made so far.
  virtual void stop_actor(std::uint64_t actor) = 0;
  /// Ends it now: pending calls end with kActorDied.
  virtual void kill_actor(std::uint64_t actor) = 0;
  /// A lease ends that stood for `count` handles.
  virtual void release_actor(std::uint64_t actor, std::uint64_t count) = 0;
  virtual ActorStatus actor_status(std::uint64_t actor) = 0;
  /// An object that becomes an ActorDeath when the actor has ended for good.
  virtual ObjectPtr monitor_actor(std::uint64_t actor) = 0;
  /// Who is told of the unexpected deaths of this process' children; see core/api/supervision.h.
  virtual Result<void> on_child_death(ChildDeathHandler handler) = 0;

  /// The call that `object` is a result of ends with kCancelled, unless it has ended. If it has not begun, it never
  /// does; if it runs, is_call_cancelled() tells it, and `force` kills the process of a task.
  virtual void cancel(const ObjectPtr& object, bool force) = 0;
  /// Whether the call that this thread runs was cancelled.
  virtual bool is_call_cancelled() = 0;

  /// Saves the state of the actor whose method this thread runs; see core/api/actor_state.h.
  virtual Result<void> checkpoint() = 0;

  virtual Result<RuntimeStatus> status() = 0;
  /// Takes what the threads of this process do; null: nothing is traced.
  virtual Tracer* tracer() { return nullptr; }

  /// Of the clock that deadlines go by.
  virtual TimePoint now() = 0;

  /// Waits until `done()`, which looks at objects and is cheap, or until `deadline`. Returns done().
  virtual bool wait(const std::function<bool()>& done, TimePoint deadline) = 0;
  /// Actors that wait for each other, as "actor tally (Counter, pid 4711)": this one, the one that it waits for, and so
  /// on until this one again; of very many only the first ones.
  using Circle = std::vector<std::string>;
  /// As wait() without a deadline, for what only the answer of `actor` to a call brings; 0: of the actor whose process
  /// this is. `done()` may be called on other threads too. Not empty: that answer cannot come, because the actor waits
  /// for this one, perhaps by way of others, or is this one, with all its threads.
  virtual Circle wait_for_actor(std::uint64_t /*actor*/, const std::function<bool()>& done) {
    wait(done, TimePoint::max());
    return {};
  }
  /// As wait_for_actor(); what does not take long costs no more than wait().
  virtual Circle wait_for_answer(std::uint64_t actor, const std::function<bool()>& done) {
    return wait_for_actor(actor, done);
  }
};

}  // namespace manta
