// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/recorded_source.h"

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "tune/cli/experiment_document.h"
#include "tune/loop/curve_table.h"
#include "tune/results/experiment_view.h"

namespace manta {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// The experiment that `path` is, or none: it is a file of another kind.
std::optional<fs::path> experiment_at(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return path;
  if (path.filename() != "experiment.db") return std::nullopt;
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

RecordedTrial::End end_of(TrialState state) {
  switch (state) {
    case TrialState::kCompleted: return RecordedTrial::End::kWhole;
    case TrialState::kFailed: return RecordedTrial::End::kFailed;
    case TrialState::kInfeasible: return RecordedTrial::End::kInfeasible;
    default: return RecordedTrial::End::kCut;
  }
}

// Without the word before it that the loop writes, which the simulation's loop writes again.
std::string cause_of(const TrialStatus& status) {
  for (const std::string_view word : {"infeasible: ", "task_failed: "}) {
    if (status.cause.starts_with(word)) return status.cause.substr(word.size());
  }
  return status.cause;
}

Result<std::vector<RecordedTrial>> trials_of_experiment(const fs::path& directory) {
  MANTA_ASSIGN_OR_RETURN(ExperimentView view, ExperimentView::open(directory));
  MANTA_ASSIGN_OR_RETURN(const std::vector<TrialRecord> records, view.trials());
  std::map<TrialId, std::map<std::int64_t, Report>> reports;  // By iteration; later attempts replace earlier ones.
  MANTA_RETURN_IF_ERROR(view.for_each_report({}, [&reports](const Report& report, WallTime) {
    reports[report.trial].insert_or_assign(report.iteration, report);
  }));
  std::vector<RecordedTrial> trials;
  for (const TrialRecord& record : records) {
    RecordedTrial trial{record.status.config, {}, end_of(record.status.state), cause_of(record.status)};
    double before = 0;
    for (auto& [iteration, report] : reports[record.status.id]) {
      trial.iterations.push_back({std::max(0.0, report.seconds - before), std::move(report.metrics)});
      before = report.seconds;
    }
    const bool says_nothing = trial.iterations.empty() && trial.end != RecordedTrial::End::kFailed &&
                              trial.end != RecordedTrial::End::kInfeasible;
    if (!says_nothing) trials.push_back(std::move(trial));
  }
  return trials;
}

// The domain that the values of one column span.
Json domain_of(const std::vector<Value>& values) {
  std::set<std::string> distinct;
  bool are_whole = true;
  bool are_numbers = true;
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const Value& value : values) {
    distinct.insert(to_json(value));
    const auto* whole = std::get_if<std::int64_t>(&value);
    const auto* real = std::get_if<double>(&value);
    are_whole = are_whole && whole != nullptr;
    are_numbers = are_numbers && (whole != nullptr || real != nullptr);
    if (!are_numbers) continue;
    low = std::min(low, whole != nullptr ? static_cast<double>(*whole) : *real);
    high = std::max(high, whole != nullptr ? static_cast<double>(*whole) : *real);
  }
  if (distinct.size() == 1) return Json::parse(*distinct.begin());
  if (!are_numbers) {
    Json choices = Json::array();
    for (const std::string& value : distinct) choices.push_back(Json::parse(value));
    return {{"choice", std::move(choices)}};
  }
  const bool log = low > 0 && high / low >= 1000;
  if (!are_whole) return log ? Json{{"float", {low, high}}, {"log", true}} : Json{{"float", {low, high}}};
  const Json range{static_cast<std::int64_t>(low), static_cast<std::int64_t>(high)};
  return log ? Json{{"int", range}, {"log", true}} : Json{{"int", range}};
}

std::string space_of(const CurveTable& table) {
  std::map<std::string, std::vector<Value>> columns;
  for (std::size_t row = 0; row < table.size(); ++row) {
    for (const auto& [name, value] : table.config(row).values()) columns[name].push_back(value);
  }
  Json space = Json::object();
  for (const auto& [name, values] : columns) space[Json::json_pointer("/" + name)] = domain_of(values);
  return space.dump();
}

TuneOptions without_the_real_run(TuneOptions options) {
  options.name = "simulation of " + options.name;
  options.searcher.clear();
  options.warm_start.reset();
  options.trainable.clear();
  options.command.clear();
  options.time_budget_seconds.reset();
  options.retry_wait_seconds = TuneOptions{}.retry_wait_seconds;
  options.seed = 0;
  return options;
}

}  // namespace

Result<std::vector<RecordedTrial>> read_recorded_trials(const fs::path& path, const std::string& metric) {
  if (const auto directory = experiment_at(path)) return trials_of_experiment(*directory);
  MANTA_ASSIGN_OR_RETURN(const CurveTable table, CurveTable::load(path));
  return recorded_trials(table, metric);
}

Result<TuneOptions> recorded_options(const fs::path& path) {
  RunRequest request;
  TuneOptions& options = request.tune;
  if (const auto directory = experiment_at(path)) {
    MANTA_ASSIGN_OR_RETURN(ExperimentView view, ExperimentView::open(*directory));
    MANTA_ASSIGN_OR_RETURN(const ExperimentSpec spec, view.spec());
    MANTA_RETURN_IF_ERROR(apply_document(spec.json, "the stored experiment", request));
  } else {
    MANTA_ASSIGN_OR_RETURN(const CurveTable table, CurveTable::load(path));
    options.name = path.filename().string();
    options.space = space_of(table);
  }
  MANTA_ASSIGN_OR_RETURN(const std::vector<RecordedTrial> trials, read_recorded_trials(path, options.metric));
  options = without_the_real_run(std::move(options));
  options.samples = std::max<std::int64_t>(1, static_cast<std::int64_t>(trials.size()));
  if (options.max_iterations) return options;
  std::size_t longest = 1;
  for (const RecordedTrial& trial : trials) longest = std::max(longest, trial.iterations.size());
  options.max_iterations = static_cast<std::int64_t>(longest);
  return options;
}

}  // namespace manta
