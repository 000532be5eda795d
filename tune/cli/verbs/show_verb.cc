// SPDX-License-Identifier: Apache-2.0
// manta show: an experiment, or some of its trials, in full.
#include <nlohmann/json.hpp>

#include "tune/cli/trial_front.h"
#include "tune/cli/verbs/experiment_words.h"
#include "tune/cli/verbs/verbs.h"

namespace manta::verbs {

namespace {

using Json = nlohmann::ordered_json;

std::string line(const std::string& name, const std::string& value) {
  return padded(name, 12, /*utf8=*/true) + escape_control(value) + "\n";
}

// The options that were asked for, one to a line, without the space.
std::string options_text(const Json& spec) {
  std::string text;
  if (!spec.is_object()) return text;
  for (const auto& [name, value] : spec.items()) {
    const bool is_goal = name == "metric" || name == "mode" || name == "metric_constraint";
    if (is_goal || name == "space" || name == "name") continue;
    text += "  " + padded(escape_control(name), 18, true) + " " +
            escape_control(value.is_string() ? value.get<std::string>() : value.dump()) + "\n";
  }
  return text;
}

std::string space_text(const Json& spec) {
  std::string text;
  if (!spec.is_object() || !spec.contains("space") || !spec["space"].is_object()) return text;
  for (const auto& [name, value] : spec["space"].items()) {
    text += "  " + padded(escape_control(name), 18, true) + " " + escape_control(value.dump()) + "\n";
  }
  return text;
}

// Of the experiment, all; of a trial, its own.
Result<std::string> notes_text(ExperimentView& view, std::optional<TrialId> trial) {
  std::string text;
  MANTA_ASSIGN_OR_RETURN(const std::vector<NoteRecord> notes, view.notes());
  for (const NoteRecord& note : notes) {
    if (trial && note.trial != trial) continue;
    const std::string about = note.trial && !trial ? " (trial " + to_string(*note.trial) + ")" : "";
    text += line("note", time_text(note.when) + about + " " + note.text);
  }
  return text;
}

std::string goal_lines(const ExperimentSpec& spec) {
  const auto goal = [](const Objective& objective) {
    const std::string better = objective.mode == Mode::kMax ? "larger" : "smaller";
    return line("objective", objective.metric + ", " + better + " is better");
  };
  std::string text = goal(spec.objective);
  for (const Objective& objective : spec.further.objectives) text += goal(objective);
  for (const MetricCondition& constraint : spec.further.constraints) text += line("constraint", constraint.text());
  return text;
}

// How well all metrics together are done so far.
Result<std::string> front_lines(ExperimentView& view, const std::vector<TrialRecord>& trials) {
  MANTA_ASSIGN_OR_RETURN(const TrialFront front, read_trial_front(view, trials));
  const std::string volumes = volumes_text(front);
  return (volumes.empty() ? "" : line("hypervolume", volumes)) +
         front_text(front, trials, front.members.size(), output_style());
}

Result<ExitCode> show_experiment(ExperimentView& view, const std::string& word) {
  MANTA_ASSIGN_OR_RETURN(const ExperimentSpec spec, view.spec());
  MANTA_ASSIGN_OR_RETURN(const std::vector<TrialRecord> trials, view.trials());
  MANTA_ASSIGN_OR_RETURN(const double seconds, view.elapsed_seconds());
  const std::optional<std::string> owner = experiment_owner(view.directory());
  const Json options = Json::parse(spec.json, nullptr, /*allow_exceptions=*/false);
  std::string text =
      line("experiment", spec.name) + line("directory", view.directory().string()) +
      line("state", standing(trials, owner.has_value()) + (owner ? ", by " + *owner : "")) +
      goal_lines(spec) + line("created", time_text(spec.created)) + line("has run", duration_text(seconds)) +
      line("trials", std::to_string(trials.size()) + (trials.empty() ? "" : ": " + counts_text(count_records(trials))));
  if (const auto best = best_index(trials, spec.objective)) {
    const TrialStatus& status = trials[*best].status;
    text += line("best", metric_text(*status.best_value) + " (trial " + to_string(status.id) + ")  " +
                             config_text(status.config));
  }
  std::string front;
  if (!spec.further.objectives.empty()) {
    MANTA_ASSIGN_OR_RETURN(front, front_lines(view, trials));
  }
  MANTA_ASSIGN_OR_RETURN(const std::string notes, notes_text(view, std::nullopt));
  text += front + notes + "space:\n" + space_text(options) + "asked for:\n" + options_text(options);
  if (!owner && standing(trials, false) == "interrupted") {
    text += "go on with: the program that ran it, --resume " + escape_control(word) + "\n";
  }
  MANTA_RETURN_IF_ERROR(print(text));
  return kExitOk;
}

Result<std::string> trial_text(ExperimentView& view, const TrialRecord& trial, const Metrics& metrics) {
  const TrialStatus& status = trial.status;
  std::string text = line("trial", to_string(status.id)) + line("state", std::string(to_string(status.state)));
  if (!status.cause.empty()) text += line("cause", status.cause);
  text += line("config", status.config.to_json()) + line("iterations", std::to_string(status.iteration)) +
          line("time", duration_text(status.seconds));
  if (status.best_value) text += line("best value", metric_text(*status.best_value));
  for (const auto& [name, value] : metrics) text += line("last", name + " " + metric_text(value));
  MANTA_ASSIGN_OR_RETURN(const std::vector<AttemptRecord> attempts, view.attempts(status.id));
  for (const AttemptRecord& attempt : attempts) {
    text += line("attempt " + std::to_string(attempt.attempt),
                 attempt.state + ", started " + time_text(attempt.started) +
                     (attempt.ended ? ", ended " + time_text(*attempt.ended) : "") +
                     (attempt.from_iteration > 0 ? ", from iteration " + std::to_string(attempt.from_iteration) : "") +
                     (attempt.slots > 1 ? ", on " + std::to_string(attempt.slots) + " slots" : "") +
                     (attempt.cause.empty() ? "" : ": " + attempt.cause));
    text += line("  log", log_path(view.directory(), status.id, attempt.attempt).string());
  }
  MANTA_ASSIGN_OR_RETURN(const std::vector<CheckpointRecord> checkpoints, view.checkpoints(status.id));
  for (const CheckpointRecord& checkpoint : checkpoints) {
    text += line("checkpoint", "iteration " + std::to_string(checkpoint.iteration) + ", " +
                                   std::to_string(checkpoint.bytes) + " bytes, " +
                                   (view.directory() / "checkpoints" / checkpoint.file).string());
  }
  MANTA_ASSIGN_OR_RETURN(const std::string notes, notes_text(view, status.id));
  return text + notes;
}

}  // namespace

Result<ExitCode> show(const VerbWords& words) {
  MANTA_ASSIGN_OR_RETURN(ExperimentView view, open_experiment(words.value("EXP")));
  if (!words.has("TRIAL")) return show_experiment(view, words.value("EXP"));
  MANTA_ASSIGN_OR_RETURN(const std::vector<TrialRecord> trials, view.trials());
  MANTA_ASSIGN_OR_RETURN(const auto metrics, view.last_metrics());
  std::string text;
  for (const std::string& word : words.values("TRIAL")) {
    MANTA_ASSIGN_OR_RETURN(const TrialRecord* trial, find_record(trials, word));
    const auto last = metrics.find(trial->status.id);
    MANTA_ASSIGN_OR_RETURN(const std::string one,
                           trial_text(view, *trial, last == metrics.end() ? Metrics() : last->second));
    text += (text.empty() ? "" : "\n") + one;
  }
  MANTA_RETURN_IF_ERROR(print(text));
  return kExitOk;
}

}  // namespace manta::verbs
