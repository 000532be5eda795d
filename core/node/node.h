// SPDX-License-Identifier: Apache-2.0
// One machine's share of the runtime, embedded in the driver.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/control/actor_directory.h"
#include "core/node/actor_record.h"
#include "core/node/completion_wait.h"
#include "core/node/fork_server_client.h"
#include "core/node/worker_record.h"

namespace manta {

/// Places tasks and actors in worker processes, carries calls and answers, and notices deaths.
///
/// Thread-safety: any method, from any thread. Callbacks of objects run on the thread that completed them.
/// Ownership: owns the fork server, all workers and two threads; all of it is gone when shut_down() returns.
class Node {
 public:
  struct Options {
    Machine machine;
    std::size_t object_store_bytes = 0;
    /// Free pages that the store keeps for the next object.
    std::size_t warm_bytes = std::size_t{256} << 20;
  };

  /// `argv` is the program's command line, with which the fork server is started.
  /// Errors: kSystem.
  static Result<std::unique_ptr<Node>> start(Options options, char* const* argv);
  ~Node() { shut_down(); }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Ends all of it now, whoever still holds the node: what is pending, and every later call, ends with kCancelled.
  /// Never call it on a thread of the node (in a callback of an object): it waits for them.
  void shut_down();

  /// Runs the task `call` on some worker when its arguments are ready and its resources are free, again if it fails in
  /// a way that its rule for retries names. `call.result` gets the last outcome.
  void submit(Call call);

  /// Makes an actor by `constructor`. Its process starts when `resources` are free, and again, up to `max_restarts`
  /// times, when it died without being asked to.
  /// Errors: kInvalidArgument (the machine is too small), kAlreadyExists (the name), kCancelled.
  Result<std::uint64_t> create_actor(Call constructor, const Resources& resources, int max_restarts, std::string name);
  /// Calls arrive in the order in which they are made here, also when an argument of an earlier one is still pending.
  void call_actor(std::uint64_t actor, Call call);
  /// Ends the actor after the calls made so far.
  void stop_actor(std::uint64_t actor);
  /// Ends it now: pending calls end with kActorDied.
  void kill_actor(std::uint64_t actor);
  /// False once it has ended, or if it never was.
  bool is_actor_alive(std::uint64_t actor) const;
  /// The process that hosts the actor; 0 while there is none.
  pid_t actor_pid(std::uint64_t actor) const;

  /// Waits until `done()`, which looks at objects and is cheap, or until `deadline`. Returns done().
  bool wait(const std::function<bool()>& done, TimePoint deadline) { return completion_.wait(done, deadline); }

  Arena& arena() { return *arena_; }
  const Machine& machine() const { return ledger_.machine(); }

 private:
  // What is to be done once mutex_ is free: callbacks of objects run any code.
  struct Deferred {
    std::vector<std::pair<ObjectPtr, ObjectState::Outcome>> completions;
    std::vector<std::pair<ObjectPtr, std::uint64_t>> waits;  // Actors whose next call waits for an object.
    std::string output;                                      // Of workers, to be printed.

    void complete(ObjectPtr object, ObjectState::Outcome outcome) {
      if (object) completions.emplace_back(std::move(object), std::move(outcome));
    }
  };

  Node(Options options, std::shared_ptr<Arena> arena, SharedMemory page);

  // node.cc: placement. All with mutex_ held, but for the public ones.
  void enqueue_task(Call task);
  void place_all(Deferred& deferred);
  bool place_actor(ActorRecord& actor, Deferred& deferred);
  bool place_task(Call& task, Deferred& deferred);
  WorkerRecord* find_idle_worker(const std::string& devices, std::uint32_t threads);
  Result<WorkerRecord*> spawn_worker(const Resources& resources, const std::string& devices, const std::string& name);
  void release_resources(WorkerRecord& worker);
  void pump_actor(ActorRecord& actor, Deferred& deferred);
  void end_actor(ActorRecord& actor, const Error& error, Deferred& deferred);
  bool restart_actor(ActorRecord& actor);
  void fail_constructor(ActorRecord& actor, const Error& cause, Deferred& deferred);
  static void fail_in_flight(WorkerRecord& worker, const Error& error, Deferred& deferred);
  void send_call(WorkerRecord& worker, Call call);
  void carry_out(Deferred deferred);  // Without mutex_.
  void resume_actor(std::uint64_t id);
  ActorRecord* find_actor(std::uint64_t id);

  // node_messages.cc: what workers say.
  bool take_messages();
  bool has_messages();
  void handle(WorkerRecord& worker, const Message& message, Deferred& deferred);
  void handle_answer(WorkerRecord& worker, const Message& message, Deferred& deferred);
  ObjectState::Outcome take_outcome(WorkerRecord& worker, const Message& message, const CallInFlight& call);
  BlockPtr find_block(WorkerRecord& worker, const CallInFlight& call, std::uint64_t offset, std::uint64_t size);
  void grant_chunk(WorkerRecord& worker, std::size_t size);
  void distrust(WorkerRecord& worker);
  void serve_messages();  // The service thread.

  // node_processes.cc: births, deaths and output of processes.
  void watch_processes();  // The process thread.
  Result<void> start_fork_server();
  bool take_notices();
  void on_exit(const SpawnNotice& notice);
  void on_fork_server_lost();
  void take_back_calls(WorkerRecord& worker);
  void fail_worker(std::uint64_t worker_id, const std::string& cause);
  void fail_calls(WorkerRecord& worker, ActorRecord* actor, const std::string& process, const std::string& lines,
                  Deferred& deferred);
  void drain_output(std::uint64_t worker_id);
  std::vector<std::uint64_t> worker_ids() const;

  const std::shared_ptr<Arena> arena_;
  const SharedMemory page_;
  ForkServerClient fork_server_;
  char* const* argv_ = nullptr;
  UniqueFd epoll_;
  UniqueFd stop_event_;

  mutable std::mutex mutex_;  // Guards all that follows, down to completion_.
  ResourceLedger ledger_;
  ActorDirectory directory_;
  std::map<std::uint64_t, std::unique_ptr<WorkerRecord>> workers_;
  std::map<std::uint64_t, ActorRecord> actors_;
  std::vector<std::uint64_t> idle_workers_;
  std::deque<Call> tasks_;  // Ready to run, in order.
  std::deque<std::uint64_t> unplaced_actors_;
  std::uint64_t next_id_ = 1;
  MessageBuilder builder_;
  bool closing_ = false;
  // kReplaced: the next one is being started; nothing is placed meanwhile. kLost: none can be started.
  enum class ForkServerState { kRunning, kReplaced, kLost } fork_server_state_ = ForkServerState::kRunning;
  int fork_servers_lost_ = 0;  // In a row, without one that has started a worker.

  CompletionWait completion_;
  std::atomic<bool> stop_{false};
  std::thread process_thread_;
  std::thread service_thread_;
};

}  // namespace manta
