// SPDX-License-Identifier: Apache-2.0
// One machine's share of the runtime, embedded in the driver.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/base/no_memory.h"
#include "core/base/node_id.h"
#include "core/control/actor_directory.h"
#include "core/net/caller.h"
#include "core/net/completion_wait.h"
#include "core/net/pace.h"
#include "core/node/actor_record.h"
#include "core/node/attention.h"
#include "core/node/death_reports.h"
#include "core/node/direct_pairs.h"
#include "core/node/gpu_drain.h"
#include "core/node/last_outputs.h"
#include "core/node/lineage.h"
#include "core/node/memory_watch.h"
#include "core/node/metrics_export.h"
#include "core/node/open_promises.h"
#include "core/node/output_writer.h"
#include "core/node/runtime_metrics.h"
#include "core/node/status_server.h"
#include "core/node/trace_file.h"
#include "core/node/worker_launcher.h"
#include "core/node/worker_record.h"
#include "core/objects/object_store.h"
#include "core/objects/object_table.h"

namespace manta {

/// Places tasks and actors in worker processes, carries calls and answers, and notices deaths.
///
/// Thread-safety: any method, from any thread. Callbacks of objects run on the thread that completed them.
/// Ownership: owns the launcher, all workers and two threads; all of it is gone when shut_down() returns.
class Node final : public Caller, public std::enable_shared_from_this<Node> {
 public:
  struct Options {
    Machine machine;
    /// Of all nodes that anything of this process may have heard of.
    NodeId id{1};
    /// Stepped, it neither waits nor spills. Capacity 0: 30 % of memory.
    ObjectStore::Options store = {.warm_bytes = std::size_t{256} << 20};
    /// Memory limits of workers are those of memory cgroups, where these can be made; else workers are looked at.
    bool use_cgroups = true;
    /// For remembering how objects were made, in bytes.
    std::uint64_t lineage_bytes = std::uint64_t{64} << 20;
    /// Stepped: the node has no threads, and a test calls the functions named step_… in their place.
    Pace pace = {};
    GpuDrain::Reader gpus = {};      ///< Who uses them; without, a GPU is free once its worker has ended.
    std::string trace_file;          ///< Of the timeline; "": none.
    MetricsExport::Options metrics;  ///< Who gets the metrics, if anybody.
    std::string log_directory;       ///< Existing; of a file for each worker that prints something; "": none.
    std::uint64_t log_bytes = WorkerLog::kLimit;  ///< Of each of them.
    /// After how many calls in a row a worker calls an actor directly; 0: never.
    std::uint32_t direct_after = 64;
  };

  /// Errors: kSystem.
  static Result<std::shared_ptr<Node>> start(Options options, std::unique_ptr<WorkerLauncher> launcher);
  ~Node() override;  // NOLINT(bugprone-exception-escape): a mutex or a thread that fails is beyond help.
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Ends all of it now, whoever still holds the node: what is pending, and every later call, ends with kCancelled.
  /// Never call it on a thread of the node (in a callback of an object): it waits for them.
  void shut_down();

  BlockAllocator& allocator() override { return *store_; }
  ObjectPtr new_object() override { return make_object(); }
  ObjectPtr new_promise() override;
  void put(const ObjectPtr& object, Result<EncodedValue> value) override;
  void fulfil(const ObjectPtr& object, ObjectState::Outcome outcome) override;
  void give_up_on(const ObjectPtr& object, Error error) override { fulfil(object, std::move(error)); }
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
  bool is_call_cancelled() override { return false; }
  Result<void> checkpoint() override {
    return Error{ErrorCode::kFailedPrecondition, "checkpoint() is for methods of actors, and this is the driver"};
  }
  Result<RuntimeStatus> status() override;
  Tracer* tracer() override { return trace_.get(); }
  bool wait(const std::function<bool()>& done, TimePoint deadline) override;
  /// In Prometheus' text format.
  std::string metrics();
  /// The last 64 KiB that a worker printed which has died, if it is among the last LastOutputs::kMost.
  std::optional<std::string> last_output(pid_t worker) const;

  TimePoint now() override { return clock_->now(); }

  const Machine& machine() const { return ledger_.machine(); }
  /// To standard error, as what workers print.
  const std::shared_ptr<OutputWriter>& printer() const { return printer_; }

