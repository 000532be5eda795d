// SPDX-License-Identifier: Apache-2.0
// Births, deaths and output of processes.
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <future>
#include <string>
#include <system_error>
#include <utility>

#include "core/base/start_thread.h"
#include "core/net/lost_call.h"
#include "core/net/status_json.h"
#include "core/node/death_cause.h"
#include "core/node/node.h"

namespace manta {
namespace {

// Keys of epoll events; workers have their ids, which begin above.
constexpr std::uint64_t kStopKey = ~std::uint64_t{0};
constexpr std::uint64_t kNoticeKey = ~std::uint64_t{1};
constexpr std::uint64_t kStatusKey = ~std::uint64_t{2};

bool watch(int epoll, int fd, std::uint64_t key) {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = key}};
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

// Why the fork server could not start a worker; only what comes with the request takes descriptors.
std::string refused_start(int error) {
  const std::string cause = "could not be started: ";
  if (error == EMFILE || error == ENFILE)
    return cause + "recvmsg of its descriptors: " + ::strerror(error) + "; see ulimit -n";
  return cause + "fork: " + ::strerror(error) + "; see ulimit -u, and the limit of the cgroup (pids.max)";
}

}  // namespace

// Starts the process thread and, on it, the launcher: a fork server gets a signal when the thread that started it ends.
Result<void> Node::start_launcher() {
  std::promise<Result<void>> started;
  std::future<Result<void>> outcome = started.get_future();
  auto thread = start_thread([this, promise = std::move(started)]() mutable {
    const MemoryReserve::Use reserve;
    Result<void> result = launch();
    const bool running = result.has_value();
    // Without it nobody can look from outside; that is no reason not to run.
    if (running && status_server_.open()) watch(epoll_.get(), status_server_.fd(), kStatusKey);
    promise.set_value(std::move(result));
    if (running) watch_processes();
  });
  MANTA_ASSIGN_OR_RETURN(process_thread_, std::move(thread));
  return outcome.get();
}

Result<void> Node::launch() {
  epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return system_error("epoll_create1", errno);
  stop_event_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop_event_) return system_error("eventfd", errno);
  if (!watch(epoll_.get(), stop_event_.get(), kStopKey)) return system_error("epoll_ctl", errno);
  MANTA_RETURN_IF_ERROR(launcher_->start({arena_->fd(), arena_->capacity(), page_.fd()}));
  if (watch(epoll_.get(), launcher_->fd(), kNoticeKey)) return {};
  const int refusal = errno;
  launcher_->stop();
  return system_error("epoll_ctl", refusal);
}

void Node::watch_processes() {
  const MemoryReserve::Use reserve;
  std::array<epoll_event, 64> events;
  while (!stop_) {
    const int count =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), milliseconds_to_deadline());
    step_deadlines();
    for (int i = 0; i < count; ++i) {
      const std::uint64_t key = events[static_cast<std::size_t>(i)].data.u64;
      std::uint64_t wakes = 0;
      if (key == kStopKey) {
        static_cast<void>(::read(stop_event_.get(), &wakes, sizeof wakes));
      } else if (key == kStatusKey) {
        status_server_.serve([this] {
          const auto text = with_memory("status()", [this] { return to_json(status().value()); });
          return text ? *text : to_json(RuntimeStatus{});
        });
      } else if (key != kNoticeKey) {
        drain_output(key);
      } else {
        step_notices();
      }
    }
  }
  status_server_ = StatusServer();
  launcher_->stop();
  for (const std::uint64_t id : worker_ids()) drain_output(id);  // What they printed last.
}

void Node::step_notices() {
  const MemoryReserve::Use reserve;
  if (!take_notices()) on_fork_server_lost();
}

void Node::wake_process_thread() {
  const std::uint64_t one = 1;
  if (stop_event_) static_cast<void>(::write(stop_event_.get(), &one, sizeof one));
}

std::optional<TimePoint> Node::next_deadline() const {
  const std::lock_guard lock(mutex_);
  std::optional<TimePoint> next;
  for (const auto& [id, worker] : workers_)
    for (const std::optional<TimePoint>& at : {worker->deadline, worker->give_up_at})
      if (at && (!next || *at < *next)) next = at;
  if (const auto look = memory_watch_.next(); look && (!next || *look < *next)) next = look;
  if (const auto look = gpu_drain_.next(); look && (!next || *look < *next)) next = look;
  // At a stepped pace nobody sleeps.
  if (!is_stepped_ && !workers_.empty()) next = std::min(next.value_or(TimePoint::max()), next_look_at_bells_);
  return next;
}

