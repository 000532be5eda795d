// SPDX-License-Identifier: Apache-2.0
// Tasks and actors on their way to a worker.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

#include "core/node/node.h"

namespace manta {

void Node::submit(Call&& call) {
  const MemoryReserve::Use reserve;
  Result<void> possible = check_memory(call);
  if (possible) possible = ledger_.check(call.task->resources);
  if (!possible) {
    Deferred deferred;
    deferred.fail(call, possible.error());
    carry_out(std::move(deferred));
    return;
  }
  call.retries_left = call.task->max_retries;
  enqueue_task(std::move(call));
}

// What cannot be carried through is not to be begun. Calls are copied on their way to a worker that does not take them
// at once.
Result<void> Node::check_memory(const Call& call) {
  constexpr std::size_t kMuch = std::size_t{64} << 10;
  if (!MemoryReserve::is_whole()) return no_memory_error(call.name);
  if (call.values.size() <= kMuch) return {};
  return with_memory(call.name, [&] { static_cast<void>(std::make_unique<std::byte[]>(3 * call.values.size())); });
}

// A task joins the queue only when its arguments are ready: one that waits must not keep others from running.
void Node::enqueue_task(Call&& task) {
  const MemoryReserve::Use reserve;
  if (const ObjectPtr pending = task.pending_argument()) {
    auto shared = std::make_shared<Call>(std::move(task));
    pending->then([this, shared] { enqueue_task(std::move(*shared)); });
    return;
  }
  Deferred deferred;
  if (const Error* error = task.failed_argument()) {
    deferred.fail(task, *error);
  } else {
    const std::lock_guard lock(mutex_);
    if (closing_) {
      deferred.fail(task, shut_down_error());
    } else {
      if (task.comes_first) {
        tasks_.push_front(std::move(task));
      } else {
        tasks_.push_back(std::move(task));
      }
      ++counts_.tasks_submitted;
      place_all(deferred);
    }
  }
  carry_out(std::move(deferred));
}

// Starts what fits, in order. What stands first and does not fit waits, and so do those behind it: otherwise small
// requests would keep a large one waiting for ever.
void Node::place_all(Deferred& deferred) {
  if (closing_ || fork_server_state_ == ForkServerState::kReplaced) return;
  while (!unplaced_actors_.empty()) {
    ActorRecord* actor = find_actor(unplaced_actors_.front());
    if (actor != nullptr && !actor->died && !place_actor(*actor, deferred)) break;
    unplaced_actors_.pop_front();
  }
  constexpr int kRounds = 16;  // A worker that cannot be started leaves room that nobody fills.
  for (int round = 0; round == 0 || (round < kRounds && steal_tasks()); ++round) {
    for (; !tasks_.empty(); tasks_.pop_front()) {
      Call& task = tasks_.front();
      if (task.is_settled()) {
        deferred.fail(task, cancelled_error());
      } else if (const Result<bool> held = hold_arguments(task); !held) {
        deferred.fail(task, held.error());
      } else if (!*held) {
        constexpr int kAhead = 4;  // They keep their arguments in memory until they have run.
        if (tasks_fetching_ >= kAhead && !task.comes_first) return;
        fetch_later(std::move(task), deferred);
      } else if (!place_task(task, deferred) && !append_task(task)) {
        return;
      }
    }
  }
}

bool Node::place_actor(ActorRecord& actor, Deferred& deferred) {
  const auto assignment = ledger_.acquire(actor.spec.resources);
  if (!assignment) {
    const Result<void> possible = ledger_.check(actor.spec.resources);
    if (!possible) end_actor(actor, possible.error(), deferred);
    return !possible;
  }
  auto worker = spawn_worker(actor.spec.resources, ledger_.visible_devices(*assignment), actor.spec.name);
  if (!worker) {
    ledger_.release(*assignment);
    if (fork_server_state_ == ForkServerState::kReplaced) return false;
    end_actor(actor, spawn_error(worker.error(), actor.spec.type), deferred);
    return true;
  }
  (*worker)->assignment = assignment;
  (*worker)->actor = actor.id;
  actor.worker = (*worker)->id;
  layout_of<LinkLayout>((*worker)->link_memory)->is_timed = actor.spec.timeout > Duration::zero();
  give_time(**worker, actor.spec.timeout);
  pump_actor(actor, deferred);
  return true;
}

bool Node::place_task(Call& task, Deferred& deferred) {
  const auto assignment = ledger_.acquire(task.task->resources);
  if (!assignment) {
    const Result<void> possible = ledger_.check(task.task->resources);
    if (!possible) deferred.fail(task, possible.error());
    return !possible;
  }
  const std::string devices = ledger_.visible_devices(*assignment);
  WorkerRecord* worker = find_idle_worker(devices, task.task->resources);
  if (worker == nullptr) {
    auto spawned = spawn_worker(task.task->resources, devices, task.task->label);
    if (!spawned) {
      ledger_.release(*assignment);
      if (fork_server_state_ == ForkServerState::kReplaced) return false;
      deferred.fail(task, spawn_error(spawned.error(), task.task->label));
      return true;
    }
    worker = *spawned;
  }
  worker->assignment = assignment;
  give_time(*worker, task.task->timeout);
  task_workers_.push_back(worker->id);
  send_call(*worker, std::move(task));
  return true;
}

// How many tasks a worker may have at a time. What runs but a moment is not worth a message each way for every one;
// what takes longer is to run wherever there is room first.
std::size_t Node::depth_of(const Call& task) const {
  constexpr Duration kAhead = std::chrono::milliseconds(1);
  constexpr std::int64_t kMost = 256;
  const auto known = task_durations_.find(task.function);
  if (known == task_durations_.end()) return 1;
  return static_cast<std::size_t>(std::clamp<std::int64_t>(kAhead / std::max(known->second, Duration(1)), 1, kMost));
}

// Nothing is free for the task: a worker that runs such tasks gets it, to run it when those before are done.
bool Node::append_task(Call& task) {
  const std::size_t depth = depth_of(task);
  if (depth == 1 || task.task->timeout > Duration::zero()) return false;
  WorkerRecord* least = nullptr;
  for (const std::uint64_t id : task_workers_) {
    WorkerRecord& worker = *workers_.at(id);
    const bool is_open = worker.assignment && worker.assignment->resources == task.task->resources &&
                         !worker.is_blocked && worker.killed_because.empty() && worker.in_flight.size() < depth;
    if (is_open && (least == nullptr || worker.in_flight.size() < least->in_flight.size())) least = &worker;
  }
  if (least == nullptr) return false;
  send_call(*least, std::move(task));
  return true;
}

// What the worker has not begun goes back to the front of the queue.
void Node::take_back_tasks(WorkerRecord& worker) {
  if (worker.in_flight.size() < 2) return;
  worker.tasks_sent = worker.claims->revoke();
  worker.in_flight.take_latest_first(
      [&](const Call& call) { return call.type == MessageType::kRunTask && !worker.has_begun(call); },
      [&](Call call) { tasks_.push_front(std::move(call)); });
}

// Nothing waits, and there is room: tasks that stand behind others come back to be placed there. True if any did.
bool Node::steal_tasks() {
  WorkerRecord* most = nullptr;
  for (const std::uint64_t id : task_workers_) {
    WorkerRecord& worker = *workers_.at(id);
    if (worker.in_flight.size() >= 2 && (most == nullptr || worker.in_flight.size() > most->in_flight.size()))
      most = &worker;
  }
  if (most == nullptr || !most->assignment) return false;
  const auto room = ledger_.acquire(most->assignment->resources);
  if (!room) return false;
  ledger_.release(*room);
  take_back_tasks(*most);
  return !tasks_.empty();
}

// The worker has answered its oldest task, one of `function`.
void Node::end_task(WorkerRecord& worker, std::uint64_t function, Duration took) {
  worker.deadline.reset();
  took = std::clamp(took, Duration::zero(), Duration(std::chrono::hours(1)));  // The worker has said it.
  const auto [known, is_new] = task_durations_.emplace(function, took);
  if (!is_new) known->second += (took - known->second) / 8;
  if (!worker.in_flight.empty()) return;
  std::erase(task_workers_, worker.id);
  release_resources(worker);
  become_idle(worker);
}

}  // namespace manta