  /// Takes the next message of `worker`. False: there is none.
  bool step_message(std::uint64_t worker);
  /// Takes what the launcher has to say.
  void step_notices();
  /// Kills the tasks whose time is over.
  void step_deadlines() { kill_overdue(), give_up_on_stuck(), release_drained(), look_at_bells(); }
  /// When there will be such a task, or memory, GPUs or doorbells are to be looked at.
  std::optional<TimePoint> next_deadline() const;

 private:
  // What is to be done once mutex_ is free: callbacks of objects run any code.
  struct Deferred {
    struct ActorFetch {
      std::uint64_t actor = 0;
      ObjectPtr result;  // Of the call.
      std::vector<BlockPtr> blocks;
    };
    struct ChunkWish {
      std::uint64_t worker = 0;
      std::uint64_t request = 0;
      std::size_t size = 0;
    };
    struct Watch {
      ObjectPtr object;
      ObjectId id;
      std::uint64_t worker = 0;
    };
    RareVector<ObjectState::Callbacks> callbacks;           // Of objects that have become ready.
    bool any_completed = false;                             // Objects have become ready.
    RareVector<std::pair<ObjectPtr, std::uint64_t>> waits;  // Actors whose next call waits for an object.
    // A range of the store that is to be touched before its worker gets it.
    struct Lend {
      std::uint64_t worker = 0;
      std::uint64_t request = 0;
      Arena::Range range;
    };
    std::vector<Lend> lends;
    std::vector<Watch> watches;                  // Workers that want an object's outcome.
    std::vector<ChildDeath> deaths;              // That no worker handles.
    std::vector<Call> tasks;                     // Submitted by workers.
    std::vector<std::shared_ptr<Call>> fetches;  // Tasks whose arguments have left memory.
    std::vector<ActorFetch> actor_fetches;       // Actors the arguments of whose next call have.
    std::vector<ChunkWish> chunks;               // Workers that need room in the store.
    std::string output;                          // Of workers, to be printed.
    struct LogLines {
      std::shared_ptr<WorkerLog> log;
      std::string lines;
      bool is_end = false;
    };
    std::vector<LogLines> logs;  // What goes to their logs.

    void complete(const ObjectPtr& object, ObjectState::Outcome&& outcome) {
      if (!object) return;
      any_completed = true;
      ObjectState::Callbacks waiting = object->settle(std::move(outcome));
      if (!waiting.empty()) callbacks.push_back(std::move(waiting));
    }
    // All results of the call get `error`; its fate is decided.
    void fail(Call& call, const Error& error) {
      for (const ObjectPtr& object : call.more_results) complete(object, error);
      call.more_results.clear();
      complete(std::exchange(call.result, nullptr), error);
    }
  };

  Node(Options options, std::unique_ptr<WorkerLauncher> launcher, std::shared_ptr<ObjectStore> store,
       SharedMemory page);

  // Functions with a Deferred, and those without that say so, are called with mutex_ held.

  // node.cc: the beginning, the end, and what is done without the mutex.
  static const Error& shut_down_error();
  void carry_out(Deferred&& deferred);  // Without mutex_.

  // node_placement.cc: tasks and actors on their way to a worker.
  void enqueue_task(Call&& task);  // Without mutex_.
  static Result<void> check_memory(const Call& call);
  void place_all(Deferred& deferred);
  // Says what keeps one more process from starting, if that is how many there are.
  Error spawn_error(const Error& error, std::string_view name) const;
  bool place_actor(ActorRecord& actor, Deferred& deferred);
  bool place_task(Call& task, Deferred& deferred);
  bool append_task(Call& task);  // Held.
  std::size_t depth_of(const Call& task) const;
  void take_back_tasks(WorkerRecord& worker);                                  // Held.
  bool steal_tasks();                                                          // Held.
  void end_task(WorkerRecord& worker, std::uint64_t function, Duration took);  // Held.

  // node_workers.cc: processes, what they have of the machine, and those that wait for work.
  WorkerRecord* find_idle_worker(const std::string& devices, const Resources& resources);
  Result<WorkerRecord*> spawn_worker(const Resources& resources, const std::string& devices, const std::string& name);
  void give_bell(LinkLayout& layout);
  void become_idle(WorkerRecord& worker);  // Held.
  void release_resources(WorkerRecord& worker);
  void drain_resources(WorkerRecord& worker);
  void release_drained();

