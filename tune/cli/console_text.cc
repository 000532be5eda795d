// SPDX-License-Identifier: Apache-2.0
// Words for trials.
#include "tune/cli/console_text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace manta {

namespace {

constexpr const char* kReset = "\x1b[0m";

const char* color_of(TrialState state) {
  switch (state) {
    case TrialState::kCompleted: return "\x1b[32m";
    case TrialState::kStopped:
    case TrialState::kInfeasible: return "\x1b[33m";
    case TrialState::kFailed: return "\x1b[31m";
    case TrialState::kInterrupted: return "\x1b[35m";
    case TrialState::kRunning: return "\x1b[36m";
    case TrialState::kPending:
    case TrialState::kPaused:
    case TrialState::kHeld: return "\x1b[2m";
  }
  return "";
}

std::string colored(const std::string& text, const char* color, const TextStyle& style) {
  return style.color ? color + text + kReset : text;
}

std::string iterations_text(std::int64_t iterations) {
  return std::to_string(iterations) + (iterations == 1 ? " iteration" : " iterations");
}

// "accuracy 0.95 after 10 iterations, 12.3 s"
std::string result_text(const TrialStatus& trial, const Objective& objective) {
  const std::string value = trial.value ? objective.metric + " " + metric_text(*trial.value) : "no report";
  return escape_control(value) + " after " + iterations_text(trial.iteration) + ", " + duration_text(trial.seconds);
}

std::string attempt_text(const TrialStatus& trial) {
  return trial.attempt > 1 ? " (attempt " + std::to_string(trial.attempt) + ")" : "";
}

double mean_trial_seconds(const Progress& progress) {
  double ended_seconds = 0;
  double pace = 0;  // Seconds per iteration, summed over trials.
  int ended = 0;
  int paced = 0;
  for (const TrialStatus& trial : progress.trials) {
    if (is_ended(trial.state)) {
      ended_seconds += trial.seconds;
      ++ended;
    } else if (trial.iteration > 0) {
      pace += trial.seconds / static_cast<double>(trial.iteration);
      ++paced;
    }
  }
  if (ended > 0) return ended_seconds / ended;
  if (paced > 0 && progress.max_iterations) return pace / paced * static_cast<double>(*progress.max_iterations);
  return std::nan("");
}

std::string best_text(const Progress& progress, const ExperimentLabel& label) {
  if (!progress.best) return "no " + escape_control(label.objective.metric) + " yet";
  for (const TrialStatus& trial : progress.trials) {
    if (trial.id != *progress.best || !trial.best_value) continue;
    return "best " + escape_control(label.objective.metric) + " " + metric_text(*trial.best_value) + " (trial " +
           to_string(trial.id) + ")  " + config_text(trial.config);
  }
  return "";
}

std::string ended_of_total(const Progress& progress, const TrialCounts& counts) {
  const std::string total = progress.max_trials ? " of " + std::to_string(*progress.max_trials) : "";
  return std::to_string(counts.ended()) + total + " trials ended";
}

std::string left_text(const Progress& progress) {
  const std::optional<double> left = estimate_seconds_left(progress);
  return left ? duration_text(*left) : "unknown";
}

std::string running_row(const TrialStatus& trial, const Objective& objective, const TextStyle& style) {
  const auto cell = [&](const std::string& text, int width) { return padded(text, width, style.utf8, true); };
  return cell(to_string(trial.id), 6) + "  " + cell(std::to_string(trial.iteration), 6) + "  " +
         cell(trial.value ? metric_text(*trial.value) : "-", metric_width(objective)) + "  " +
         cell(duration_text(trial.seconds), 9) + "  " + config_text(trial.config);
}

}  // namespace

TrialCounts count_trials(TrialsView trials) {
  TrialCounts counts;
  for (const TrialStatus& trial : trials) {
    switch (trial.state) {
      case TrialState::kPending: ++counts.pending; break;
      case TrialState::kRunning: ++counts.running; break;
      case TrialState::kPaused: ++counts.paused; break;
      case TrialState::kCompleted: ++counts.completed; break;
      case TrialState::kStopped: ++counts.stopped; break;
      case TrialState::kFailed: ++counts.failed; break;
      case TrialState::kInfeasible: ++counts.infeasible; break;
      case TrialState::kInterrupted: ++counts.interrupted; break;
      case TrialState::kHeld: ++counts.held; break;
    }
  }
  return counts;
}

std::string counts_text(const TrialCounts& counts) {
  std::string text;
  const auto add = [&](std::int64_t count, TrialState state) {
    if (count > 0) text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + std::string(to_string(state));
  };
  add(counts.running, TrialState::kRunning);
  add(counts.pending, TrialState::kPending);
  add(counts.paused, TrialState::kPaused);
  add(counts.held, TrialState::kHeld);
  add(counts.completed, TrialState::kCompleted);
  add(counts.stopped, TrialState::kStopped);
  add(counts.failed, TrialState::kFailed);
  add(counts.infeasible, TrialState::kInfeasible);
  add(counts.interrupted, TrialState::kInterrupted);
  return text.empty() ? "no trials" : text;
}

std::string config_text(const Config& config) {
  std::string text;
  for (const auto& [name, value] : config.values()) {
    const auto* word = std::get_if<std::string>(&value);
    const auto* number = std::get_if<double>(&value);
    text += (text.empty() ? "" : " ") + name + "=" +
            (word != nullptr     ? *word
             : number != nullptr ? metric_text(*number)
                                 : to_json(value));
  }
  return escape_control(text);
}

