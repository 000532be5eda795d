// SPDX-License-Identifier: Apache-2.0
// The end of an experiment in words.
#include "tune/cli/summary.h"

#include <algorithm>
#include <cmath>

#include "integrations/command/command_template.h"
#include "tune/cli/repeated_best.h"

namespace manta {

namespace {

constexpr std::size_t kTableRows = 10;
// Of the range of a continuous parameter: nearer to its end than this is on it.
constexpr double kBoundShare = 0.01;

// Best first; trials without a value last; of equals, the first. A total order, whatever the values.
std::vector<const TrialStatus*> ranked(TrialsView trials, const Objective& objective) {
  std::vector<const TrialStatus*> order;
  for (const TrialStatus& trial : trials) order.push_back(&trial);
  std::ranges::stable_sort(order, [&](const TrialStatus* a, const TrialStatus* b) {
    if (a->best_value.has_value() != b->best_value.has_value()) return a->best_value.has_value();
    return a->best_value && objective.score(*a->best_value) > objective.score(*b->best_value);
  });
  return order;
}

std::string table_row(const TrialStatus& trial, const Objective& objective, const TextStyle& style) {
  const auto cell = [&](const std::string& text, int width) { return padded(text, width, style.utf8, true); };
  const std::string left = cell(to_string(trial.id), 6) + "  ";
  const std::string middle =
      "  " + cell(trial.best_value ? metric_text(*trial.best_value) : "-", metric_width(objective)) + "  " +
      cell(std::to_string(trial.iteration), 5) + "  " + cell(duration_text(trial.seconds), 9) + "  ";
  constexpr int kStateWidth = 11;
  const int used = display_width(left) + kStateWidth + display_width(middle);
  // However narrow the window, some of the configuration stands in its row.
  const std::string config = fit(config_text(trial.config), std::max(20, style.width - used - 1), style.utf8);
  return left + state_text(trial.state, kStateWidth, style) + middle + config + "\n";
}

std::string table_text(TrialsView trials, const ExperimentLabel& label, const TextStyle& style) {
  std::string text = " trial  state        " +
                     padded(escape_control(label.objective.metric), metric_width(label.objective), style.utf8, true) +
                     "   iter       time  config\n";
  const std::vector<const TrialStatus*> order = ranked(trials, label.objective);
  const std::size_t rows = std::min(order.size(), kTableRows);
  for (std::size_t index = 0; index < rows; ++index) text += table_row(*order[index], label.objective, style);
  if (order.size() > rows) text += "        and " + std::to_string(order.size() - rows) + " more\n";
  return text;
}

// "lower", "upper", or null: inside, or a domain that has no bounds.
const char* bound_of(const FloatDomain& domain, const Value& value) {
  const std::optional<double> number = number_of(value);
  if (!number) return nullptr;
  const auto scaled = [&](double x) { return domain.log ? std::log(x) : x; };
  const double near = domain.step ? *domain.step / 2 : kBoundShare * (scaled(domain.high) - scaled(domain.low));
  if (std::abs(scaled(*number) - scaled(domain.low)) <= near) return "lower";
  return std::abs(scaled(*number) - scaled(domain.high)) <= near ? "upper" : nullptr;
}

const char* bound_of(const IntDomain& domain, const Value& value) {
  const auto* number = std::get_if<std::int64_t>(&value);
  if (number == nullptr || domain.low == domain.high) return nullptr;
  if (*number == domain.low) return "lower";
  return *number == domain.high ? "upper" : nullptr;
}

template <class Other>
const char* bound_of(const Other& domain, const Value& value) {
  return static_cast<void>(domain), static_cast<void>(value), nullptr;
}

std::vector<std::string> places_at_bound(const TrialStatus& best, const Space& space) {
  std::vector<std::string> places;
  for (const Parameter& parameter : space.parameters()) {
    const auto found = best.config.values().find(parameter.name);
    if (found == best.config.values().end()) continue;
    const char* bound =
        std::visit([&](const auto& domain) { return bound_of(domain, found->second); }, parameter.domain);
    if (bound == nullptr) continue;
    places.push_back(escape_control(parameter.name) + "=" + to_json(found->second) + " (" + bound + ")");
  }
  return places;
}

std::optional<std::string> bound_warning(const TrialStatus& best, const Space& space) {
  std::string places;
  for (const std::string& place : places_at_bound(best, space)) places += (places.empty() ? "" : ", ") + place;
  if (places.empty()) return std::nullopt;
  return "the best configuration lies on a bound of the space: " + places + "; a wider range may be better";
}

std::optional<std::string> failure_warning(TrialsView trials, const ExperimentLabel& label) {
  const auto failed = [](const TrialStatus& trial) { return trial.state == TrialState::kFailed; };
  const auto count = std::ranges::count_if(trials, failed);
  if (count == 0) return std::nullopt;
  const TrialStatus& first = *std::ranges::find_if(trials, failed);
  return std::to_string(count) + " of " + std::to_string(trials.size()) + " trials failed; the first, trial " +
         to_string(first.id) + ": " + escape_control(first.cause) +
         "; log: " + escape_control(log_path(label.directory, first.id, first.attempt).string());
}

}  // namespace

const TrialStatus* best_trial(TrialsView trials, const Objective& objective) {
  const std::vector<const TrialStatus*> order = ranked(trials, objective);
  return order.empty() || !order.front()->best_value ? nullptr : order.front();
}

std::string summary_text(TrialsView trials, const ExperimentLabel& label, const TextStyle& style,
                         const std::string& front) {
  std::string text;
  if (!trials.empty()) text += table_text(trials, label, style) + "\n";
  text += std::to_string(trials.size()) + " trials: " + counts_text(count_trials(trials)) + "\n";
  if (const TrialStatus* best = best_trial(trials, label.objective)) {
    text += "best " + escape_control(label.objective.metric) + ": " + to_json(Value(*best->best_value)) + " (trial " +
            to_string(best->id) + ")\n" + best->config.to_json() + "\n";
    const auto repeated = label.has_repeats ? best_of_repeated(trials, label.objective) : std::nullopt;
    if (repeated) {
      text += "best by the mean: " + text_of(*repeated, trials) + "\n" +
              trials[repeated->places.front()].config.to_json() + "\n";
    }
  } else {
    text += "no trial has a finite " + escape_control(label.objective.metric) +
            (label.further.constraints.empty() ? "" : " and keeps the constraints") + "\n";
  }
  if (!front.empty()) text += "\n" + front + "\n";
  if (label.directory.empty()) return text;
  const std::string database = (label.directory / "experiment.db").string();
  return text + "results: " + escape_control(label.directory.string()) + "\n" + "look at them: sqlite3 " +
         shell_quoted(database) + " 'select * from " +
         (label.further.objectives.empty() ? "best_trials limit 10" : "pareto_front") + "'\n";
}

std::vector<std::string> warnings(TrialsView trials, const Space& space, const ExperimentLabel& label) {
  std::vector<std::string> lines;
  if (auto line = failure_warning(trials, label)) lines.push_back(*std::move(line));
  const TrialStatus* best = best_trial(trials, label.objective);
  if (best == nullptr) return lines;
  if (auto line = bound_warning(*best, space)) lines.push_back(*std::move(line));
  return lines;
}

std::vector<std::string> best_at_bound(TrialsView trials, const Space& space, const Objective& objective) {
  const TrialStatus* best = best_trial(trials, objective);
  return best == nullptr ? std::vector<std::string>() : places_at_bound(*best, space);
}

std::string resume_command(const std::string& program, const std::filesystem::path& directory) {
  return shell_quoted(program) + " --resume " + shell_quoted(directory.string());
}

}  // namespace manta