  // node_calls.cc: calls to a worker, and what their values refer to.
  void send_call(WorkerRecord& worker, Call&& call);
  void add_references(WorkerRecord& worker, const std::vector<Reference>& references);
  WireReference name(const Reference& reference);  // Held.
  std::vector<WireReference> names(const std::vector<Reference>& references);
  static void fail_in_flight(WorkerRecord& worker, const Error& error, Deferred& deferred);
  void cancel_call(const ObjectPtr& object, bool force, Deferred& deferred);

  // node_actors.cc: actors from their making to their end.
  Result<ActorPtr> add_actor(Call constructor, ActorSpec spec, std::uint64_t owner);  // Held; place_all() follows.
  Result<ActorPtr> look_up_actor(const std::string& name, std::string_view type);     // Held.
  bool send_at_once(std::uint64_t actor_id, Call& call);  // Held.
  void queue_call(std::uint64_t actor_id, Call&& call, Deferred& deferred);
  void want_stop(std::uint64_t actor_id, Deferred& deferred);
  void kill_on_request(ActorRecord& actor, Deferred& deferred);
  void kill_now(ActorRecord& actor, std::string_view because, Deferred& deferred);
  ActorStatus status_of(std::uint64_t actor_id);
  void pump_actor(ActorRecord& actor, Deferred& deferred);
  void end_actor(ActorRecord& actor, const Error& error, Deferred& deferred);
  bool restart_actor(ActorRecord& actor);
  void fail_constructor(ActorRecord& actor, const Error& cause, Deferred& deferred);
  void resume_actor(std::uint64_t id);  // Without mutex_.
  void stop_released(Deferred& deferred);
  void release(std::uint64_t actor_id, Deferred& deferred);
  std::string name_of_caller(std::uint64_t worker_id);
  Error lost_call(const Error& death, const Call& call);
  void add_monitor(std::uint64_t actor_id, std::uint64_t watcher, ObjectPtr object, Deferred& deferred);
  ActorRecord* find_actor(std::uint64_t id);
  Error unknown_actor_error(std::uint64_t id) const;
  Error undelivered_error(std::uint64_t actor_id, const Call& call);

  // node_messages.cc: what workers answer, and their dealings with the object store.
  enum class Whose { kThoseWithSome, kAll };
  std::size_t take_messages(Whose whose = Whose::kThoseWithSome);  // How many.
  const std::vector<WorkerRecord*>& choose_workers(Whose whose);
  std::size_t take_messages_of(WorkerRecord& worker, std::size_t most, Deferred& deferred);
  std::optional<std::span<const std::byte>> assemble(WorkerRecord& worker, std::span<const std::byte> bytes);
  bool has_messages();
  void handle(WorkerRecord& worker, const Message& message, Deferred& deferred);
  bool take_plain_answer(WorkerRecord& worker, const Message& message, Deferred& deferred);
  void handle_answer(WorkerRecord& worker, const Message& message, Deferred& deferred);
  void go_on_sending(WorkerRecord& worker, Deferred& deferred);
  void handle_failure(WorkerRecord& worker, const Message& message, Call& call, Deferred& deferred);
  static bool can_be_made_again(const Call& call);
  bool is_retried(const WorkerRecord& worker, const Call& call, ErrorCode code);
  void make_again(WorkerRecord& worker, Call&& call, Deferred& deferred);
  bool take_results(WorkerRecord& worker, const Message& message, Call& call, Deferred& deferred);
  static std::string unknown_thing(const WorkerRecord& worker, const MessageHeader& header);
  void distrust(WorkerRecord& worker, const std::string& unknown = {});

  // node_promises.cc: objects that a worker makes outside of calls.
  std::optional<ObjectState::Outcome> take_outcome(WorkerRecord& worker, const Message& message);
  bool put_for(WorkerRecord& worker, const Message& message);
  bool promise_for(WorkerRecord& worker, const Message& message);
  bool fulfil_for(WorkerRecord& worker, const Message& message, Deferred& deferred);
  bool drop_object_for(WorkerRecord& worker, const MessageHeader& drop, Deferred& deferred);
  static void fail_promises(WorkerRecord& worker, const ActorRecord* actor, const std::string& cause,
                            Deferred& deferred);

