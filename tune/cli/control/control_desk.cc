// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/control/control_desk.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/escape_control.h"
#include "tune/cli/experiment_document.h"
#include "tune/results/experiment_view.h"

namespace manta {

namespace {

using Action = TrialCommand::Action;

const std::map<std::string, Action, std::less<>> kActions{{"stop", Action::kStop},
                                                          {"kill", Action::kKill},
                                                          {"pause", Action::kHold},
                                                          {"resume", Action::kRelease},
                                                          {"retry", Action::kRetry}};

// For the console, where a message is one line.
std::string on_one_line(std::string_view lines) {
  std::string line;
  for (const char c : lines) line += c == '\n' ? std::string("; ") : std::string(1, c);
  return line;
}

}  // namespace

ControlDesk::ControlDesk(Setup setup, TuneLoop& loop)
    : setup_(std::move(setup)),
      loop_(loop),
      has_grid_(setup_.experiment.searcher->size().has_value()),
      options_(setup_.experiment.options) {}

void ControlDesk::handle(const std::string& line, ControlServer::Reply reply) {
  const CommandDone done = [reply = std::move(reply)](const Result<std::string>& result) {
    reply(answer_json(result));
  };
  Result<ControlRequest> request = parse_control_request(line);
  const Result<void> begun = request ? begin(*request, done) : Result<void>(request.error());
  if (!begun) done(begun.error());
}

Result<void> ControlDesk::begin(const ControlRequest& request, const CommandDone& done) {
  if (const auto action = kActions.find(request.verb); action != kActions.end())
    return begin_trials(request, action->second, done);
  const Space& space = *setup_.experiment.space;
  if (request.verb == "add-trial") {
    loop_.post(AddTrial{.config = coerced(request.config, space)}, done);
  } else if (request.verb == "clone" && request.trials.size() == 1) {
    const TrialId donor = request.trials.front();
    loop_.post(
        AddTrial{.config = coerced(request.config, space), .donor = donor, .checkpoint = stored_checkpoint(donor)},
        done);
  } else if (request.verb == "note") {
    const auto trial = request.trials.empty() ? std::optional<TrialId>() : std::optional(request.trials.front());
    loop_.post(AddNote{trial, request.text}, done);
  } else if (request.verb == "set") {
    return begin_set(request, done);
  } else {
    return Error{ErrorCode::kIncompatible, "the experiment's program does not know the command \"" +
                                               escape_control(request.verb) + "\": it is of another version"};
  }
  return {};
}

Result<void> ControlDesk::begin_trials(const ControlRequest& request, Action action, const CommandDone& done) {
  TrialCommand command{.action = action, .trials = request.trials};
  if (action == Action::kRetry) {
    for (const TrialId trial : request.trials)
      if (auto saved = stored_checkpoint(trial)) command.checkpoints.emplace(trial, *std::move(saved));
  }
  loop_.post(std::move(command), done);
  return {};
}

Result<void> ControlDesk::begin_set(const ControlRequest& request, const CommandDone& done) {
  TuneOptions options;
  {
    const std::lock_guard lock(mutex_);
    options = options_;
  }
  MANTA_ASSIGN_OR_RETURN(std::string text, set_options(request.options, options, /*is_running=*/true));
  MANTA_ASSIGN_OR_RETURN(std::string spec, to_document(options));
  ChangeLimits command{setup_.experiment.loop, std::move(spec)};
  LoopOptions& loop = command.options;
  loop.concurrency = options.concurrency == 0 ? setup_.slots : options.concurrency;
  loop.max_trials = options.samples * (has_grid_ ? setup_.experiment.space->grid_size() : 1);
  take_limits(options, loop);
  if (loop.concurrency > setup_.slots)
    text += "\nthere is room for " + std::to_string(setup_.slots) + " trials at once, and no more";
  loop_.post(std::move(command), [this, options, text, done](const Result<std::string>& result) {
    if (!result) return done(result.error());
    {
      const std::lock_guard lock(mutex_);
      options_ = options;
    }
    setup_.announce("the user has set: " + on_one_line(text));
    done(text);
  });
  return {};
}

std::optional<Checkpoint> ControlDesk::stored_checkpoint(TrialId trial) const {
  Result<ExperimentView> view = ExperimentView::open(setup_.directory);
  if (!view) return std::nullopt;
  Result<std::optional<Checkpoint>> read = view->newest_checkpoint(trial);
  return read ? *std::move(read) : std::nullopt;
}

}  // namespace manta
