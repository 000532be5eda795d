// SPDX-License-Identifier: Apache-2.0
// manta trials, manta best: trials of one experiment, filtered and sorted.
#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "tune/cli/experiment_document.h"
#include "tune/cli/internal/option_values.h"
#include "tune/cli/repeated_best.h"
#include "tune/cli/trial_filter.h"
#include "tune/cli/trial_front.h"
#include "tune/cli/verbs/experiment_words.h"
#include "tune/cli/verbs/trial_fields.h"
#include "tune/cli/verbs/trial_json.h"
#include "tune/cli/verbs/verbs.h"

namespace manta::verbs {

namespace {

constexpr std::int64_t kDefaultRows = 20;

Result<TrialFields> read_fields(ExperimentView& view) {
  MANTA_ASSIGN_OR_RETURN(std::vector<TrialRecord> trials, view.trials());
  MANTA_ASSIGN_OR_RETURN(auto metrics, view.last_metrics());
  return TrialFields(std::move(trials), std::move(metrics));
}

std::vector<TrialStatus> statuses_of(const TrialFields& fields) {
  std::vector<TrialStatus> statuses;
  for (const TrialRecord& trial : fields.trials()) statuses.push_back(trial.status);
  return statuses;
}

Result<std::vector<const TrialRecord*>> select(const TrialFields& fields, const VerbWords& words) {
  std::vector<const TrialRecord*> rows;
  if (!words.has("where")) {
    for (const TrialRecord& trial : fields.trials()) rows.push_back(&trial);
    return rows;
  }
  MANTA_ASSIGN_OR_RETURN(const TrialFilter filter, TrialFilter::parse(words.value("where")));
  if (!fields.trials().empty()) {
    for (const std::string& name : filter.names()) MANTA_RETURN_IF_ERROR(fields.check_name(name));
  }
  for (const TrialRecord& trial : fields.trials()) {
    if (filter.matches([&](std::string_view name) { return fields.find(trial, name); })) rows.push_back(&trial);
  }
  return rows;
}

// A total order over values: numbers, then texts; NaN after all numbers.
struct SortKey {
  int kind = 2;  // 0: number, 1: text, 2: none, whichever way is up.
  double number = 0;
  std::string text;
};

SortKey key_of(const std::optional<Value>& value) {
  if (!value) return {};
  if (const auto* text = std::get_if<std::string>(&*value)) return {.kind = 1, .text = *text};
  double number = 0;
  if (const auto* real = std::get_if<double>(&*value)) number = *real;
  if (const auto* whole = std::get_if<std::int64_t>(&*value)) number = static_cast<double>(*whole);
  if (const auto* is_true = std::get_if<bool>(&*value)) number = *is_true ? 1 : 0;
  if (std::isnan(number)) return {};
  return {.kind = 0, .number = number};
}

// Which way is better by what --sort names; none: it is no objective.
std::optional<Mode> mode_of(const std::string& name, const ExperimentSpec& spec) {
  if (name == "value" || name == "best_value" || name == spec.objective.metric) return spec.objective.mode;
  const auto further = std::ranges::find(spec.further.objectives, name, &Objective::metric);
  return further == spec.further.objectives.end() ? std::nullopt : std::optional(further->mode);
}

// By the name of --sort: rising, but an objective's values the best first; without a value last either way.
void sort_rows(std::vector<const TrialRecord*>& rows, const TrialFields& fields, const std::string& name, bool reverse,
               const ExperimentSpec& spec) {
  const bool falls = (mode_of(name, spec) == Mode::kMax) != reverse;
  std::vector<std::pair<SortKey, const TrialRecord*>> keyed;
  keyed.reserve(rows.size());
  for (const TrialRecord* row : rows) keyed.emplace_back(key_of(fields.find(*row, name)), row);
  std::ranges::stable_sort(keyed, [falls](const auto& a, const auto& b) {
    const SortKey& left = a.first;
    const SortKey& right = b.first;
    if (left.kind == 2 || right.kind == 2) return left.kind < right.kind;
    const auto is_less = [](const SortKey& x, const SortKey& y) {
      return std::tie(x.kind, x.number, x.text) < std::tie(y.kind, y.number, y.text);
    };
    return falls ? is_less(right, left) : is_less(left, right);
  });
  std::ranges::transform(keyed, rows.begin(), [](const auto& each) { return each.second; });
}

std::string table_row(const TrialRecord& trial, const Objective& objective, const TextStyle& style) {
  const TrialStatus& status = trial.status;
  const auto cell = [&](const std::string& text, int width) { return padded(text, width, style.utf8, true); };
  const auto number = [](const std::optional<double>& value) { return value ? metric_text(*value) : "-"; };
  constexpr int kStateWidth = 11;
  const std::string left = cell(to_string(status.id), 6) + "  ";
  const std::string middle = "  " + cell(number(status.best_value), metric_width(objective)) + "  " +
                             cell(number(status.value), 11) + "  " + cell(std::to_string(status.iteration), 5) + "  " +
                             cell(duration_text(status.seconds), 9) + "  ";
  const int used = display_width(left) + kStateWidth + display_width(middle);
  const bool failed = status.state == TrialState::kFailed || status.state == TrialState::kInfeasible;
  const std::string rest =
      config_text(status.config) + (failed && !status.cause.empty() ? "  " + escape_control(status.cause) : "");
  return left + state_text(status.state, kStateWidth, style) + middle +
         fit(rest, std::max(20, style.width - used - 1), style.utf8) + "\n";
}

std::string table(const std::vector<const TrialRecord*>& rows, std::size_t shown, const Objective& objective,
                  const TextStyle& style) {
  if (rows.empty()) return "no trials\n";
  std::string text = " trial  state        " +
                     padded(escape_control(objective.metric), metric_width(objective), style.utf8, true) +
                     "         last   iter       time  config\n";
  for (std::size_t index = 0; index < shown; ++index) text += table_row(*rows[index], objective, style);
  if (shown < rows.size()) text += "  and " + std::to_string(rows.size() - shown) + " more (--all shows them)\n";
  return text;
}

// The Pareto front, a trial to a line.
Result<ExitCode> best_of_several(ExperimentView& view, const TrialFields& fields, const VerbWords& words) {
  MANTA_ASSIGN_OR_RETURN(const TrialFront front, read_trial_front(view, fields.trials()));
  if (front.members.empty()) {
    return Error{ErrorCode::kTaskFailed, "no trial has all metrics finite and keeps the constraints yet; manta trials" +
                                             (" " + escape_control(words.value("EXP"))) + " shows all"};
  }
  std::string text;
  for (const TrialFront::Member& member : front.members) {
    const TrialRecord& trial = fields.trials()[member.place];
    if (words.has("config")) text += trial.status.config.to_json() + "\n";
    if (words.has("json")) text += trial_json(fields, trial) + "\n";
  }
  if (text.empty()) text = front_text(front, fields.trials(), front.members.size(), output_style());
  MANTA_RETURN_IF_ERROR(print(text));
  return kExitOk;
}

}  // namespace

Result<ExitCode> trials(const VerbWords& words) {
  MANTA_ASSIGN_OR_RETURN(ExperimentView view, open_experiment(words.value("EXP")));
  MANTA_ASSIGN_OR_RETURN(const ExperimentSpec spec, view.spec());
  MANTA_ASSIGN_OR_RETURN(const TrialFields fields, read_fields(view));
  MANTA_ASSIGN_OR_RETURN(std::vector<const TrialRecord*> rows, select(fields, words));
  const bool is_json = words.has("json");
  const std::string sort = words.has("sort") ? words.value("sort") : is_json ? "trial" : "best_value";
  if (!fields.trials().empty()) MANTA_RETURN_IF_ERROR(fields.check_name(sort));
  sort_rows(rows, fields, sort, words.has("reverse"), spec);
  std::int64_t limit = is_json || words.has("all") ? std::numeric_limits<std::int64_t>::max() : kDefaultRows;
  if (words.has("limit")) {
    Result<std::int64_t> asked = internal::parse_integer<std::int64_t>(words.value("limit"), 1);
    if (!asked) return Error{ErrorCode::kInvalidArgument, "--limit: " + asked.error().message};
    limit = *asked;
  }
  const std::size_t shown = std::min(rows.size(), static_cast<std::size_t>(limit));
  if (!is_json) {
    MANTA_RETURN_IF_ERROR(print(table(rows, shown, spec.objective, output_style())));
    return kExitOk;
  }
  std::string text = "[";
  for (std::size_t index = 0; index < shown; ++index) {
    text += (index == 0 ? "\n" : ",\n") + trial_json(fields, *rows[index]);
  }
  MANTA_RETURN_IF_ERROR(print(text + "\n]\n"));
  return kExitOk;
}

namespace {

// Where --repeat asked for it, the configuration with the best mean; its first trial stands for it.
Result<std::optional<RepeatedBest>> repeated_best(const ExperimentSpec& spec, const TrialFields& fields) {
  RunRequest request;
  MANTA_RETURN_IF_ERROR(apply_document(spec.json, "the stored experiment", request));
  if (request.tune.repeat == 1) return std::optional<RepeatedBest>();
  return best_of_repeated(statuses_of(fields), spec.objective);
}

}  // namespace

Result<ExitCode> best(const VerbWords& words) {
  MANTA_ASSIGN_OR_RETURN(ExperimentView view, open_experiment(words.value("EXP")));
  MANTA_ASSIGN_OR_RETURN(const ExperimentSpec spec, view.spec());
  MANTA_ASSIGN_OR_RETURN(const TrialFields fields, read_fields(view));
  if (!spec.further.objectives.empty()) return best_of_several(view, fields, words);
  MANTA_ASSIGN_OR_RETURN(const std::optional<RepeatedBest> repeated, repeated_best(spec, fields));
  const std::optional<std::size_t> index =
      repeated ? std::optional(repeated->places.front()) : best_index(fields.trials(), spec.objective);
  if (!index) {
    return Error{ErrorCode::kTaskFailed, "no trial has a finite " + escape_control(spec.objective.metric) +
                                             " yet; manta trials " + escape_control(words.value("EXP")) + " shows all"};
  }
  const TrialRecord& trial = fields.trials()[*index];
  std::string text = escape_control(spec.objective.metric) + ": " + to_json(Value(*trial.status.best_value)) +
                     " (trial " + to_string(trial.status.id) + ", " + std::string(to_string(trial.status.state)) +
                     ")\n" + trial.status.config.to_json() + "\n";
  if (repeated) {
    text = escape_control(spec.objective.metric) + ": " + text_of(*repeated, statuses_of(fields)) + "\n" +
           trial.status.config.to_json() + "\n";
  }
  if (words.has("config")) text = trial.status.config.to_json() + "\n";
  if (words.has("json")) text = trial_json(fields, trial) + "\n";
  MANTA_RETURN_IF_ERROR(print(text));
  return kExitOk;
}

}  // namespace manta::verbs
