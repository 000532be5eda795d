// SPDX-License-Identifier: Apache-2.0
// What there is in a runtime, for people to look at.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/net/object_info.h"

namespace manta {

/// The end of an actor.
struct ActorDeath {
  ErrorCode code = ErrorCode::kActorDied;
  std::string cause;  ///< As calls on it get it: exit code or signal, and the last lines it printed.
  /// It was killed by a call; or it was stopped, or its handles were gone, and it ended in order. A crash on the way is
  /// not expected, nor is the death of its owner.
  bool is_expected = false;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(code, cause, is_expected);
  }
};

struct WorkerStatus {
  int pid = 0;                        ///< 0: about to start.
  std::string label;                  ///< The actor's name, or that of the task it was started for.
  std::string state;                  ///< "idle", "task", "actor", "blocked": its call waits, or "stuck": SIGKILL does not end it.
  std::uint64_t calls = 0;            ///< Sent and not answered.
  std::uint64_t objects = 0;          ///< That it has references to.
  std::uint64_t unsent_messages = 0;  ///< That found no room in its ring.
  std::string running;                ///< The function of its oldest call, or, if it is stuck, what it does; "": none.

  template <class Archive>
  void serialize(Archive& archive) {
    archive(pid, label, state, calls, objects, unsent_messages, running);
  }
};

struct ActorInfo {
  std::uint64_t id = 0;
  std::string name;
  std::string type;
  std::string state;               ///< "pending" (waits for resources), "alive", or "dead".
  int pid = 0;                     ///< 0: it has no process.
  int owner_pid = 0;               ///< The process that made it; 0: the driver.
  std::uint64_t queued_calls = 0;  ///< Made and not answered.
  int restarts_left = 0;
  std::string running;  ///< The function of its oldest call that its process has; "": it has none.

  template <class Archive>
  void serialize(Archive& archive) {
    archive(id, name, type, state, pid, owner_pid, queued_calls, restarts_left, running);
  }
};

/// A moment of the runtime on one machine.
struct RuntimeStatus {
  int pid = 0;             ///< Of the driver.
  std::uint32_t node = 0;  ///< Its NodeId; ids of actors and objects say it too (GlobalId). 0: not known.
  std::string program;  ///< Its file's name.
  double uptime_seconds = 0;
  double cpus = 0;
  std::uint64_t gpus = 0;
  std::uint64_t store_bytes_used = 0;
  std::uint64_t store_bytes_capacity = 0;
  std::uint64_t store_bytes_in_use = 0;   ///< Of those used: read, filled, or on their way; the rest may go to disk.
  std::uint64_t store_bytes_spilled = 0;  ///< On disk.
  std::uint64_t store_waiting = 0;        ///< Puts that wait for room, and objects that wait to be read from disk.
  std::uint64_t queued_tasks = 0;         ///< With their arguments ready, waiting for resources.
  std::vector<WorkerStatus> workers;
  std::vector<ActorInfo> actors;
  std::uint64_t object_count = 0;   ///< Whose bytes lie in the store.
  std::vector<ObjectInfo> objects;  ///< The largest of them, at most 1000, largest first.

  template <class Archive>
  void serialize(Archive& archive) {
    archive(pid, node, program, uptime_seconds, cpus, gpus, store_bytes_used, store_bytes_capacity, store_bytes_in_use,
            store_bytes_spilled, store_waiting, queued_tasks, workers, actors, object_count, objects);
  }
};

/// As a table of at most `rows` workers, as many actors and as many objects, the largest.
std::string to_string(const RuntimeStatus& status, std::size_t rows = 20);

}  // namespace manta
