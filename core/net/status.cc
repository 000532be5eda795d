// SPDX-License-Identifier: Apache-2.0
#include "core/net/status.h"

#include <algorithm>
#include <cstdio>

#include "core/base/node_id.h"

namespace manta {
namespace {

std::string mebibytes(std::uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

// `text` in `width` columns, cut or filled.
std::string column(std::string_view text, std::size_t width) {
  if (text.size() > width) return std::string(text.substr(0, width - 3)) + "...";
  return std::string(text) + std::string(width - text.size(), ' ');
}
std::string column(std::uint64_t number, std::size_t width) {
  const std::string text = std::to_string(number);
  return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
}

void add_rest(std::string& out, std::size_t all, std::size_t shown) {
  if (all > shown) out += "  and " + std::to_string(all - shown) + " more\n";
}

}  // namespace

std::string to_string(const RuntimeStatus& status, std::size_t rows) {
  char cpus[32];
  std::snprintf(cpus, sizeof cpus, "%g", status.cpus);
  const std::string node = status.node != 0 ? to_string(NodeId{status.node}) + ": " : "";
  std::string out = node + cpus + " CPUs, " + std::to_string(status.gpus) + " GPUs; object store " +
                    mebibytes(status.store_bytes_used) + " of " + mebibytes(status.store_bytes_capacity) +
                    (status.store_bytes_spilled > 0 ? ", " + mebibytes(status.store_bytes_spilled) + " on disk" : "") +
                    (status.store_waiting > 0 ? ", " + std::to_string(status.store_waiting) + " wait for room" : "") +
                    "; " + std::to_string(status.queued_tasks) + " tasks queued\n";
  out += "workers: " + std::to_string(status.workers.size()) + "\n";
  if (!status.workers.empty()) out += "      pid  state    calls  objects  unsent  label\n";
  const std::size_t workers = std::min(rows, status.workers.size());
  for (std::size_t i = 0; i < workers; ++i) {
    const WorkerStatus& worker = status.workers[i];
    out += column(static_cast<std::uint64_t>(worker.pid), 9) + "  " + column(worker.state, 7) +
           column(worker.calls, 7) + column(worker.objects, 9) + column(worker.unsent_messages, 8) + "  " +
           worker.label + "\n";
  }
  add_rest(out, status.workers.size(), workers);
  out += "actors: " + std::to_string(status.actors.size()) + "\n";
  if (!status.actors.empty()) out += "      pid  state    calls  owner    restarts  name\n";
  const std::size_t actors = std::min(rows, status.actors.size());
  for (std::size_t i = 0; i < actors; ++i) {
    const ActorInfo& actor = status.actors[i];
    const std::string owner = actor.owner_pid == 0 ? "driver" : std::to_string(actor.owner_pid);
    out += column(static_cast<std::uint64_t>(actor.pid), 9) + "  " + column(actor.state, 7) +
           column(actor.queued_calls, 7) + "  " + column(owner, 7) +
           column(static_cast<std::uint64_t>(std::max(0, actor.restarts_left)), 10) + "  " + actor.name +
           (actor.name == actor.type ? "" : " (" + actor.type + ")") + "\n";
  }
  add_rest(out, status.actors.size(), actors);
  out += "objects in the store: " + std::to_string(status.object_count) + "\n";
  if (!status.objects.empty()) out += "    bytes    owner  made by                 held by\n";
  const std::size_t objects = std::min(rows, status.objects.size());
  for (std::size_t i = 0; i < objects; ++i) {
    const ObjectInfo& object = status.objects[i];
    const std::string owner = object.owner_pid == status.pid ? "driver" : std::to_string(object.owner_pid);
    out += column(object.bytes, 9) + std::string(9 - std::min<std::size_t>(8, owner.size()), ' ') + owner + "  " +
           column(object.label, 22) + "  " + to_string(object.holders) + "\n";
  }
  add_rest(out, status.object_count, objects);
  return out;
}

}  // namespace manta
