// SPDX-License-Identifier: Apache-2.0
// A population's history in a snapshot.
#pragma once

#include <nlohmann/json.hpp>

#include "schedulers/pbt_schedule.h"

namespace manta::internal {

nlohmann::json to_json(const Config& config);
/// Throws nlohmann::json::exception, as the readers of all snapshots expect.
Config config_from(const nlohmann::json& json);

nlohmann::json to_json(const PbtHistory& history);
PbtHistory history_from(const nlohmann::json& json);

}  // namespace manta::internal