// To the next moment at which there is something to do, rounded up; -1: there is none.
int Node::milliseconds_to_deadline() const {
  const std::optional<TimePoint> next = next_deadline();
  if (!next) return -1;
  const Duration left = std::max(Duration::zero(), *next - clock_->now());
  constexpr std::int64_t kLongest = 3'600'000;
  return static_cast<int>(std::min(std::chrono::ceil<std::chrono::milliseconds>(left).count(), kLongest));
}

std::vector<std::uint64_t> Node::worker_ids() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::uint64_t> ids;
  for (const auto& [id, worker] : workers_) ids.push_back(id);
  return ids;
}

// False when the fork server is gone.
bool Node::take_notices() {
  for (;;) {
    const auto received = launcher_->receive();
    if (!received) return false;
    if (!received->has_value()) return true;
    const SpawnNotice& notice = **received;
    if (notice.kind == SpawnNotice::Kind::kExited) {
      on_exit(notice);
      continue;
    }
    if (notice.pid <= 0) {
      fail_worker(notice.worker, refused_start(notice.wait_status));
      continue;
    }
    const std::lock_guard lock(mutex_);
    const auto it = workers_.find(notice.worker);
    if (it == workers_.end()) continue;
    WorkerRecord& worker = *it->second;
    worker.pid = notice.pid;
    fork_servers_lost_ = 0;
    if (worker.memory_limit > 0) memory_watch_.add(worker.id, worker.pid, worker.memory_limit, clock_->now());
    if (!worker.killed_because.empty()) kill_worker(worker, worker.killed_because);
  }
}

void Node::drain_output(std::uint64_t worker_id) {
  Deferred deferred;
  {
    const std::lock_guard lock(mutex_);
    const auto it = workers_.find(worker_id);
    if (it == workers_.end()) return;
    WorkerOutput& output = it->second->output;
    if (!output.drain(deferred.output)) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, output.fd(), nullptr);
    take_log(*it->second, false, deferred);
  }
  carry_out(std::move(deferred));
}

void Node::take_log(WorkerRecord& worker, bool is_end, Deferred& deferred) {
  if (!worker.log) return;
  std::string lines = worker.output.take_log();
  if (is_end || !lines.empty()) deferred.logs.push_back({worker.log, std::move(lines), is_end});
}

// Before anybody hears of the worker's end: who does may open the log.
void Node::finish_output(std::uint64_t worker_id) {
  Deferred deferred;
  {
    const std::lock_guard lock(mutex_);
    const auto it = workers_.find(worker_id);
    if (it == workers_.end()) return;
    it->second->output.finish(deferred.output);
    take_log(*it->second, true, deferred);
  }
  carry_out(std::move(deferred));
}

// What the message of a death says of what the worker printed: a few lines, and where there is more.
std::string Node::take_last_output(const WorkerRecord& worker, const std::string& cause) {
  const std::string lines = worker.output.last_lines();
  if (lines.empty()) return {};
  std::string kept = worker.output.last_bytes();
  const bool has_more = kept.size() > lines.size() + 1;  // A line's end.
  const bool is_in_order = cause_word(cause) == "exited" && worker.in_flight.empty();
  if (!is_in_order && worker.pid > 0) last_outputs_.add(worker.pid, std::move(kept));
  std::string where;
  if (worker.log) {
    where = " (the others: " + worker.log->path() + ")";
  } else if (has_more && !is_in_order) {
    where = " (more: Runtime::last_output(" + std::to_string(worker.pid) + "))";
  }
  return std::string(kLastLines) + where + ":\n" + lines;
}

std::optional<std::string> Node::last_output(pid_t worker) const {
  const std::lock_guard lock(mutex_);
  return last_outputs_.find(worker);
}

