// SPDX-License-Identifier: Apache-2.0
// What the node knows of one worker process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/net/link.h"
#include "core/net/message_pieces.h"
#include "core/node/call_window.h"
#include "core/node/standstill.h"
#include "core/node/worker_launcher.h"
#include "core/node/worker_log.h"
#include "core/node/worker_memory.h"
#include "core/node/worker_output.h"
#include "core/node/worker_promises.h"
#include "core/node/worker_references.h"
#include "core/placement/resource_ledger.h"

namespace manta {

/// Thread-safety: none; the node's mutex guards it.
struct WorkerRecord {
  /// `started_by` lives longer.
  WorkerRecord(std::uint64_t worker_id, WorkerLauncher& started_by, SharedMemory link_pages,
               std::shared_ptr<Arena> arena, WorkerOutput out)
      : id(worker_id),
        launcher(started_by),
        link_memory(std::move(link_pages)),
        memory(std::move(arena)),
        output(std::move(out)) {
    auto* link = layout_of<LinkLayout>(link_memory);
    bell = &link->worker_bell;
    claims = &link->claims;
    to_worker = RingProducer(&link->to_worker, link->to_worker_data(), LinkLayout::kRingBytes);
    from_worker = RingConsumer(&link->to_node, link->to_node_data(), LinkLayout::kRingBytes);
  }

  /// Sends `first` and `second`, one message, now, or once there is room.
  void send(std::span<const std::byte> first, std::span<const std::byte> second = {}) {
    if (first.size() + second.size() > to_worker.max_message()) return send_large(first, second);
    if (outbox.empty() && to_worker.push(first, second)) {
      bell->ring();
    } else {
      if (outbox.empty() && unsent != nullptr) unsent->push_back(this);
      outbox.emplace_back(first.begin(), first.end());
      outbox.back().insert(outbox.back().end(), second.begin(), second.end());
    }
  }
  void send_large(std::span<const std::byte> first, std::span<const std::byte> second) {
    std::vector<std::byte> message(first.begin(), first.end());
    message.insert(message.end(), second.begin(), second.end());
    send_in_pieces(message, to_worker.max_message(), [this](auto header, auto piece) { send(header, piece); });
  }
  /// Sends what waits, as far as there is room.
  void flush() {
    bool sent = false;
    while (!outbox.empty() && to_worker.push(outbox.front())) {
      outbox.pop_front();
      sent = true;
    }
    if (sent) bell->ring();
    if (sent && outbox.empty() && unsent != nullptr) std::erase(*unsent, this);
  }
  bool has_message() const { return !from_worker.is_corrupt() && !from_worker.empty(); }
  /// Whether flush() would send something. If not, the worker rings when it has made room.
  bool can_flush() { return !outbox.empty() && to_worker.has_room(outbox.front().size()); }
  /// Whether the worker has begun the task. Until it has, the task can be taken back.
  bool has_begun(const Call& task) const { return static_cast<std::int32_t>(claims->claimed() - task.ordinal) >= 0; }
  /// Measures the latency of one call in some, and of one at a time.
  void time_call(std::uint64_t number) {
    constexpr std::uint64_t kOneIn = 16;
    if (number % kOneIn != 0 || (timed_call != 0 && in_flight.find(timed_call) != nullptr)) return;
    timed_call = number;
    timed_since = std::chrono::steady_clock::now();
  }
  /// Ends the process and what it started: now, or, while it has no pid, when the notice of its start comes.
  void kill(std::string_view because) {
    if (killed_because.empty()) killed_because = because;
    if (pid > 0) launcher.kill(pid);
  }

  /// Its process, to be shown: its first answer may come before the fork server's notice. 0: neither has.
  pid_t shown_pid() const { return pid > 0 ? pid : layout_of<LinkLayout>(link_memory)->worker_pid.load(); }

  const std::uint64_t id;
  std::uint32_t flag = 0;          ///< As is_watched, for Attention.
  std::uint32_t bell_index = 0;    ///< Of NodePage; 0: it has none there.
  std::uint64_t direct_pairs = 0;  ///< Ever, as the callee.
  bool is_watched = false;
  WorkerLauncher& launcher;
  SharedMemory link_memory;
  Doorbell* bell = nullptr;
  TaskClaims* claims = nullptr;
  RingProducer to_worker;
  RingConsumer from_worker;
  Standstill told;             ///< Of to_worker.
  Standstill said;             ///< Of from_worker.
  MessageAssembler assembler;  ///< Of what comes from there.
  std::deque<std::vector<std::byte>> outbox;
  std::vector<WorkerRecord*>* unsent = nullptr;  ///< Has this as long as the outbox is not empty.

  WorkerMemory memory;
  WorkerReferences references;
  WorkerPromises promises;
  WorkerOutput output;
  std::shared_ptr<WorkerLog> log;        ///< Of what it prints; null: none.
  pid_t pid = 0;                         ///< 0 until the fork server has started it.
  std::uint64_t actor = 0;               ///< The actor it hosts, or 0: it runs tasks.
  std::string devices;                   ///< What it sees as CUDA_VISIBLE_DEVICES; fixed for its life.
  std::uint32_t threads = 1;             ///< That its libraries use; fixed too.
  std::optional<Assignment> assignment;  ///< What it takes of the machine now.
  std::uint32_t tasks_sent = 0;          ///< Ever, without those that were taken back.
  std::optional<TimePoint> deadline;     ///< When the task that it runs has had its time; of an actor: when
                                         ///< its calls are looked at.
  TimePoint next_let_go;                 ///< When it may be asked again to let go of objects.
  bool is_timed_out = false;             ///< Killed for that.
  bool awaits_answer = false;            ///< Until one comes, its actor has calls for which there was no memory on
                                         ///< their way, or does not stop.
  bool is_unheard = false;               ///< Killed for want of memory for what it sent: all that follows is lost.
  std::uint64_t saved_with_call = 0;     ///< Whose answer makes saved_state count; 0: there is none.
  EncodedValue saved_state;              ///< Of its actor.
  bool handles_deaths = false;           ///< It wants to be told of its children's deaths.
  bool is_blocked = false;               ///< Its call waits: the CPUs of its assignment are lent.
  std::uint64_t memory_limit = 0;        ///< Bytes; 0: none; fixed for its life.
  std::string killed_because;            ///< Why the node killed it; "": it did not.
  std::optional<TimePoint> give_up_at;   ///< When it counts as stuck if it has not ended.
  std::string stuck_in;                  ///< What it does then; "": it is not.
  CallWindow in_flight;
  std::uint64_t timed_call = 0;  ///< The call whose latency is being measured; 0: none.
  TimePoint timed_since;         ///< When it was sent.
};

}  // namespace manta