  // node_direct.cc: calls from worker to worker.
  bool handle_direct(WorkerRecord& worker, const Message& message, Deferred& deferred);
  DirectLayout& layout_of_pair(const DirectPair& pair) const;
  bool offer_direct(WorkerRecord& worker, std::uint64_t actor_id);
  void open_direct(DirectPair& pair, bool is_accepted, Deferred& deferred);
  void leave_direct(DirectPair& pair, bool is_caller, Deferred& deferred);
  void end_service(const DirectPair& pair);
  bool pass_fence(WorkerRecord& worker, std::uint64_t actor_id, std::uint64_t fence);
  void raise_fence(const ActorRecord& actor, const Call& fence);
  void cancel_direct(const DirectPair& pair, std::uint64_t call);
  void cancel_promise(const ObjectPtr& object, Deferred& deferred);
  bool promise_direct(WorkerRecord& worker, const MessageHeader& header);
  bool take_direct_answer(WorkerRecord& worker, const Message& message, Deferred& deferred);
  void end_pairs(WorkerRecord& worker, const Error* death, Deferred& deferred);
  static void fail_promise(const DirectPromise& promise, const Error& death, Deferred& deferred);
  void end_if_left(DirectPair& pair, Deferred& deferred);
  bool take_last_answers(const DirectPair& pair, DirectLayout& layout, Deferred& deferred);
  static void count_direct(const DirectLayout& layout, bool has_died, RuntimeCounts& counts);
  std::size_t direct_calls_of(std::uint64_t callee);

  // node_bells.cc: doorbells that somebody has written over.
  void look_at_bells();
  void ring_for_what_lies(bool at_once);               // Held.
  void ring_for_pair(DirectPair& pair, bool at_once);  // Held.

  // node_values.cc: values that come from workers.
  // The blocks of one message of a worker, and what tells which it may mean.
  struct TakenBlocks {
    WorkerRecord& worker;
    const Call* call = nullptr;        // That it answers; null: the message comes out of any of those that it runs.
    std::vector<BlockPtr> taken = {};  // Those that came with the message so far.
    bool lacks_memory = false;         // There was none for a value.
  };
  std::optional<EncodedValue> take_value(const MessageValue& value, TakenBlocks& blocks);
  bool take_references(const MessageValue& value, TakenBlocks& blocks, std::vector<Reference>& references);
  BlockPtr take_block(TakenBlocks& blocks, std::uint64_t offset, std::uint64_t size);
  static BlockPtr find_block(const TakenBlocks& blocks, std::uint64_t offset, std::uint64_t size);
  static bool hold_blocks(const Message& message, const TakenBlocks& blocks);

  // node_requests.cc: what workers want of the node.
  bool handle_request(WorkerRecord& worker, const Message& message, Deferred& deferred);
  std::optional<Call> take_call(WorkerRecord& worker, const Message& message, std::size_t first, MessageType type);
  ObjectPtr promise(WorkerRecord& worker, std::uint64_t number);
  bool submit_for(WorkerRecord& worker, const Message& message, Deferred& deferred);
  bool call_for(WorkerRecord& worker, const Message& message, Deferred& deferred);
  bool make_actor_for(WorkerRecord& worker, const Message& message);
  bool find_actor_for(WorkerRecord& worker, const Message& message);
  bool watch_for(WorkerRecord& worker, const Message& message, Deferred& deferred);
  bool monitor_for(WorkerRecord& worker, const Message& message, Deferred& deferred);
  bool promise_results(WorkerRecord& worker, const Message& message, std::size_t index, Call& call);
  void set_blocked(WorkerRecord& worker, bool blocked);
  void give_actor(WorkerRecord& worker, std::uint64_t request, const Result<ActorPtr>& actor);
  void reply(WorkerRecord& worker, std::uint64_t request, std::uint64_t a, std::uint64_t b = 0);
  void refuse(WorkerRecord& worker, std::uint64_t request, const Error& error);
  void send_outcome(std::uint64_t worker_id, const ObjectPtr& object, const ObjectId& id);  // Without mutex_.
  void send_outcome_now(std::uint64_t worker_id, const ObjectPtr& object, const ObjectId& id,
                        const Result<std::vector<BlockPtr>>& held);  // Without mutex_.

  // node_waits.cc: who waits for which actor.
  void hear_wait(const Message& message);       // Held.
  void carry_out_counted(Deferred&& deferred);  // Without mutex_, with carrying_out_ counted up.
  void pass_waits();                            // Without mutex_.