std::string metric_text(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.6g", value);
  return std::isnan(value) ? "nan" : buffer;  // printf may write "-nan".
}

std::string count_text(std::int64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string duration_text(double seconds) {
  char buffer[48];
  if (!(seconds >= 0) || seconds > 1e12) return "unknown";
  if (seconds < 60) {
    std::snprintf(buffer, sizeof buffer, "%.1f s", std::floor(seconds * 10) / 10);
    return buffer;
  }
  const auto whole = static_cast<long long>(seconds);
  if (whole < 3600) {
    std::snprintf(buffer, sizeof buffer, "%lld:%02lld", whole / 60, whole % 60);
  } else {
    std::snprintf(buffer, sizeof buffer, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
  }
  return buffer;
}

int metric_width(const Objective& objective) {
  return std::clamp(display_width(escape_control(objective.metric)), 12, 24);
}

std::string state_text(TrialState state, int width, const TextStyle& style) {
  const std::string word(to_string(state));
  return colored(padded(word, std::max(width, display_width(word)), style.utf8), color_of(state), style);
}

std::filesystem::path log_path(const std::filesystem::path& directory, TrialId trial, int attempt) {
  return directory / "logs" / to_string(trial) / (std::to_string(attempt) + ".log");
}

std::optional<double> estimate_seconds_left(const Progress& progress) {
  if (!progress.max_trials) return std::nullopt;
  const double mean = mean_trial_seconds(progress);
  if (std::isnan(mean)) return std::nullopt;
  const TrialCounts counts = count_trials(progress.trials);
  double spent = 0;
  for (const TrialStatus& trial : progress.trials) {
    // A running trial that is longer than the mean is taken to be about to end, and no credit for others.
    if (!is_ended(trial.state)) spent += std::min(trial.seconds, mean);
  }
  const double left = mean * static_cast<double>(*progress.max_trials - counts.ended()) - spent;
  return std::max(0.0, left) / std::max(1, progress.concurrency);
}

std::optional<std::string> event_line(const TrialStatus& trial, const ExperimentLabel& label, const TextStyle& style) {
  const std::string name = "trial " + to_string(trial.id);
  const std::string state = state_text(trial.state, 0, style);
  const std::string cause = escape_control(trial.cause);
  switch (trial.state) {
    case TrialState::kPending:
      if (trial.attempt == 0 || trial.cause.empty()) return std::nullopt;
      return name + " attempt " + std::to_string(trial.attempt) + " failed, to be tried again: " + cause;
    case TrialState::kRunning: return name + " started" + attempt_text(trial) + ": " + config_text(trial.config);
    case TrialState::kPaused:
    case TrialState::kHeld:
    case TrialState::kCompleted:
    case TrialState::kStopped:
    case TrialState::kInterrupted: return name + " " + state + ": " + result_text(trial, label.objective);
    case TrialState::kInfeasible: return name + " " + cause;  // Which begins with the state.
    case TrialState::kFailed:
      return name + " " + state + attempt_text(trial) + ": " + cause +
             "; log: " + escape_control(log_path(label.directory, trial.id, trial.attempt).string());
  }
  return std::nullopt;
}

std::string new_best_line(const TrialStatus& trial, const ExperimentLabel& label, const TextStyle& style) {
  const std::string value = trial.best_value ? metric_text(*trial.best_value) : "";
  const std::string text = "new best: " + escape_control(label.objective.metric) + " " + value;
  return colored(text, "\x1b[1m", style) + " (trial " + to_string(trial.id) + ")  " + config_text(trial.config);
}

std::vector<std::string> live_lines(const Progress& progress, const ExperimentLabel& label, const TextStyle& style) {
  const TrialCounts counts = count_trials(progress.trials);
  std::vector<std::string> lines;
  lines.push_back(escape_control(label.name) + "  " + ended_of_total(progress, counts) + "  elapsed " +
                  duration_text(to_seconds(progress.elapsed)) + "  left " + left_text(progress));
  lines.push_back(counts_text(counts));
  lines.push_back(best_text(progress, label));
  const auto room = static_cast<std::size_t>(std::max(1, style.height - 6));
  const auto running = static_cast<std::size_t>(counts.running);
  std::size_t shown = 0;
  for (const TrialStatus& trial : progress.trials) {
    if (trial.state != TrialState::kRunning || shown == room) continue;
    if (shown++ == 0) {
      lines.push_back(" trial    iter  " +
                      padded(escape_control(label.objective.metric), metric_width(label.objective), style.utf8, true) +
                      "       time  config");
    }
    lines.push_back(running_row(trial, label.objective, style));
  }
  if (running > shown) lines.push_back("  and " + std::to_string(running - shown) + " more");
  // One column is left free: a full line would wrap on some terminals, and the block be drawn over itself.
  for (std::string& line : lines) line = fit(line, style.width - 1, style.utf8);
  return lines;
}

std::string heartbeat_line(const Progress& progress, const ExperimentLabel& label) {
  const TrialCounts counts = count_trials(progress.trials);
  return ended_of_total(progress, counts) + ", " + counts_text(counts) + "; " + best_text(progress, label) +
         "; elapsed " + duration_text(to_seconds(progress.elapsed)) + ", left " + left_text(progress);
}

}  // namespace manta
