// SPDX-License-Identifier: Apache-2.0
// manta export: trials or reports for other programs, or all of it as a figure.
#include <cerrno>
#include <cstdio>
#include <memory>
#include <set>

#include "tune/cli/figure/experiment_figure.h"
#include "tune/cli/verbs/experiment_words.h"
#include "tune/cli/verbs/figure_export.h"
#include "tune/cli/verbs/trial_fields.h"
#include "tune/cli/verbs/trial_json.h"
#include "tune/cli/verbs/verbs.h"

namespace manta::verbs {

namespace {

// Where rows go: a file that is whole or not there, or standard output.
class Output {
 public:
  static Result<Output> open(const std::string& path) {
    Output output;
    output.path_ = path;
    if (path.empty()) return output;
    output.file_.reset(std::fopen(output.temporary().c_str(), "wbe"));
    if (!output.file_) return system_error("writing " + path, errno);
    return output;
  }

  void write(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stream()); }

  Result<void> close() {
    const bool is_whole = std::fflush(stream()) == 0 && std::ferror(stream()) == 0;
    if (!is_whole) return system_error("writing " + (path_.empty() ? "to standard output" : path_), errno);
    if (path_.empty()) return {};
    file_.reset();
    if (std::rename(temporary().c_str(), path_.c_str()) != 0) return system_error("writing " + path_, errno);
    return {};
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::FILE* stream() const { return file_ ? file_.get() : stdout; }
  std::string temporary() const { return path_ + ".part"; }

  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
};

using Cells = std::vector<std::optional<Value>>;

std::string csv_line(const Cells& cells) {
  std::string line;
  for (std::size_t index = 0; index < cells.size(); ++index) line += (index == 0 ? "" : ",") + csv_cell(cells[index]);
  return line + "\n";
}

std::optional<Value> optional_text(const std::optional<WallTime>& time) {
  return time ? std::optional<Value>(time_text(*time)) : std::nullopt;
}

std::optional<Value> optional_number(const std::optional<double>& number) {
  return number ? std::optional<Value>(*number) : std::nullopt;
}

void write_trials(const TrialFields& fields, bool csv, Output& output) {
  const std::vector<std::string> fixed{"trial",   "state", "cause",      "attempts", "iterations",
                                       "seconds", "value", "best_value", "started",  "ended"};
  if (csv) {
    Cells header(fixed.begin(), fixed.end());
    for (const std::string& name : fields.parameter_names()) header.emplace_back("config/" + name);
    for (const std::string& name : fields.metric_names()) header.emplace_back("metric/" + name);
    output.write(csv_line(header));
  }
  for (const TrialRecord& trial : fields.trials()) {
    if (!csv) {
      output.write(trial_json(fields, trial) + "\n");
      continue;
    }
    Cells cells;
    for (const std::string& name : fixed) {
      cells.push_back(name == "started" ? optional_text(trial.started)
                      : name == "ended" ? optional_text(trial.ended)
                                        : fields.find(trial, name));
    }
    const auto& values = trial.status.config.values();
    for (const std::string& name : fields.parameter_names()) {
      const auto found = values.find(name);
      cells.push_back(found == values.end() ? std::nullopt : std::optional(found->second));
    }
    for (const std::string& name : fields.metric_names()) {
      cells.push_back(optional_number(fields.metrics_of(trial).find(name)));
    }
    output.write(csv_line(cells));
  }
}

Result<void> write_results(ExperimentView& view, bool csv, Output& output) {
  if (!csv) {
    return view.for_each_report(
        {}, [&](const Report& report, WallTime when) { output.write(report_json(report, when) + "\n"); });
  }
  // Read twice, so that the columns are known before the first row and no report waits in memory.
  std::set<std::string> names;
  MANTA_RETURN_IF_ERROR(view.for_each_report({}, [&](const Report& report, WallTime) {
    for (const auto& [name, value] : report.metrics) names.insert(name);
  }));
  Cells header{"trial", "attempt", "iteration", "seconds", "reported"};
  for (const std::string& name : names) header.emplace_back("metric/" + name);
  output.write(csv_line(header));
  return view.for_each_report({}, [&](const Report& report, WallTime when) {
    Cells cells{report.trial.number, std::int64_t{report.attempt}, report.iteration, report.seconds, time_text(when)};
    for (const std::string& name : names) cells.push_back(optional_number(report.metrics.find(name)));
    output.write(csv_line(cells));
  });
}

}  // namespace

Result<ExitCode> export_experiment(const VerbWords& words) {
  if (words.has("csv") + words.has("jsonl") + words.has("svg") != 1) {
    return Error{ErrorCode::kInvalidArgument, "export as what? One of --csv, --jsonl and --svg"};
  }
  if (words.has("svg") && words.has("results")) {
    return Error{ErrorCode::kInvalidArgument, "--results is about rows, those of --csv and --jsonl"};
  }
  MANTA_ASSIGN_OR_RETURN(ExperimentView view, open_experiment(words.value("EXP")));
  MANTA_ASSIGN_OR_RETURN(Output output, Output::open(words.value("output")));
  if (words.has("svg")) {
    MANTA_ASSIGN_OR_RETURN(const figure::FigureInput input, gather_figure(view));
    output.write(to_svg(figure::experiment_figure(input)));
  } else if (words.has("results")) {
    MANTA_RETURN_IF_ERROR(write_results(view, words.has("csv"), output));
  } else {
    MANTA_ASSIGN_OR_RETURN(std::vector<TrialRecord> trials, view.trials());
    MANTA_ASSIGN_OR_RETURN(auto metrics, view.last_metrics());
    write_trials(TrialFields(std::move(trials), std::move(metrics)), words.has("csv"), output);
  }
  MANTA_RETURN_IF_ERROR(output.close());
  return kExitOk;
}

}  // namespace manta::verbs