void Node::on_exit(const SpawnNotice& notice) {
  end_stuck(notice.worker);
  take_messages(Whose::kAll);  // What it said before it died still counts.
  std::string cause;
  {
    const std::lock_guard lock(mutex_);
    ring_for_what_lies(true);  // It may have died with its hand on the bell, or have written over those of others.
    const auto it = workers_.find(notice.worker);
    if (it == workers_.end()) return;
    const std::string& killed_because = it->second->killed_because;
    cause = killed_because.empty() ? cause_of(notice, *it->second) : killed_because;
    const bool in_order = WIFEXITED(notice.wait_status) && WEXITSTATUS(notice.wait_status) == 0;
    if (ActorRecord* actor = find_actor(it->second->actor))
      // Once it had been told to stop, direct calls may have come too late for it.
      actor->exited = in_order && killed_because.empty() && it->second->in_flight.empty() &&
                      (actor->stop_sent || direct_calls_of(notice.worker) == 0);
  }
  fail_worker(notice.worker, cause);
}

// All workers have died with it. Here the rest of their process groups is ended, and with stop() what had left its
// group. Then another server takes its place, unless several in a row got nowhere.
void Node::on_fork_server_lost() {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, launcher_->fd(), nullptr);
  take_messages(Whose::kAll);  // What the workers said before they died still counts.
  {
    const std::lock_guard lock(mutex_);
    fork_server_state_ = ForkServerState::kReplaced;
    for (const auto& [id, worker] : workers_) {
      worker->kill("ended because its fork server died");
      if (layout_of<LinkLayout>(worker->link_memory)->worker_pid.load() == 0) take_back_calls(*worker);
    }
  }
  for (const std::uint64_t id : worker_ids()) fail_worker(id, "ended because its fork server died");
  layout_of<NodePage>(page_)->node_bell.ring_all();
  launcher_->stop();
  constexpr int kMaxLost = 3;
  const bool running =
      ++fork_servers_lost_ < kMaxLost && launcher_->start({arena_->fd(), arena_->capacity(), page_.fd()}).has_value() &&
      watch(epoll_.get(), launcher_->fd(), kNoticeKey);
  Deferred deferred;
  {
    const std::lock_guard lock(mutex_);
    fork_server_state_ = running ? ForkServerState::kRunning : ForkServerState::kLost;
    place_all(deferred);
  }
  carry_out(std::move(deferred));
}

// The worker never came to run anything: its calls wait for another one.
void Node::take_back_calls(WorkerRecord& worker) {
  ActorRecord* actor = worker.actor != 0 ? find_actor(worker.actor) : nullptr;
  worker.in_flight.drain_latest_first([&](Call call) {
    if (call.result) (actor != nullptr ? actor->queue : tasks_).push_front(std::move(call));
  });
  worker.actor = 0;
  if (actor == nullptr) return;
  actor->make_ready_to_place();
  unplaced_actors_.push_back(actor->id);
}

Error Node::spawn_error(const Error& error, std::string_view name) const {
  if (error.code != ErrorCode::kSystem) return error;
  std::string text = "no process can be started for " + std::string(name) + " beside the " +
                     std::to_string(workers_.size()) + " that there are: " + error.message;
  rlimit files{};
  if (error.message.ends_with(std::generic_category().message(EMFILE)) && ::getrlimit(RLIMIT_NOFILE, &files) == 0)
    text += "; each takes two of this program, whose ulimit -n is " + std::to_string(files.rlim_cur) +
            ", and a task that waits for another keeps its own";
  return {error.code, std::move(text)};
}

