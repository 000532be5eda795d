// SPDX-License-Identifier: Apache-2.0
// manta stop, kill, pause, resume, retry, clone, add-trial, set, note: an experiment changed, running or not.
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/base/escape_control.h"
#include "tune/cli/control/control_file.h"
#include "tune/cli/control/control_request.h"
#include "tune/cli/control/control_socket.h"
#include "tune/cli/verbs/experiment_words.h"
#include "tune/cli/verbs/verbs.h"

namespace manta::verbs {

namespace {

constexpr int kMostTries = 50;
constexpr unsigned kPauseMicroseconds = 100'000;

void say_that_we_wait() {
  std::fputs("waiting for the experiment: a trial may have to end its iteration, or the disk is slow\n", stderr);
}

Result<std::string> carry_out(const std::filesystem::path& directory, const ControlRequest& request) {
  // Who has just begun or is about to end has the experiment, and no socket.
  std::optional<std::string> owner = experiment_owner(directory);
  Result<std::string> line = Error{ErrorCode::kNotFound, ""};
  for (int tries = 0; owner && tries < kMostTries; ++tries) {
    if (tries > 0) ::usleep(kPauseMicroseconds);
    line = ask_experiment(directory, to_json(request), say_that_we_wait);
    if (line) return parse_control_answer(*line);
    if (line.error().code != ErrorCode::kNotFound) return Error{line.error()};
    owner = experiment_owner(directory);
  }
  if (!owner) {
    Result<std::string> text = command_file(directory, request);
    if (text && request.verb != "note")
      *text += "\nnobody runs the experiment: --resume " + directory.string() + " takes it up";
    return text;
  }
  return Error{ErrorCode::kFailedPrecondition,
               directory.string() + " is in use by " + *owner +
                   ", which takes no commands now: nobody listens at its control.sock. It is about to begin or to end, "
                   "or the file was deleted: a run makes it anew within a second, unless it is very busy. Try again in a "
                   "moment"};
}

Result<ExitCode> command(const VerbWords& words, const ControlRequest& request) {
  std::filesystem::path directory;
  {
    MANTA_ASSIGN_OR_RETURN(const ExperimentView view, open_experiment(words.value("EXP")));
    directory = view.directory();
  }
  const Result<std::string> text = carry_out(directory, request);
  if (!text) return Error{text.error().code, escape_control(text.error().message)};
  // Line by line: the text may have been made by another process.
  std::string lines;
  for (std::size_t begin = 0; begin <= text->size();) {
    const std::size_t end = std::min(text->find('\n', begin), text->size());
    lines += escape_control(text->substr(begin, end - begin)) + "\n";
    begin = end + 1;
  }
  MANTA_RETURN_IF_ERROR(print(lines));
  return kExitOk;
}

Result<std::vector<TrialId>> trials_of(const VerbWords& words) {
  std::vector<TrialId> trials;
  for (const std::string& word : words.values("TRIAL")) {
    MANTA_ASSIGN_OR_RETURN(const std::int64_t number, parse_trial_number(word));
    trials.push_back(TrialId{number});
  }
  return trials;
}

Result<ExitCode> command_trials(const VerbWords& words, std::string verb) {
  ControlRequest request{.verb = std::move(verb), .trials = {}, .config = {}, .options = {}, .text = {}};
  MANTA_ASSIGN_OR_RETURN(request.trials, trials_of(words));
  return command(words, request);
}

// "name=value".
Result<std::pair<std::string, std::string>> split_setting(const std::string& word) {
  const std::size_t equals = word.find('=');
  if (equals != std::string::npos && equals > 0) return std::pair(word.substr(0, equals), word.substr(equals + 1));
  return Error{ErrorCode::kInvalidArgument,
               "\"" + escape_control(word) + "\" is not NAME=VALUE, such as concurrency=8"};
}

// Numbers, true and false are such; all else is text.
Value value_of(const std::string& text) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  return text;
}

}  // namespace

Result<ExitCode> stop(const VerbWords& words) { return command_trials(words, "stop"); }
Result<ExitCode> kill(const VerbWords& words) { return command_trials(words, "kill"); }
Result<ExitCode> pause(const VerbWords& words) { return command_trials(words, "pause"); }
Result<ExitCode> resume(const VerbWords& words) { return command_trials(words, "resume"); }

Result<ExitCode> retry(const VerbWords& words) {
  if (words.has("failed") == words.has("TRIAL"))
    return Error{ErrorCode::kInvalidArgument, "which trials? Name them, or say --failed for all that have failed"};
  if (!words.has("failed")) return command_trials(words, "retry");
  ControlRequest request{.verb = "retry", .trials = {}, .config = {}, .options = {}, .text = {}};
  {
    MANTA_ASSIGN_OR_RETURN(ExperimentView view, open_experiment(words.value("EXP")));
    MANTA_ASSIGN_OR_RETURN(const std::vector<TrialRecord> trials, view.trials());
    for (const TrialRecord& trial : trials)
      if (trial.status.state == TrialState::kFailed) request.trials.push_back(trial.status.id);
  }
  if (!request.trials.empty()) return command(words, request);
  MANTA_RETURN_IF_ERROR(print("no trial has failed\n"));
  return kExitOk;
}

Result<ExitCode> clone(const VerbWords& words) {
  ControlRequest request{.verb = "clone", .trials = {}, .config = {}, .options = {}, .text = {}};
  MANTA_ASSIGN_OR_RETURN(request.trials, trials_of(words));
  for (const std::string& word : words.values("set")) {
    MANTA_ASSIGN_OR_RETURN(const auto setting, split_setting(word));
    request.config.set(setting.first, value_of(setting.second));
  }
  return command(words, request);
}

Result<ExitCode> add_trial(const VerbWords& words) {
  ControlRequest request{.verb = "add-trial", .trials = {}, .config = {}, .options = {}, .text = {}};
  Result<Config> config = Config::from_json(words.value("CONFIG"));
  if (!config) {
    return Error{ErrorCode::kInvalidArgument,
                 "the configuration: " + escape_control(config.error().message) + R"(; write it as '{"lr": 0.01}')"};
  }
  request.config = *std::move(config);
  return command(words, request);
}

Result<ExitCode> set(const VerbWords& words) {
  ControlRequest request{.verb = "set", .trials = {}, .config = {}, .options = {}, .text = {}};
  for (const std::string& word : words.values("NAME=VALUE")) {
    MANTA_ASSIGN_OR_RETURN(auto setting, split_setting(word));
    request.options.push_back(std::move(setting));
  }
  return command(words, request);
}

Result<ExitCode> note(const VerbWords& words) {
  // The trial may be left out, so the words are told apart by their count.
  const std::vector<std::string> rest = words.values("[TRIAL] TEXT");
  ControlRequest request{.verb = "note", .trials = {}, .config = {}, .options = {}, .text = rest.back()};
  if (rest.size() > 2)
    return Error{ErrorCode::kInvalidArgument, "a note is one word for the shell: manta note EXP 3 'several words'"};
  if (rest.size() == 2) {
    MANTA_ASSIGN_OR_RETURN(const std::int64_t number, parse_trial_number(rest.front()));
    request.trials.push_back(TrialId{number});
  }
  return command(words, request);
}

}  // namespace manta::verbs