  // node_store.cc: objects that leave memory and come back, and room for new ones.
  void relieve();  // Without mutex_.
  void keep(const ObjectPtr& object, EncodedValue& value, const ObjectOrigin& origin);
  Result<bool> hold_arguments(Call& call);
  Result<void> check_here(std::span<const BlockPtr> blocks) const;
  static std::vector<BlockPtr> argument_blocks(const Call& call);
  void fetch_later(Call task, Deferred& deferred);
  void fetch_later(ActorRecord& actor, Deferred& deferred);
  void fetch(Deferred& deferred);                                                       // Without mutex_.
  void resume_task(Call task, const Result<std::vector<BlockPtr>>& held);               // Without mutex_.
  void resume_actor_with(const Deferred::ActorFetch& fetch, const Error* error);        // Without mutex_.
  void take_chunk(const Deferred::ChunkWish& wish, const Result<Arena::Range>& range);  // Without mutex_.

  // node_lineage.cc: objects whose bytes are lost.
  void remember(const Call& call);
  static ObjectOrigin origin_of(const WorkerRecord& worker, const Call& call);
  // Both without mutex_.
  Result<void> on_lost(const BlockPtr& lost, const Error& why);
  void recover(const BlockPtr& lost, std::size_t place, const ObjectState& made, const std::string& what);

  // node_objects.cc: who made and keeps the objects in the store.
  void add_objects(RuntimeStatus& status);  // Held.
  int pid_of(std::uint64_t process) const;  // Held.

  // node_memory.cc: memory limits, and what the store lends.
  void kill_oversized(TimePoint now);
  std::string cause_of(const SpawnNotice& notice, const WorkerRecord& worker);
  void lend_chunk(WorkerRecord& worker, const MessageHeader& request, Deferred& deferred);
  void send_chunk(WorkerRecord& worker, std::uint64_t request, Arena::Range range, Deferred& deferred);
  void carry_out_lend(const Deferred::Lend& lend);  // Without mutex_.

  // node_status.cc: what there is, for people to look at.
  RuntimeStatus status_now();  // Held.
  RuntimeGauges gauges();      // Held.
  Result<void> start_looking(const std::string& trace_file, MetricsExport::Options metrics);
  void stop_looking();
  void count_answer(WorkerRecord& worker, const Message& message, const Call& call);  // Held.

  // node_checkpoints.cc: states that actors have saved.
  bool checkpoint_for(WorkerRecord& worker, const Message& message);
  void confirm_checkpoint(WorkerRecord& worker);
  Call state_call(const ActorRecord& actor);

  // node_supervision.cc: unexpected deaths on their way up.
  void report_death(const ActorRecord& actor, Deferred& deferred);
  void report_up(ChildDeath death, std::uint64_t owner, Deferred& deferred);
  std::uint64_t owner_of(const WorkerRecord& worker);
  bool take_judgement(WorkerRecord& worker, const MessageHeader& judgement, Deferred& deferred);
  void pass_reports_on(const WorkerRecord& worker, Deferred& deferred);
  void judge_death(const ChildDeath& death);  // Without mutex_.

  // node_processes.cc: births, deaths and output of processes.
  void watch_processes();  // The process thread.
  Result<void> start_launcher();
  Result<void> launch();
  bool take_notices();
  void on_exit(const SpawnNotice& notice);
  void on_fork_server_lost();
  void take_back_calls(WorkerRecord& worker);
  void count_start(const WorkerRecord& worker);
  void fail_worker(std::uint64_t worker_id, const std::string& cause);
  void fail_calls(WorkerRecord& worker, ActorRecord& actor, const Error& death, Deferred& deferred);
  void fail_tasks(WorkerRecord& worker, const std::string& end, Deferred& deferred);
  void end_children(std::uint64_t owner, Deferred& deferred);
  void drain_output(std::uint64_t worker_id);
  static void take_log(WorkerRecord& worker, bool is_end, Deferred& deferred);
  void finish_output(std::uint64_t worker_id);
  std::string take_last_output(const WorkerRecord& worker, const std::string& cause);
  int milliseconds_to_deadline() const;
  void give_time(WorkerRecord& worker, Duration timeout);
  void kill_overdue();
  void judge_calls(WorkerRecord& worker, TimePoint now);
  void wake_process_thread();
  std::vector<std::uint64_t> worker_ids() const;

