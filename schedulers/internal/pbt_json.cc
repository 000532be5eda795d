// SPDX-License-Identifier: Apache-2.0
#include "schedulers/internal/pbt_json.h"

namespace manta::internal {

using nlohmann::json;

json to_json(const Config& config) { return json::parse(config.to_json()); }

Config config_from(const json& saved) {
  Result<Config> config = Config::from_json(saved.dump(-1, ' ', false, json::error_handler_t::replace));
  if (!config) throw json::other_error::create(599, config.error().message, &saved);
  return std::move(config).value();
}

json to_json(const PbtHistory& history) {
  json exploits = json::array();
  for (const PbtExploit& exploit : history.exploits) {
    exploits.push_back({exploit.trial.number, exploit.donor.number, exploit.iteration, to_json(exploit.donor_config),
                        to_json(exploit.config), exploit.own_iteration, to_json(exploit.own_config)});
  }
  const PbtHistory::Best& best = history.best;
  return {{"exploits", std::move(exploits)},
          {"best",
           json::array({best.trial.number, best.iteration, best.score, to_json(best.config), best.exploits_before})}};
}

PbtHistory history_from(const json& saved) {
  PbtHistory history;
  for (const auto& entry : saved.at("exploits")) {
    history.exploits.push_back({{entry.at(0).get<std::int64_t>()},
                                {entry.at(1).get<std::int64_t>()},
                                entry.at(2).get<std::int64_t>(),
                                config_from(entry.at(3)),
                                config_from(entry.at(4))});
    if (entry.size() == 5) continue;  // Of an older version.
    history.exploits.back().own_iteration = entry.at(5).get<std::int64_t>();
    history.exploits.back().own_config = config_from(entry.at(6));
  }
  const auto& best = saved.at("best");
  history.best = {{best.at(0).get<std::int64_t>()},
                  best.at(1).get<std::int64_t>(),
                  best.at(2).get<double>(),
                  config_from(best.at(3)),
                  best.at(4).get<std::uint64_t>()};
  return history;
}

}  // namespace manta::internal
