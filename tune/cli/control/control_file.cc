// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/control/control_file.h"

#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

#include "tune/cli/experiment_document.h"
#include "tune/results/experiment_view.h"
#include "tune/results/result_store.h"

namespace manta {

namespace {

std::string name_of(TrialId trial) { return "trial " + to_string(trial); }

Error refused(TrialId trial, const std::string& why) {
  return {ErrorCode::kFailedPrecondition, name_of(trial) + " " + why};
}

/// One request, from what is stored to the changes that it makes.
class FileCommand {
 public:
  FileCommand(const std::filesystem::path& directory, const ControlRequest& request, StoredExperiment stored)
      : directory_(directory), request_(request), stored_(std::move(stored)), now_(SystemClock().wall_now()) {}

  Result<std::string> plan(std::vector<Change>& changes) {
    for (const TrialId trial : request_.trials) {
      const auto count = static_cast<std::int64_t>(stored_.state.trials.size());
      if (trial.number < 0 || trial.number >= count)
        return Error{ErrorCode::kNotFound, "there is no " + name_of(trial) + "; there are " + std::to_string(count)};
    }
    MANTA_ASSIGN_OR_RETURN(const TuneOptions options, stored_request());
    if (options.deterministic && request_.verb != "note") {
      return Error{ErrorCode::kFailedPrecondition,
                   "the experiment is deterministic: its trials depend on nothing but what they report, so they and "
                   "its limits cannot be changed"};
    }
    if (request_.verb == "set") return set(changes);
    if (request_.verb == "add-trial") return add(request_.config, std::nullopt, changes);
    if (request_.verb == "clone") return clone(request_.trials.front(), changes);
    if (request_.verb == "note") {
      const auto trial = request_.trials.empty() ? std::optional<TrialId>() : std::optional(request_.trials.front());
      changes.emplace_back(NoteAdded{trial, request_.text, now_});
      return std::string("noted");
    }
    std::string text;
    for (const TrialId trial : request_.trials) {
      MANTA_ASSIGN_OR_RETURN(const std::string line, change_trial(trial, changes));
      text += (text.empty() ? "" : "\n") + name_of(trial) + " " + line;
    }
    return text;
  }

 private:
  TrialStatus& status(TrialId trial) { return stored_.state.trials[static_cast<std::size_t>(trial.number)]; }

  Result<std::string> change_trial(TrialId trial, std::vector<Change>& changes) {
    TrialStatus& current = status(trial);
    const std::string state(to_string(current.state));
    if (request_.verb == "retry") {
      if (current.state != TrialState::kFailed) return refused(trial, "has not failed, it is " + state);
      current.retried = true;
      return change(current, TrialState::kPending, current.cause, "is tried again", changes);
    }
    if (is_ended(current.state)) return refused(trial, "has ended already: it is " + state);
    if (request_.verb == "kill")
      return refused(trial, "has no process, as nobody runs the experiment: manta stop ends it");
    if (request_.verb == "stop")
      return change(current, TrialState::kStopped, "stopped by the user", "is stopped", changes);
    const bool is_held = current.state == TrialState::kHeld;
    if (request_.verb == "pause" && is_held) return refused(trial, "is held already");
    if (request_.verb == "pause") return change(current, TrialState::kHeld, current.cause, "is paused", changes);
    if (!is_held) return refused(trial, "is not held by manta pause; --resume goes on with it");
    return change(current, TrialState::kPending, current.cause, "goes on", changes);
  }

  Result<std::string> change(TrialStatus& current, TrialState state, std::string cause, std::string text,
                             std::vector<Change>& changes) {
    current.state = state;
    current.cause = std::move(cause);
    changes.emplace_back(TrialChanged{current, now_});
    return text;
  }

  Result<std::string> clone(TrialId donor, std::vector<Change>& changes) {
    Config config = status(donor).config;
    for (const auto& [name, value] : request_.config.values()) config.set(name, value);
    MANTA_ASSIGN_OR_RETURN(ExperimentView view, ExperimentView::open(directory_));
    MANTA_ASSIGN_OR_RETURN(std::optional<Checkpoint> checkpoint, view.newest_checkpoint(donor));
    if (!checkpoint || checkpoint->bytes.empty()) {
      return refused(donor, "has no checkpoint to go on from: manta add-trial starts the configuration " +
                                config.to_json() + " from its beginning");
    }
    return add(config, std::move(checkpoint), changes);
  }

  Result<std::string> add(const Config& asked, std::optional<Checkpoint> checkpoint, std::vector<Change>& changes) {
    MANTA_ASSIGN_OR_RETURN(const TuneOptions options, stored_request());
    MANTA_ASSIGN_OR_RETURN(const Space space, parse_space(options.space));
    TrialStatus added;
    added.id = TrialId{static_cast<std::int64_t>(stored_.state.trials.size())};
    added.config = coerced(asked, space);
    added.by_hand = true;
    MANTA_RETURN_IF_ERROR(space.validate(added.config));
    std::string text = name_of(added.id) + " is added";
    changes.emplace_back(TrialChanged{added, now_});
    if (!checkpoint) return text;
    text +=
        ": a clone of " + name_of(request_.trials.front()) + " from iteration " + std::to_string(checkpoint->iteration);
    changes.emplace_back(CheckpointSaved{added.id, 0, *std::move(checkpoint), now_});
    return text;
  }

  Result<std::string> set(std::vector<Change>& changes) {
    MANTA_ASSIGN_OR_RETURN(TuneOptions options, stored_request());
    MANTA_ASSIGN_OR_RETURN(std::string text, set_options(request_.options, options, /*is_running=*/false));
    MANTA_ASSIGN_OR_RETURN(std::string spec, to_document(options));
    changes.emplace_back(SpecChanged{std::move(spec)});
    return text;
  }

  Result<TuneOptions> stored_request() const {
    RunRequest request;
    MANTA_RETURN_IF_ERROR(apply_document(stored_.spec.json, "the stored experiment", request));
    return request.tune;
  }

  const std::filesystem::path directory_;
  const ControlRequest& request_;
  StoredExperiment stored_;
  const WallTime now_;
};

}  // namespace

Result<std::string> command_file(const std::filesystem::path& directory, const ControlRequest& request) {
  const auto warn = [](const std::string& warning) { std::fprintf(stderr, "manta: warning: %s\n", warning.c_str()); };
  MANTA_ASSIGN_OR_RETURN(ResultStore store, ResultStore::open(directory, {.on_warning = warn}));
  MANTA_ASSIGN_OR_RETURN(StoredExperiment stored, store.load());
  std::vector<Change> changes;
  MANTA_ASSIGN_OR_RETURN(std::string text, FileCommand(directory, request, std::move(stored)).plan(changes));
  MANTA_RETURN_IF_ERROR(store.apply(changes));
  MANTA_RETURN_IF_ERROR(store.close());
  return text;
}

}  // namespace manta
