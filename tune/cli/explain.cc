// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/explain.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "integrations/command/command_template.h"
#include "tune/cli/summary.h"

namespace manta {

namespace {

// The fewest trials, or reports of a trial, from which a rule concludes anything.
constexpr std::size_t kFewTrials = 5;
constexpr std::size_t kFewReports = 8;
constexpr double kAlikeShare = 0.8;  // Of the failures that have one cause.
constexpr double kIdleShare = 0.15;  // Of the slots' time.
constexpr double kIdleSeconds = 10;  // Less is not worth a word.

std::string count_of(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string percent(double share) { return std::to_string(static_cast<int>(std::lround(100 * share))) + " %"; }

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Causes that differ only in numbers (process ids, addresses, iterations) are alike.
std::string without_numbers(const std::string& cause) {
  std::string text;
  for (const char c : cause) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit) text += c;
    if (is_digit && !text.ends_with('#')) text += '#';
  }
  return text;
}

/// Most failures have one cause: it is not the trials' values.
std::optional<Finding> failures_alike(const ExplainInput& input) {
  std::map<std::string, std::vector<const TrialStatus*>> by_cause;
  std::size_t failed = 0;
  for (const TrialStatus& trial : input.trials) {
    if (trial.state != TrialState::kFailed) continue;
    ++failed;
    by_cause[without_numbers(trial.cause)].push_back(&trial);
  }
  if (failed < 2) return std::nullopt;
  const auto most = std::ranges::max_element(by_cause, {}, [](const auto& entry) { return entry.second.size(); });
  const std::vector<const TrialStatus*>& alike = most->second;
  if (static_cast<double>(alike.size()) < kAlikeShare * static_cast<double>(failed)) return std::nullopt;
  const TrialStatus& first = *alike.front();
  const std::string directory = shell_quoted(input.label.directory.string());
  return Finding{
      std::to_string(alike.size()) + " of " + count_of(failed, "failed trial") + " ended alike: " + first.cause,
      "It is hardly their values: read " + log_path(input.label.directory, first.id, first.attempt).string() +
          ", mend what is wrong, then manta retry " + directory + " --failed and --resume."};
}

/// Ended, but without one finite value of the objective: time that taught nothing.
std::optional<Finding> void_trials(const ExplainInput& input) {
  std::size_t ended = 0;
  double seconds = 0;
  std::vector<const TrialStatus*> empty;
  for (const TrialStatus& trial : input.trials) {
    const bool is_over = trial.state == TrialState::kCompleted || trial.state == TrialState::kStopped;
    if (!is_over) continue;
    ++ended;
    if (trial.best_value) continue;
    empty.push_back(&trial);
    seconds += trial.seconds;
  }
  if (empty.empty()) return std::nullopt;
  return Finding{std::to_string(empty.size()) + " of " + count_of(ended, "trial") + " that ended never had a finite " +
                     input.label.objective.metric +
                     (input.label.further.constraints.empty() ? "" : " that keeps the constraints") +
                     ", the first is trial " + to_string(empty.front()->id) +
                     "; together they ran " + duration_text(seconds),
                 "If it is NaN, narrow the space where it becomes so (manta trials --where 'value != 0' shows the "
                 "configurations), or end such trials with --non-finite stop."};
}

/// The best configuration is at the end of a range.
std::optional<Finding> at_bound(const ExplainInput& input) {
  const std::vector<std::string> lines = best_at_bound(input.trials, input.space, input.label.objective);
  if (lines.empty()) return std::nullopt;
  std::string places;
  for (const std::string& line : lines) places += (places.empty() ? "" : ", ") + line;
  return Finding{"the best configuration lies on a bound of the space: " + places,
                 "Widen the range on that side; the optimum may lie beyond it."};
}

/// A parameter that could take several values had one only.
std::vector<Finding> never_varied(const ExplainInput& input) {
  std::vector<Finding> findings;
  for (const Parameter& parameter : input.space.parameters()) {
    const bool can_vary = value_at(parameter.domain, 0.001) != value_at(parameter.domain, 0.999);
    std::set<std::string> values;
    std::size_t count = 0;
    for (const TrialStatus& trial : input.trials) {
      const auto found = trial.config.values().find(parameter.name);
      if (found == trial.config.values().end()) continue;
      values.insert(to_json(found->second));
      ++count;
    }
    if (!can_vary || count < kFewTrials || values.size() != 1) continue;
    findings.push_back({parameter.name + " was " + *values.begin() + " in all " + count_of(count, "trial") +
                            ", though the space allows others",
                        "Nothing is known of its effect: run more samples, or make it a constant."});
  }
  return findings;
}

/// How far a trial's reports jump from the trend, in the last half of its curve: a report against the mean of the one
/// before and the one behind it, so that a steady way down is no noise. Of normal noise the median of that is 0.826
/// standard deviations.
std::optional<double> noise_of(const std::vector<double>& curve) {
  if (curve.size() < kFewReports) return std::nullopt;
  std::vector<double> jumps;
  for (std::size_t index = curve.size() / 2 + 1; index + 1 < curve.size(); ++index)
    jumps.push_back(std::abs(curve[index] - (curve[index - 1] + curve[index + 1]) / 2));
  return median(std::move(jumps)) / 0.826;
}

/// The objective jumps by more than what separates the best trials.
std::optional<Finding> noise(const ExplainInput& input) {
  std::map<TrialId, std::vector<double>> curves;
  for (const Report& report : input.reports) {
    const std::optional<double> value = report.metrics.find(input.label.objective.metric);
    if (value && std::isfinite(*value)) curves[report.trial].push_back(*value);
  }
  std::vector<double> noises;
  for (const auto& [trial, curve] : curves)
    if (const auto one = noise_of(curve)) noises.push_back(*one);
  std::vector<double> scores;
  for (const TrialStatus& trial : input.trials)
    if (trial.best_value) scores.push_back(input.label.objective.score(*trial.best_value));
  if (noises.size() < kFewTrials || scores.size() < kFewTrials) return std::nullopt;
  const double typical = median(std::move(noises));
  std::ranges::sort(scores, std::greater<>());
  const auto within = static_cast<std::size_t>(
      std::ranges::count_if(scores, [&](double score) { return scores.front() - score <= typical; }));
  if (typical == 0 || within < 3) return std::nullopt;
  return Finding{input.label.objective.metric + " jumps by about " + metric_text(typical) +
                     " about its trend from report to report, and the best " + std::to_string(within) +
                     " trials lie within that of each other",
                 "Which of them is best is chance: report an average over more data, or run the best ones again with "
                 "other seeds (manta add-trial) before you choose."};
}

/// How many slots the attempts had at the same time at most.
int most_at_once(const std::vector<AttemptRecord>& attempts) {
  std::vector<std::pair<WallTime, int>> steps;
  for (const AttemptRecord& attempt : attempts) {
    if (!attempt.ended) continue;
    steps.emplace_back(attempt.started, attempt.slots);
    steps.emplace_back(*attempt.ended, -attempt.slots);
  }
  std::ranges::sort(steps);
  int running = 0;
  int most = 0;
  for (const auto& [when, step] : steps) most = std::max(most, running += step);
  return most;
}

/// Slots stood empty.
std::optional<Finding> idle_slots(const ExplainInput& input) {
  double busy = 0;
  for (const AttemptRecord& attempt : input.attempts) {
    if (!attempt.ended) continue;
    busy += attempt.slots * to_seconds(std::chrono::duration_cast<Duration>(*attempt.ended - attempt.started));
  }
  const int slots = input.concurrency > 0 ? input.concurrency : most_at_once(input.attempts);
  const double capacity = slots * input.elapsed_seconds;
  if (capacity <= 0 || input.trials.size() < kFewTrials) return std::nullopt;
  const double idle = capacity - busy;
  if (idle < kIdleSeconds || idle < kIdleShare * capacity) return std::nullopt;
  const int most = most_at_once(input.attempts);
  const std::string advice =
      most < slots
          ? "No more than " + std::to_string(most) + " ever ran at once: --concurrency " + std::to_string(slots) +
                " is more than the machine has room for, or than there were trials."
          : "The last trials may have run alone (take samples as a multiple of the slots, a scheduler that stops "
            "stragglers, or --grow-every), or trials are so short that starting them counts (let one process run "
            "several: "
            "reset()).";
  return Finding{"slots stood idle for " + percent(idle / capacity) + " of their time: " + duration_text(idle) +
                     " of " + duration_text(capacity) + " on " + count_of(static_cast<std::size_t>(slots), "slot"),
                 advice};
}

}  // namespace

std::vector<Finding> explain(const ExplainInput& input) {
  std::vector<Finding> findings;
  const auto add = [&](std::optional<Finding> finding) {
    if (finding) findings.push_back(*std::move(finding));
  };
  add(failures_alike(input));
  add(void_trials(input));
  add(at_bound(input));
  for (Finding& finding : never_varied(input)) findings.push_back(std::move(finding));
  add(noise(input));
  add(idle_slots(input));
  return findings;
}

}  // namespace manta
