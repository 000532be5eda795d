// SPDX-License-Identifier: Apache-2.0
#include "integrations/external_searcher/external_searcher.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "integrations/external_searcher/searcher_messages.h"

namespace manta {

namespace {

using Json = nlohmann::json;

constexpr const char* kClassName = "ExternalSearcher";
constexpr std::string_view kPrefix = "exec:";

Error refused(const std::string& why) {
  return {ErrorCode::kInvalidArgument, "this is no snapshot of " + std::string(kClassName) + ": " + why};
}

struct State {
  std::string start;
  std::vector<std::string> said;
};

Result<State> read_state(const Snapshot& snapshot) {
  const Json json = Json::parse(snapshot.json, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || json.size() != 1) return refused("it is damaged");
  if (!json.contains(kClassName)) return refused("it is of " + json.begin().key());
  const Json& state = json[kClassName];
  const bool is_whole = state.is_object() && state.size() == 2 && state.contains("start") &&
                        state["start"].is_string() && state.contains("said") && state["said"].is_array();
  if (!is_whole) return refused("it is damaged");
  State read{state["start"].get<std::string>(), {}};
  for (const Json& line : state["said"]) {
    if (!line.is_string()) return refused("it is damaged");
    read.said.push_back(line.get<std::string>());
  }
  return read;
}

// Whether two starts are of one space and objective; how many trials there will be may differ.
bool is_same_search(const std::string& a, const std::string& b) {
  const Json left = Json::parse(a, nullptr, false);
  const Json right = Json::parse(b, nullptr, false);
  if (!left.is_object() || !right.is_object()) return false;
  for (const char* name :
       {"parameters", "constraints", "objective", "further_objectives", "metric_constraints", "protocol"}) {
    if (left.value(name, Json()) != right.value(name, Json())) return false;
  }
  return true;
}

bool is_question(const std::string& line) { return line.starts_with(R"({"type":"ask")"); }

}  // namespace

ExternalSearcher::ExternalSearcher(std::string command, const SearcherSetup& setup, Duration timeout)
    : command_(std::move(command)),
      space_(*setup.space),
      further_(further_metrics(setup)),
      start_line_(start_message(setup)),
      timeout_(timeout) {}

Result<std::unique_ptr<ExternalSearcher>> ExternalSearcher::start(const std::string& command,
                                                                  const SearcherSetup& setup, Duration timeout) {
  std::unique_ptr<ExternalSearcher> searcher(
      new ExternalSearcher(command, setup, timeout));
  MANTA_ASSIGN_OR_RETURN(searcher->program_, searcher->launch(searcher->start_line_));
  return searcher;
}

Result<std::unique_ptr<SearcherProgram>> ExternalSearcher::launch(const std::string& start_line) const {
  MANTA_ASSIGN_OR_RETURN(std::unique_ptr<SearcherProgram> program, SearcherProgram::start(command_, timeout_));
  program->send(start_line);
  MANTA_ASSIGN_OR_RETURN(const std::string line, program->answer());
  MANTA_RETURN_IF_ERROR(read_ready(line));
  return program;
}

void ExternalSearcher::say(std::string line) {
  program_->send(line);
  said_.push_back(std::move(line));
}

Result<std::optional<Config>> ExternalSearcher::ask(TrialId trial) {
  std::string broken;
  for (int refusals = 0; refusals < kMaxRefused; ++refusals) {
    program_->send(ask_message(trial, std::nullopt));
    MANTA_ASSIGN_OR_RETURN(const std::string line, program_->answer());
    MANTA_ASSIGN_OR_RETURN(const SearcherAnswer answer, read_answer(line));
    if (answer.kind == SearcherAnswer::Kind::kEnd) return std::optional<Config>();
    if (answer.kind == SearcherAnswer::Kind::kWait) {
      return Error{ErrorCode::kExhausted, "the searcher program waits for results, and none can come any more"};
    }
    Config config = whole_config(space_, answer.config);
    MANTA_RETURN_IF_ERROR(check_values(space_, config));
    said_.push_back(ask_message(trial, config));
    if (keeps_constraints(space_, config)) return std::optional<Config>(std::move(config));
    tell({.trial = trial, .config = config, .state = TrialState::kInfeasible});
    broken = config.to_json();
  }
  return Error{ErrorCode::kInvalidArgument, "the searcher program proposed " + std::to_string(kMaxRefused) +
                                                " configurations that break a constraint, at last " + broken};
}

void ExternalSearcher::tell(const Outcome& outcome) { say(tell_message(outcome, further_)); }

Snapshot ExternalSearcher::save() const {
  return {Json{{kClassName, {{"start", start_line_}, {"said", said_}}}}.dump()};
}

Result<void> ExternalSearcher::restore(const Snapshot& snapshot) {
  MANTA_ASSIGN_OR_RETURN(State state, read_state(snapshot));
  if (!is_same_search(state.start, start_line_)) return refused("it was made for another space or objective");
  MANTA_ASSIGN_OR_RETURN(std::unique_ptr<SearcherProgram> program, launch(state.start));
  for (const std::string& line : state.said) {
    program->send(line);
    if (!is_question(line)) continue;
    MANTA_ASSIGN_OR_RETURN(const std::string answer, program->answer());
    MANTA_RETURN_IF_ERROR(read_answer(answer));  // What it says now is not what counts: that stands in the question.
  }
  program_ = std::move(program);
  start_line_ = std::move(state.start);
  said_ = std::move(state.said);
  return {};
}

std::optional<std::string> external_searcher_command(std::string_view text) {
  if (!text.starts_with(kPrefix)) return std::nullopt;
  return std::string(text.substr(kPrefix.size()));
}

}  // namespace manta
