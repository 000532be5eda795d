// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/verbs/trial_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "tune/cli/verbs/experiment_words.h"

namespace manta::verbs {

namespace {

using Json = nlohmann::ordered_json;

std::string non_finite_text(double value) {
  if (std::isnan(value)) return "nan";
  return value > 0 ? "inf" : "-inf";
}

Json number_json(double value) { return std::isfinite(value) ? Json(value) : Json(non_finite_text(value)); }

Json optional_json(const std::optional<double>& value) { return value ? number_json(*value) : Json(); }

Json metrics_json(const Metrics& metrics) {
  Json json = Json::object();
  for (const auto& [name, value] : metrics) json[name] = number_json(value);
  return json;
}

Json time_json(const std::optional<WallTime>& time) { return time ? Json(time_text(*time)) : Json(); }

std::string line_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

std::string trial_json(const TrialFields& fields, const TrialRecord& trial) {
  const TrialStatus& status = trial.status;
  return line_of({{"trial", status.id.number},
                  {"state", to_string(status.state)},
                  {"cause", status.cause},
                  {"attempts", status.attempt},
                  {"iterations", status.iteration},
                  {"seconds", status.seconds},
                  {"value", optional_json(status.value)},
                  {"best_value", optional_json(status.best_value)},
                  {"started", time_json(trial.started)},
                  {"ended", time_json(trial.ended)},
                  {"config", Json::parse(status.config.to_json(), nullptr, /*allow_exceptions=*/false)},
                  {"metrics", metrics_json(fields.metrics_of(trial))}});
}

std::string report_json(const Report& report, WallTime when) {
  return line_of({{"trial", report.trial.number},
                  {"attempt", report.attempt},
                  {"iteration", report.iteration},
                  {"seconds", report.seconds},
                  {"reported", time_text(when)},
                  {"metrics", metrics_json(report.metrics)}});
}

std::string csv_cell(const std::optional<Value>& value) {
  if (!value) return "";
  if (const auto* number = std::get_if<double>(&*value); number != nullptr && !std::isfinite(*number)) {
    return non_finite_text(*number);
  }
  const auto* text = std::get_if<std::string>(&*value);
  if (text == nullptr) return to_json(*value);
  if (text->find_first_of(",\"\r\n") == std::string::npos) return *text;
  std::string quoted = "\"";
  for (const char c : *text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

}  // namespace manta::verbs