  // node_stuck.cc: workers that SIGKILL does not end.
  static constexpr Duration kStuckAfter = std::chrono::seconds(60);
  void kill_worker(WorkerRecord& worker, std::string_view because);  // Held.
  void give_up_on_stuck();
  void give_up_on(std::uint64_t id, const std::string& state);
  void end_stuck(std::uint64_t id);

  const std::shared_ptr<ObjectStore> store_;
  const std::shared_ptr<Arena> arena_;
  ObjectTable objects_;
  const SharedMemory page_;
  const std::unique_ptr<WorkerLauncher> launcher_;
  const std::shared_ptr<const Clock> clock_;
  const bool is_stepped_;
  const bool use_cgroups_;
  const std::string log_directory_;
  const std::uint64_t log_bytes_;
  const std::uint32_t direct_after_;
  const std::shared_ptr<OutputWriter> printer_ = std::make_shared<OutputWriter>();
  UniqueFd epoll_;
  UniqueFd stop_event_;
  StatusServer status_server_;                     // Of the process thread.
  std::unique_ptr<TraceFile> trace_;               // Null: nothing is traced.
  std::unique_ptr<MetricsExport> metrics_export_;  // Null: nobody wants them.
  const TimePoint started_ = clock_->now();

  mutable std::mutex mutex_;  // Guards all that follows, down to released_mutex_, and the names of objects.
  ResourceLedger ledger_;
  GpuDrain gpu_drain_;
  ActorDirectory directory_;
  RuntimeCounts counts_;
  LastOutputs last_outputs_;
  std::map<std::uint64_t, std::unique_ptr<WorkerRecord>> workers_;
  std::map<std::uint64_t, std::unique_ptr<WorkerRecord>> stuck_;  // No longer among the workers.
  Attention<WorkerRecord> attention_;
  std::vector<WorkerRecord*> unsent_;  // Those that have an outbox.
  std::vector<WorkerRecord*> chosen_;  // By choose_workers().
  std::map<std::uint64_t, ActorRecord> actors_;
  std::vector<std::uint64_t> idle_workers_;
  std::vector<std::uint64_t> task_workers_;                     // Those that have tasks.
  std::unordered_map<std::uint64_t, Duration> task_durations_;  // By function; a moving mean.
  std::deque<Call> tasks_;                                      // Ready to run, in order.
  int tasks_fetching_ = 0;                                      // Out of the queue until their arguments are back.
  std::deque<std::uint64_t> unplaced_actors_;
  GlobalIds ids_;                  // Of workers and actors.
  std::uint64_t next_object_ = 1;  // Of those that the node names itself.
  MessageBuilder builder_;
  Message incoming_;
  bool closing_ = false;
  // Heard, and to be told to the actors' processes.
  struct ActorWait {
    MessageHeader header;
    std::vector<std::string> titles;  // Of the actors on its way so far.
  };
  std::vector<ActorWait> actor_waits_;
  // Threads that have handled messages of workers, and still have to carry out what follows; counted up with the mutex
  // held, and down without.
  std::atomic<int> carrying_out_{0};
  std::atomic<bool> any_actor_waits_{false};
  DeathReports death_reports_;
  DirectPairs direct_;
  BellBoard bells_;
  TimePoint next_look_at_bells_;
  std::shared_ptr<const ChildDeathHandler> child_death_handler_;  // Null: the driver has none.
  // kReplaced: the next one is being started; nothing is placed meanwhile. kLost: none can be started.
  enum class ForkServerState { kRunning, kReplaced, kLost } fork_server_state_ = ForkServerState::kRunning;
  Lineage lineage_;
  MemoryWatch memory_watch_;
  std::uint64_t oom_kills_seen_ = 0;  // Of the kernel, since the machine's start.
  int fork_servers_lost_ = 0;         // In a row, without one that has started a worker.
  // After so many workers in a row that never came to run, tasks that wait for one fail with the cause.
  static constexpr int kMostFailedStarts = 3;
  int failed_starts_ = 0;
  std::uint64_t last_failed_start_ = 0;  // Its worker.

  // Actors without handles. A lease may end anywhere, also where mutex_ is held.
  std::mutex released_mutex_;
  std::vector<std::uint64_t> released_;
  std::atomic<bool> any_released_{false};

  OpenPromises open_promises_;
  CompletionWait completion_;
  std::atomic<bool> stop_{false};
  std::thread process_thread_;
  std::thread service_thread_;
};

}  // namespace manta
