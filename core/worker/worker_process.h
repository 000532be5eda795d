// SPDX-License-Identifier: Apache-2.0
// What a worker process does: takes calls from its node, runs them, answers, and makes calls itself.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/base/no_memory.h"
#include "core/net/caller.h"
#include "core/net/completion_wait.h"
#include "core/net/function_table.h"
#include "core/net/pace.h"
#include "core/worker/actor_waits.h"
#include "core/worker/async_calls.h"
#include "core/worker/call_timer.h"
#include "core/worker/direct_calls.h"
#include "core/worker/direct_service.h"
#include "core/worker/message_queue.h"
#include "core/worker/thread_set.h"
#include "core/worker/trace_ring.h"
#include "core/worker/user_code.h"
#include "core/worker/worker_link.h"
#include "core/worker/worker_store.h"

namespace manta {

/// The thread of run() runs user code, and as many more as the actor wants; that code may make calls, and wait for
/// them, on any thread. What it got of the runtime must not outlive this. A process has one, but for tests.
class WorkerProcess final : public Caller, private ObjectSource, public std::enable_shared_from_this<WorkerProcess> {
 public:
  WorkerProcess(std::uint64_t id, SharedMemory link, SharedMemory node_page, SharedMemory store, Pace pace = {});
  ~WorkerProcess() override;  // NOLINT(bugprone-exception-escape): a thread that cannot be joined is beyond help.
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  /// Serves calls until the node says stop; then destroys the actor.
  void run();
  /// After the last call: destroys the actor. Once nobody else makes calls.
  void end();

  /// Waits for one call and runs it, or leaves it out if the node has taken it back. False: there are no more.
  bool serve_next();
  /// At a stepped pace: takes the next message. False: there is none.
  bool step_message();
  bool has_messages() const { return link_.has_messages() || direct_.has_answers() || served_.has_calls(); }
  bool has_calls() const { return !calls_.empty() || !async_.turns()->empty(); }
  /// No call begins any more; serve_next() sees to the end.
  bool is_stopping() const { return stopping_ || is_draining_; }

  /// The worker that this process is; null in a process that is none.
  static std::shared_ptr<Caller> current();
  /// Makes `worker` the one that this process is, for good.
  static void set_current(std::shared_ptr<WorkerProcess> worker);

  BlockAllocator& allocator() override { return store_; }
  ObjectPtr new_object() override;
  void put(const ObjectPtr& object, Result<EncodedValue> value) override;
  void fulfil(const ObjectPtr& object, ObjectState::Outcome outcome) override;
  void give_up_on(const ObjectPtr& object, Error error) override;
  Result<std::vector<BlockPtr>> hold(const ObjectPtr& object, TimePoint deadline) override;
  WireReference name_of(const Reference& reference) override;
  void submit(Call&& call) override;
  Result<ActorPtr> create_actor(Call constructor, ActorSpec spec) override;
  Result<ActorPtr> find_actor(const std::string& name, std::string_view type) override;
  void call_actor(std::uint64_t actor, Call&& call) override;
  void stop_actor(std::uint64_t actor) override;
  void kill_actor(std::uint64_t actor) override;
  void release_actor(std::uint64_t actor, std::uint64_t count) override;
  ActorStatus actor_status(std::uint64_t actor) override;
  ObjectPtr monitor_actor(std::uint64_t actor) override;
  Result<void> on_child_death(ChildDeathHandler handler) override;
  void cancel(const ObjectPtr& object, bool force) override;
  bool is_call_cancelled() override;
  Result<void> checkpoint() override;
  Result<RuntimeStatus> status() override;
  Tracer* tracer() override { return is_forked_copy() ? nullptr : trace_.get(); }
  TimePoint now() override { return clock_->now(); }
  bool wait(const std::function<bool()>& done, TimePoint deadline) override;
  Circle wait_for_actor(std::uint64_t actor, const std::function<bool()>& done) override;
  Circle wait_for_answer(std::uint64_t actor, const std::function<bool()>& done) override;

 private:
  class NamedObject;
  // A question to the node that waits for its answer.
  struct Request {
    std::optional<Error> refusal;
    std::optional<EncodedValue> value;
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    std::atomic<bool> is_answered{false};
  };

  // A wait of another process, or this one, for the actor that this process has.
  struct HeardWait {
    std::uint64_t worker = 0;
    std::uint64_t number = 0;
    std::uint64_t hops = 0;
    std::vector<std::string> titles;  // Of the actors on its way, this process' is the last.
  };

  using Sender = std::function<void(std::uint64_t number)>;

