// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/trial_front.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "core/base/escape_control.h"
#include "searchers/pareto/hypervolume.h"
#include "searchers/pareto/pareto.h"
#include "tune/cli/console_text.h"

namespace manta {

namespace {

constexpr std::size_t kSteps = 4;

std::optional<std::vector<double>> values_of(const Metrics& metrics, const std::vector<Objective>& objectives) {
  std::vector<double> values;
  for (const Objective& objective : objectives) {
    const std::optional<double> value = metrics.find(objective.metric);
    if (!value || !std::isfinite(*value)) return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

std::string member_row(const TrialFront& front, const TrialFront::Member& member, const TrialStatus& trial,
                       const TextStyle& style) {
  std::string row = padded(to_string(trial.id), 6, style.utf8, true) + "  ";
  for (std::size_t i = 0; i < front.objectives.size(); ++i)
    row += padded(metric_text(member.values[i]), metric_width(front.objectives[i]), style.utf8, true) + "  ";
  return row + fit(config_text(trial.config), std::max(20, style.width - display_width(row) - 1), style.utf8) + "\n";
}

}  // namespace

TrialFront trial_front(const ExperimentSpec& spec, const std::vector<TrialRecord>& trials,
                       const std::map<TrialId, Metrics>& metrics) {
  TrialFront front{.objectives = {spec.objective}, .members = {}, .volumes = {}};
  front.objectives.insert(front.objectives.end(), spec.further.objectives.begin(), spec.further.objectives.end());
  std::vector<TrialFront::Member> candidates;
  LossTable table(front.objectives.size());
  for (std::size_t place = 0; place < trials.size(); ++place) {
    const auto found = metrics.find(trials[place].status.id);
    if (found == metrics.end() || trials[place].status.state == TrialState::kInfeasible) continue;
    std::optional<std::vector<double>> values = values_of(found->second, front.objectives);
    if (!values || !spec.further.are_kept(found->second)) continue;
    std::vector<double> losses;
    for (std::size_t i = 0; i < values->size(); ++i) losses.push_back(-front.objectives[i].score((*values)[i]));
    table.add(losses);
    candidates.push_back({place, *std::move(values)});
  }
  for (const std::size_t place : pareto_front(table)) front.members.push_back(candidates[place]);
  std::ranges::stable_sort(front.members, std::ranges::greater(), [&](const TrialFront::Member& member) {
    return spec.objective.score(member.values.front());
  });
  front.volumes = hypervolume_over_time(in_unit_box(table), std::vector<double>(front.objectives.size(), 1));
  return front;
}

Result<TrialFront> read_trial_front(ExperimentView& view, const std::vector<TrialRecord>& trials) {
  MANTA_ASSIGN_OR_RETURN(const ExperimentSpec spec, view.spec());
  MANTA_ASSIGN_OR_RETURN(const auto metrics, view.objective_metrics());
  return trial_front(spec, trials, metrics);
}

std::string front_text(const TrialFront& front, const std::vector<TrialRecord>& trials, std::size_t rows,
                       const TextStyle& style) {
  const std::size_t size = front.members.size();
  const std::size_t candidates = front.volumes.size();
  if (size == 0) return "no trial has all metrics finite and keeps the constraints\n";
  std::string text = std::to_string(size) + " of " + std::to_string(candidates) +
                     (candidates == 1 ? " trial is" : " trials are") + " in the Pareto front\n trial  ";
  for (const Objective& objective : front.objectives)
    text += padded(escape_control(objective.metric), metric_width(objective), style.utf8, true) + "  ";
  text += "config\n";
  for (std::size_t i = 0; i < std::min(rows, size); ++i)
    text += member_row(front, front.members[i], trials[front.members[i].place].status, style);
  if (size > rows) text += "        and " + std::to_string(size - rows) + " more\n";
  return text;
}

std::string volumes_text(const TrialFront& front) {
  if (front.volumes.size() < kSteps) return "";
  std::string values;
  std::string counts;
  for (std::size_t step = 1; step <= kSteps; ++step) {
    const std::size_t count = front.volumes.size() * step / kSteps;
    values += (step > 1 ? ", " : "") + metric_text(front.volumes[count - 1]);
    counts += (step > 1 ? ", " : "") + std::to_string(count);
  }
  return values + " after " + counts + " trials";
}

}  // namespace manta
