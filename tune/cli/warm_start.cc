// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/warm_start.h"

#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "tune/results/experiment_view.h"

namespace manta {

namespace {

// Why a trial is left out, most basic first; the order of the line.
enum class Reason { kNotEnded, kFailed, kNoValue, kOutside };

std::string words_of(Reason reason) {
  switch (reason) {
    case Reason::kNotEnded: return "not ended";
    case Reason::kFailed: return "failed";
    case Reason::kNoValue: return "without a finite value";
    case Reason::kOutside: return "outside of the space";
  }
  return "";
}

std::optional<Reason> reason_against(const TrialStatus& trial, const Space& space, std::string& detail) {
  if (!is_ended(trial.state)) return Reason::kNotEnded;
  if (trial.state == TrialState::kFailed) return Reason::kFailed;
  const bool has_value = trial.value && std::isfinite(*trial.value);
  if (!has_value && trial.state != TrialState::kInfeasible) return Reason::kNoValue;
  const Result<void> valid = space.validate(trial.config);
  if (valid) return std::nullopt;
  detail = valid.error().message;
  return Reason::kOutside;
}

Result<void> check_objective(const Objective& before, const Objective& now, const std::string& source) {
  if (before.metric == now.metric && before.mode == now.mode) return {};
  const auto text = [](const Objective& objective) {
    return "--metric " + objective.metric + " --mode " + std::string(mode_text(objective.mode));
  };
  return Error{ErrorCode::kInvalidArgument, "--warm-start: " + source + " has the objective " + text(before) +
                                                ", this experiment " + text(now) + ": its values mean something else"};
}

}  // namespace

WarmStart choose_warm_trials(std::vector<TrialStatus> trials, const std::string& source, const Space& space) {
  WarmStart warm;
  std::map<Reason, std::int64_t> left_out;
  std::string first_outside;
  for (TrialStatus& trial : trials) {
    std::string detail;
    const std::optional<Reason> reason = reason_against(trial, space, detail);
    if (reason) ++left_out[*reason];
    if (reason == Reason::kOutside && first_outside.empty())
      first_outside = " (trial " + to_string(trial.id) + ": " + detail + ")";
    if (!reason) warm.trials.push_back(std::move(trial));
  }
  warm.line = "warm start from " + source + ": " + std::to_string(warm.trials.size()) + " of " +
              std::to_string(trials.size()) + " trials";
  std::string reasons;
  for (const auto& [reason, count] : left_out) {
    reasons += (reasons.empty() ? "; left out are " : ", ") + std::to_string(count) + " " + words_of(reason);
    if (reason == Reason::kOutside) reasons += first_outside;
  }
  warm.line += reasons;
  return warm;
}

Result<WarmStart> read_warm_start(const std::filesystem::path& source, const Space& space, const Goals& goals) {
  const std::filesystem::path directory = source.filename() == "experiment.db" ? source.parent_path() : source;
  MANTA_ASSIGN_OR_RETURN(ExperimentView view, ExperimentView::open(directory.empty() ? "." : directory));
  MANTA_ASSIGN_OR_RETURN(const ExperimentSpec spec, view.spec());
  MANTA_RETURN_IF_ERROR(check_objective(spec.objective, goals.objective, source.string()));
  MANTA_ASSIGN_OR_RETURN(std::vector<TrialRecord> records, view.trials());
  std::vector<TrialStatus> trials;
  for (TrialRecord& record : records) trials.push_back(std::move(record.status));
  WarmStart warm = choose_warm_trials(std::move(trials), source.string(), space);
  if (!goals.further.empty()) {
    MANTA_ASSIGN_OR_RETURN(warm.metrics, view.objective_metrics());
  }
  return warm;
}

void tell_warm_start(const WarmStart& warm, Searcher& searcher) {
  for (std::size_t place = 0; place < warm.trials.size(); ++place) {
    const TrialStatus& trial = warm.trials[place];
    const bool is_infeasible = trial.state == TrialState::kInfeasible;
    const auto metrics = warm.metrics.find(trial.id);
    searcher.tell({.trial = TrialId{kFirstNumberOfBefore + static_cast<std::int64_t>(place)},
                   .config = trial.config,
                   .state = trial.state,
                   .iteration = trial.iteration,
                   .value = is_infeasible ? std::nullopt : trial.value,
                   .seconds = trial.seconds,
                   .metrics = metrics == warm.metrics.end() ? nullptr : &metrics->second});
  }
}

}  // namespace manta
