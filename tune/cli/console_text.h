// SPDX-License-Identifier: Apache-2.0
// Trials as lines of text: values in, text out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tune/cli/terminal.h"
#include "tune/loop/loop_observer.h"
#include "tune/trial/further_goals.h"
#include "tune/trial/objective.h"
#include "tune/trial/trial_status.h"

namespace manta {

/// What every line about an experiment needs to know.
struct ExperimentLabel {
  std::string name;
  Objective objective;
  std::filesystem::path directory;
  FurtherGoals further = {};
  bool has_repeats = false;  ///< The best goes by the mean of trials of one configuration (--repeat).
};

struct TrialCounts {
  std::int64_t pending = 0;
  std::int64_t running = 0;
  std::int64_t paused = 0;
  std::int64_t held = 0;
  std::int64_t completed = 0;
  std::int64_t stopped = 0;
  std::int64_t failed = 0;
  std::int64_t infeasible = 0;
  std::int64_t interrupted = 0;

  std::int64_t ended() const { return completed + stopped + failed + infeasible; }
  std::int64_t total() const { return ended() + pending + running + paused + held + interrupted; }
};

TrialCounts count_trials(TrialsView trials);

/// "2 running, 5 completed, 1 failed": states without trials are left out. "no trials" when there are none.
std::string counts_text(const TrialCounts& counts);

/// "lr=0.1 model/act=relu", on one line, to read: numbers have six significant digits.
std::string config_text(const Config& config);

/// Six significant digits: 0.0312346, nan, inf.
std::string metric_text(double value);

/// "12.3 s", "12:41", "1:02:03".
std::string duration_text(double seconds);
/// "1 trial", "3 trials".
std::string count_text(std::int64_t count, const std::string& what);

/// Columns for the objective's values below its name.
int metric_width(const Objective& objective);

/// The trial's state as a word, coloured when the style is, filled to `width`, never cut.
std::string state_text(TrialState state, int width, const TextStyle& style);

/// Where the output of an attempt is kept.
std::filesystem::path log_path(const std::filesystem::path& directory, TrialId trial, int attempt);

/// Seconds until all trials have ended, or none: unknown. The mean length of the ended trials, or of what the running
/// ones will take by their pace and max_iterations, times the trials to come, over the slots.
std::optional<double> estimate_seconds_left(const Progress& progress);

/// One line on what happened to `trial`: started, ended, failed an attempt. None: nothing to tell (it is new and
/// waits).
std::optional<std::string> event_line(const TrialStatus& trial, const ExperimentLabel& label, const TextStyle& style);
std::string new_best_line(const TrialStatus& trial, const ExperimentLabel& label, const TextStyle& style);

/// The live block: the experiment, its counts, the best trial, and a row per running trial, as many as fit. No line is
/// wider than the style.
std::vector<std::string> live_lines(const Progress& progress, const ExperimentLabel& label, const TextStyle& style);

/// One line on the whole: "5 of 32 trials ended, 2 running, best accuracy 0.95 (trial 3), 12:41, 3:10 left".
std::string heartbeat_line(const Progress& progress, const ExperimentLabel& label);

}  // namespace manta
