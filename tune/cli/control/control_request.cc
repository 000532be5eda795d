// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/control/control_request.h"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/did_you_mean.h"
#include "tune/cli/option_table.h"
#include "tune/space/json_check.h"

namespace manta {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;
constexpr const char* kVersionKey = "manta_control";
// Those that a running loop takes over.
constexpr std::array<std::string_view, 11> kTakenAtOnce{
    "concurrency",   "samples",      "time-budget", "min-gain",         "trial-time", "step-time",
    "stall-timeout", "max-failures", "retry-wait",  "checkpoint-every", "grow-every"};

std::string line_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Error not_understood() {
  return {ErrorCode::kIncompatible,
          "the experiment is run by another version of Manta: use the program manta of that version"};
}

// What is nested without end would end the process: copies of it recurse.
Result<Json> read_line(std::string_view line) {
  if (!check_json(line)) return not_understood();
  Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || json.value(kVersionKey, Json()) != Json(kVersion)) return not_understood();
  return json;
}

std::optional<ErrorCode> error_code_of(std::string_view name) {
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    if (to_string(static_cast<ErrorCode>(code)) == name) return static_cast<ErrorCode>(code);
  }
  return std::nullopt;
}

bool is_changeable(const OptionSpec& spec) { return spec.is_stored && spec.may_change; }

Error unknown_option(const std::string& name) {
  if (const OptionSpec* spec = find_option(name); spec != nullptr && !is_changeable(*spec))
    return {ErrorCode::kInvalidArgument, name + " stays as it is while an experiment lasts"};
  std::vector<std::string> names;
  std::string all;
  for (const OptionSpec& spec : option_table()) {
    if (!is_changeable(spec)) continue;
    names.emplace_back(spec.name);
    all += (all.empty() ? "" : ", ") + names.back();
  }
  return {ErrorCode::kInvalidArgument,
          "there is no limit \"" + name + "\"" + did_you_mean(name, names) + "; there are " + all};
}

}  // namespace

std::string to_json(const ControlRequest& request) {
  Json json{{kVersionKey, kVersion}, {"verb", request.verb}};
  json["trials"] = Json::array();
  for (const TrialId trial : request.trials) json["trials"].push_back(trial.number);
  json["config"] = request.config.to_json();
  json["options"] = request.options;
  json["text"] = request.text;
  return line_of(json);
}

Result<ControlRequest> parse_control_request(std::string_view line) {
  MANTA_ASSIGN_OR_RETURN(const Json json, read_line(line));
  ControlRequest request;
  try {
    request.verb = json.at("verb").get<std::string>();
    for (const Json& trial : json.at("trials")) request.trials.push_back(TrialId{trial.get<std::int64_t>()});
    json.at("options").get_to(request.options);
    request.text = json.at("text").get<std::string>();
    MANTA_ASSIGN_OR_RETURN(request.config, Config::from_json(json.at("config").get<std::string>()));
  } catch (const nlohmann::json::exception&) {
    return not_understood();
  }
  return request;
}

std::string answer_json(const Result<std::string>& answer) {
  if (answer) return line_of(Json{{kVersionKey, kVersion}, {"done", *answer}});
  return line_of(
      Json{{kVersionKey, kVersion}, {"error", to_string(answer.error().code)}, {"message", answer.error().message}});
}

Result<std::string> parse_control_answer(std::string_view line) {
  MANTA_ASSIGN_OR_RETURN(const Json json, read_line(line));
  if (json.contains("done") && json["done"].is_string()) return json["done"].get<std::string>();
  if (!json.contains("error") || !json["error"].is_string()) return not_understood();
  const std::optional<ErrorCode> code = error_code_of(json["error"].get<std::string>());
  return Error{code.value_or(ErrorCode::kInternal), json.value("message", "")};
}

Config coerced(Config config, const Space& space) {
  const Config asked = config;
  for (const auto& [name, value] : asked.values()) {
    const Parameter* const parameter = space.find(name);
    const auto* const whole = std::get_if<std::int64_t>(&value);
    if (parameter == nullptr || whole == nullptr) continue;
    const bool is_real = std::holds_alternative<FloatDomain>(parameter->domain) ||
                         std::holds_alternative<NormalDomain>(parameter->domain);
    if (is_real) config.set(name, static_cast<double>(*whole));
  }
  return config;
}

Result<std::string> set_options(const std::vector<std::pair<std::string, std::string>>& values, TuneOptions& options,
                                bool is_running) {
  RunRequest request{options, {}};
  std::map<std::string, std::vector<std::string>> by_name;  // A stop condition may come more than once.
  for (const auto& [written, value] : values) {
    std::string name = written;
    std::ranges::replace(name, '_', '-');
    by_name[name].push_back(value);
  }
  std::string text;
  for (const auto& [name, texts] : by_name) {
    const OptionSpec* const spec = find_option(name);
    if (spec == nullptr || !is_changeable(*spec)) return unknown_option(name);
    if (const Result<void> set = spec->set(request, texts); !set)
      return Error{set.error().code, name + ": " + set.error().message};
    const bool is_taken = !is_running || std::ranges::find(kTakenAtOnce, name) != kTakenAtOnce.end();
    text += (text.empty() ? "" : "\n") + name + " is " + spec->get(request) +
            (is_taken ? "" : " from the next --resume on");
  }
  options = std::move(request.tune);
  return text;
}

}  // namespace manta