// The worker is no more: whatever waits for it gets the cause, or another process.
void Node::fail_worker(std::uint64_t worker_id, const std::string& cause) {
  finish_output(worker_id);
  Deferred deferred;
  {
    const std::lock_guard lock(mutex_);
    const auto it = workers_.find(worker_id);
    if (it == workers_.end()) return;
    std::unique_ptr<WorkerRecord> worker = std::move(it->second);
    workers_.erase(it);
    attention_.remove(*worker);
    std::erase(unsent_, worker.get());
    memory_watch_.remove(worker_id);
    count_start(*worker);
    ++counts_.workers_ended[cause_word(cause)];
    if (trace_) trace_->end_worker(worker_id, cause);
    std::erase(idle_workers_, worker_id);
    std::erase(task_workers_, worker_id);
    const bool is_stuck = !worker->stuck_in.empty();
    if (!is_stuck) drain_resources(*worker);
    const std::string end = cause + take_last_output(*worker, cause);
    end_children(worker_id, deferred);
    pass_reports_on(*worker, deferred);
    ActorRecord* actor = worker->actor != 0 ? find_actor(worker->actor) : nullptr;
    const std::string process = (worker->pid > 0 ? " (pid " + std::to_string(worker->pid) + ") " : " ") + end;
    fail_promises(*worker, actor, process, deferred);
    if (actor == nullptr) {
      fail_tasks(*worker, process, deferred);
      end_pairs(*worker, nullptr, deferred);
    } else {
      const std::string title = title_of_actor(actor->spec.name, actor->spec.type, worker->pid);
      const Error death{ErrorCode::kActorDied, title + " " + end};
      actor->last_pid = worker->pid;
      end_pairs(*worker, &death, deferred);
      fail_calls(*worker, *actor, death, deferred);
      if (!restart_actor(*actor)) end_actor(*actor, death, deferred);
    }
    if (is_stuck) stuck_.emplace(worker_id, std::move(worker));
    if (!closing_) place_all(deferred);
  }
  carry_out(std::move(deferred));
}

// Calls that the dead actor had: those that may be made again go back to the front of its queue, in order.
void Node::fail_calls(WorkerRecord& worker, ActorRecord& actor, const Error& death, Deferred& deferred) {
  worker.in_flight.drain_latest_first([&](Call call) {
    if (!call.result) return;
    if (call.type == MessageType::kCallMethod) ++counts_.actor_calls_failed;
    const bool may_retry = !closing_ && actor.restarts_left > 0 && call.type != MessageType::kCreateActor &&
                           actor.spec.retry_on.contain(ErrorCode::kActorDied);
    if (may_retry && can_be_made_again(call)) {
      --call.retries_left;
      actor.queue.push_front(std::move(call));
    } else {
      deferred.fail(call, lost_call(death, call));
    }
  });
}

// Counts the starts that came to nothing, one after the other.
void Node::count_start(const WorkerRecord& worker) {
  const auto has_run = [](const WorkerRecord& any) {
    return layout_of<LinkLayout>(any.link_memory)->worker_pid.load() != 0;
  };
  const bool any_has_run = has_run(worker) || std::any_of(workers_.begin(), workers_.end(), [&](const auto& entry) {
                             return entry.first > last_failed_start_ && has_run(*entry.second);
                           });
  if (any_has_run) failed_starts_ = 0;
  if (has_run(worker) || !worker.killed_because.empty()) return;
  ++failed_starts_;
  last_failed_start_ = worker.id;
}

// As fail_calls(), of tasks: those that had not begun do not even know, unless workers cannot be started at all.
void Node::fail_tasks(WorkerRecord& worker, const std::string& end, Deferred& deferred) {
  const ErrorCode code = worker.is_timed_out ? ErrorCode::kTimeout : ErrorCode::kWorkerDied;
  worker.in_flight.drain_latest_first([&](Call call) {
    if (!call.result) return;
    const bool may_wait = failed_starts_ < kMostFailedStarts && !worker.has_begun(call);
    if (!closing_ && call.type == MessageType::kRunTask && may_wait) {
      tasks_.push_front(std::move(call));
      return;
    }
    ++counts_.tasks_failed;
    if (!closing_ && call.task->retry_on.contain(code) && can_be_made_again(call)) {
      --call.retries_left;
      ++counts_.tasks_retried;
      tasks_.push_front(std::move(call));
    } else {
      deferred.fail(call, Error{code, "the worker of " + std::string(call.name) + end});
    }
  });
}

// Actors that the dead process had made and that are not detached.
void Node::end_children(std::uint64_t owner, Deferred& deferred) {
  std::vector<std::uint64_t> children;
  for (const auto& [id, actor] : actors_)
    if (actor.owner == owner && !actor.died && !actor.spec.is_detached) children.push_back(id);
  for (const std::uint64_t id : children) {
    ActorRecord* actor = find_actor(id);
    if (actor == nullptr) continue;
    actor->ended_with_owner = true;
    kill_now(*actor, "ended because its owner did", deferred);
  }
}

}  // namespace manta
