// SPDX-License-Identifier: Apache-2.0
#include "core/net/status_json.h"

#include <nlohmann/json.hpp>

namespace manta {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(WorkerStatus, pid, label, state, calls, objects, unsent_messages,
                                                running)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ActorInfo, id, name, type, state, pid, owner_pid, queued_calls,
                                                restarts_left, running)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ObjectHolder, kind, pid, name, count)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ObjectInfo, process, number, bytes, label, owner_pid, age_seconds,
                                                unused_seconds, is_in_memory, holders)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RuntimeStatus, pid, node, program, uptime_seconds, cpus, gpus,
                                                store_bytes_used, store_bytes_capacity, store_bytes_in_use,
                                                store_bytes_spilled, store_waiting, queued_tasks, workers, actors,
                                                object_count, objects)

std::string to_json(const RuntimeStatus& status) {
  return nlohmann::json(status).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<RuntimeStatus> parse_status_json(std::string_view text) {
  try {
    return nlohmann::json::parse(text).get<RuntimeStatus>();
  } catch (const nlohmann::json::exception& error) {
    return Error{ErrorCode::kInvalidArgument, std::string("this is no runtime's status: ") + error.what()};
  }
}

}  // namespace manta
