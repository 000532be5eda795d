// SPDX-License-Identifier: Apache-2.0
#include "integrations/external_searcher/searcher_messages.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "tune/space/json_check.h"

namespace manta {

namespace {

using OrderedJson = nlohmann::ordered_json;
using Values = std::vector<std::optional<Value>>;

constexpr std::size_t kQuoted = 120;  // Bytes of a line that a message repeats.

OrderedJson json_of(const Value& value) { return OrderedJson::parse(to_json(value)); }

OrderedJson json_of(const Config& config) {
  OrderedJson json = OrderedJson::object();
  for (const auto& [name, value] : config.values()) json[name] = json_of(value);
  return json;
}

OrderedJson parameters_of(const Space& space) {
  OrderedJson list = OrderedJson::array();
  for (const Parameter& parameter : space.parameters()) {
    if (std::holds_alternative<ConstantDomain>(parameter.domain)) continue;
    OrderedJson entry = {{"name", parameter.name}};
    entry.update(OrderedJson::parse(parameter_json(parameter)));
    list.push_back(std::move(entry));
  }
  return list;
}

OrderedJson constraints_of(const Space& space) {
  OrderedJson list = OrderedJson::array();
  for (const Expression& constraint : space.constraints()) list.push_back(constraint.text());
  return list;
}

// Bytes that are no UTF-8 must not make a message of ours throw.
std::string dumped(const OrderedJson& json) { return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace); }

Error not_understood(std::string_view line, const std::string& expected) {
  std::string quoted(line.substr(0, kQuoted));
  if (line.size() > kQuoted) quoted += "…";
  return {ErrorCode::kInvalidArgument, "the searcher program said " + quoted + "; expected is " + expected +
                                           " on a line of its own (print anything else to standard error)"};
}

// An object, or the error that it is none or says what is wrong.
Result<OrderedJson> read_object(std::string_view line, const std::string& expected) {
  // What is nested without end would end the process: to write it recurses.
  OrderedJson json = check_json(line) ? OrderedJson::parse(line, nullptr, /*allow_exceptions=*/false) : OrderedJson();
  if (!json.is_object()) return not_understood(line, expected);
  if (!json.contains("error")) return json;
  const OrderedJson& error = json["error"];
  return Error{ErrorCode::kSystem,
               "the searcher program says: " + (error.is_string() ? error.get<std::string>() : dumped(error))};
}

bool is_true(const OrderedJson& json, const char* name) {
  return json.contains(name) && json[name] == OrderedJson(true);
}

// One value per parameter that takes part and is there.
Values values_of(const Space& space, const Config& config) {
  Values values(space.parameters().size());
  for (const std::size_t position : space.activity_order()) {
    if (!space.is_active(position, values)) continue;
    const Parameter& parameter = space.parameters()[position];
    const auto found = config.values().find(parameter.name);
    if (const auto* constant = std::get_if<ConstantDomain>(&parameter.domain)) {
      values[position] = constant->value;
    } else if (found != config.values().end()) {
      values[position] = found->second;
    }
  }
  return values;
}

OrderedJson json_of(const Objective& objective) {
  return {{"metric", objective.metric}, {"mode", mode_text(objective.mode)}};
}

}  // namespace

std::string start_message(const SearcherSetup& setup) {
  OrderedJson json = {
      {"type", "start"},
      {"protocol", kSearcherProtocol},
      {"parameters", parameters_of(*setup.space)},
      {"constraints", constraints_of(*setup.space)},
      {"objective", json_of(setup.objective)},
      {"seed", setup.seed},
      {"samples", setup.samples},
      {"max_iterations", nullptr}};
  if (setup.max_iterations) json["max_iterations"] = *setup.max_iterations;
  for (const Objective& objective : setup.further.objectives) json["further_objectives"].push_back(json_of(objective));
  for (const MetricCondition& constraint : setup.further.constraints)
    json["metric_constraints"].push_back(constraint.text());
  return dumped(json);
}

std::string ask_message(TrialId trial, const std::optional<Config>& answered) {
  OrderedJson json = {{"type", "ask"}, {"trial", trial.number}};
  if (answered) json["config"] = json_of(*answered);
  return dumped(json);
}

std::vector<std::string> further_metrics(const SearcherSetup& setup) {
  std::vector<std::string> names;
  for (const Objective& objective : setup.further.objectives) names.push_back(objective.metric);
  for (const MetricCondition& constraint : setup.further.constraints) names.push_back(constraint.metric);
  return names;
}

std::string tell_message(const Outcome& outcome, std::span<const std::string> further) {
  OrderedJson json = {{"type", "tell"},
                      {"trial", outcome.trial.number},
                      {"config", json_of(outcome.config)},
                      {"state", to_string(outcome.state)},
                      {"iteration", outcome.iteration},
                      {"value", nullptr},
                      {"seconds", outcome.seconds}};
  if (outcome.value && std::isfinite(*outcome.value)) json["value"] = *outcome.value;
  for (const std::string& name : further) {
    if (outcome.metrics == nullptr) break;
    const std::optional<double> value = outcome.metrics->find(name);
    json["metrics"][name] = value && std::isfinite(*value) ? OrderedJson(*value) : OrderedJson(nullptr);
  }
  return dumped(json);
}

Result<SearcherAnswer> read_answer(std::string_view line) {
  const std::string expected = R"({"config":{…}}, {"wait":true}, {"end":true} or {"error":"…"})";
  MANTA_ASSIGN_OR_RETURN(const OrderedJson json, read_object(line, expected));
  if (is_true(json, "wait")) return SearcherAnswer{SearcherAnswer::Kind::kWait, {}};
  if (is_true(json, "end")) return SearcherAnswer{SearcherAnswer::Kind::kEnd, {}};
  if (!json.contains("config") || !json["config"].is_object()) return not_understood(line, expected);
  Result<Config> config = Config::from_json(dumped(json["config"]));
  if (!config) return Error{config.error().code, "the searcher program's " + config.error().message};
  return SearcherAnswer{SearcherAnswer::Kind::kConfig, *std::move(config)};
}

Result<void> read_ready(std::string_view line) {
  const std::string expected = R"({"ready":true} or {"error":"…"} first of all)";
  MANTA_ASSIGN_OR_RETURN(const OrderedJson json, read_object(line, expected));
  return is_true(json, "ready") ? Result<void>() : not_understood(line, expected);
}

Config whole_config(const Space& space, const Config& proposed) {
  const Values values = values_of(space, proposed);
  Config config;
  for (std::size_t position = 0; position < values.size(); ++position)
    if (values[position]) config.set(space.parameters()[position].name, *values[position]);
  // What the space does not know stays, to be named.
  for (const auto& [name, value] : proposed.values())
    if (space.find(name) == nullptr) config.set(name, value);
  return config;
}

Result<void> check_values(const Space& space, const Config& config) {
  const auto outside = [&](const std::string& why) {
    return Error{ErrorCode::kInvalidArgument,
                 "the searcher program proposed " + config.to_json() + ", which is outside of the space: " + why};
  };
  if (const Result<void> valid = space.validate_part(config); !valid) return outside(valid.error().message);
  const Values values = values_of(space, config);
  for (const std::size_t position : space.activity_order()) {
    const Parameter& parameter = space.parameters()[position];
    if (values[position] || !space.is_active(position, values)) continue;
    return outside(parameter.name + ": missing; the space asks for " + domain_json(parameter.domain));
  }
  return {};
}

bool keeps_constraints(const Space& space, const Config& config) {
  return !space.broken_constraint(values_of(space, config)).has_value();
}

}  // namespace manta