  // worker_process.cc: calls to this process.
  void serve();
  void start_threads(std::uint64_t count);
  void stop();
  std::size_t take_messages();
  void handle(std::span<const std::byte> bytes);
  void forget_call(std::uint64_t call);
  void run_call(const Message& message);
  // What `run` throws becomes the outcome.
  template <class Run>
  static void run_into(CallContext& context, Run&& run) {
    if (std::optional<Error> error = run_user_code(std::forward<Run>(run))) context.outcome = std::move(*error);
  }
  void judge_death(const Message& message);
  void answer(std::uint64_t call, CallContext& context, Duration took);
  bool answer_directly(const CallContext& context, bool is_plain, MessageHeader& header);
  bool is_cancelled(std::uint64_t call);
  static void take_blocks(std::vector<Reference>& references, std::vector<BlockPtr>& blocks);
  static bool is_running_call();

  // worker_checkpoints.cc: the actor's state.
  Result<void> save_state(std::uint64_t call);
  void save_if_due(std::uint64_t call);
  EncodedValue take_value(const MessageValue& value);
  std::vector<Reference> take_references(const MessageValue& value, bool keeps);

  // worker_async.cc: calls that are coroutines.
  bool begin_async(MessageType type, std::uint64_t number, CallContext& context);
  void take_turn();
  void end_async(AsyncCall& call);
  static void finish(AsyncCall& call, CallContext& context);
  void wait_for_work();
  bool is_done();
  void start_drain();
  void refuse(const Message& message);

  // worker_calls.cc: calls of this process.
  void watch(const ObjectId& id) override;
  void forget(NamedObject& object);
  void list(const ObjectPtr& object);  // With names_mutex_ held.
  void take_outcome(const Message& message);
  void take_answer(const Message& message);
  void call_by_node(std::uint64_t actor, const Call& call);
  // worker_direct.cc: calls from worker to worker.
  bool handle_direct(const Message& message);
  std::size_t take_direct(std::size_t most);
  void settle(std::vector<DirectCalls::Settled>& settled);
  void take_by_node(const MessageHeader& header);
  void take_loss(const Message& message);
  // worker_waits.cc: waits for actors.
  void hear_wait(const Message& message);
  void pass_on_waits();
  // worker_objects.cc: objects of this process that lie in the store.
  static bool make_movable(ObjectState::Outcome& outcome);
  void list_if(bool is_stored, const ObjectPtr& object);
  static void bring_back(NamedObject& object, ObjectState::Outcome outcome);
  void let_go();
  ObjectPtr import_object(const ObjectId& id);
  ActorPtr import_actor(std::uint64_t id);
  void announce(const ObjectPtr& known);
  void send_outcome(MessageType type, const NamedObject& object);
  Result<const Request*> ask(Request& request, const Sender& send);
  Result<ActorPtr> ask_for_actor(const Sender& send);
  Result<WorkerStore::Range> request_chunk(std::size_t size);
  void count_waiting(int change);
  void send_call(const Call& call, const std::function<void(MessageBuilder&)>& first);
  static std::vector<std::uint64_t> more_numbers(const Call& call);
  static void give_block(MessageBuilder& builder, const BlockPtr& block, long passing);

  const std::uint64_t id_;
  const std::shared_ptr<const Clock> clock_;
  const bool is_stepped_;
  WorkerLink link_;
  const std::unique_ptr<TraceRing> trace_;  // Null: nothing is traced.
  MessageQueue calls_;                      // To be run.
  CallTimer timer_;
  DirectService served_;                    // Of the thread that takes messages, but for answers.
  DirectCalls direct_;
  std::vector<DirectCalls::Settled> settled_;  // Of the thread that takes messages.
  Message incoming_;                           // Likewise.
  std::vector<HeardWait> heard_waits_;         // Likewise: not judged yet.
  std::shared_ptr<void> actor_;                // Set by the constructor, before there are further threads.
  std::atomic<std::uint64_t> actor_id_{0};     // 0: it has none.
  ActorSaver saver_;                           // As actor_.
  std::vector<std::thread> threads_;
  std::atomic<std::size_t> thread_count_{1};
  AsyncCalls async_;
  std::atomic<bool> is_draining_{false};  // The node has said stop.
  ThreadSet drained_threads_;             // That know it, and begin no call any more.
  std::atomic<bool> stopping_{false};     // Nothing is left to do.
  CompletionWait completion_;
  WorkerStore store_;

  std::recursive_mutex announce_mutex_;  // Held while the node gets to know an object; first those that it contains.

  std::mutex cancelled_mutex_;
  std::unordered_set<std::uint64_t> cancelled_;  // Calls; guarded by it.
  std::atomic<bool> any_cancelled_{false};

  std::mutex deaths_mutex_;
  std::shared_ptr<const ChildDeathHandler> child_death_handler_;  // Guarded by it; null: there is none.

  ActorWaits actor_waits_;

  std::mutex waiting_mutex_;
  int threads_waiting_ = 0;  // Guarded by it.

  std::atomic<std::uint64_t> next_number_{1};

  std::mutex names_mutex_;  // Guards what follows.
  std::unordered_map<ObjectId, std::weak_ptr<NamedObject>, ObjectIdHash> objects_;
  std::unordered_map<std::uint64_t, std::weak_ptr<ActorLease>> actors_;
  std::unordered_map<std::uint64_t, Request*> requests_;
};

}  // namespace manta
