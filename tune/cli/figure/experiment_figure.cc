// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/figure/experiment_figure.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "tune/cli/console_text.h"
#include "tune/cli/figure/curves.h"
#include "tune/cli/figure/population_figure.h"
#include "tune/cli/summary.h"

namespace manta::figure {

namespace {

constexpr std::size_t kMostDots = 2000;

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

// The best value over the number of reports, as a stair.
std::vector<Point> best_so_far(const FigureInput& input) {
  std::vector<Point> points;
  std::optional<double> best;
  for (std::size_t index = 0; index < input.observations.size(); ++index) {
    const Observation& seen = input.observations[index];
    const auto number = static_cast<std::size_t>(seen.trial.number);
    const bool counts = number < input.trials.size() && input.trials[number].state != TrialState::kInfeasible;
    if (!counts || !std::isfinite(seen.value)) continue;
    if (best && input.objective.score(seen.value) <= input.objective.score(*best)) continue;
    const double x = static_cast<double>(index + 1);
    if (best) points.push_back({x, *best});
    points.push_back({x, seen.value});
    best = seen.value;
  }
  if (best) points.push_back({static_cast<double>(input.observations.size()), *best});
  return thinned(std::move(points), kMostPointsOfTheBest);
}

std::string title_of(const std::string& text, Axis::Scale scale) {
  return text + (scale == Axis::Scale::kLog ? " (logarithmic)" : "");
}

Panel stair_panel(const FigureInput& input, Axis::Scale scale) {
  return {.title = title_of("best " + input.objective.metric + " so far", scale),
          .x_name = "reports, of all trials together",
          .x_high = static_cast<double>(input.observations.size()),
          .scale = scale,
          .lines = {{Line::Style::kBold, best_so_far(input)}},
          .dots = {}};
}

// Each report as a dot.
void add_dots(const FigureInput& input, Figure& figure) {
  figure.legend = {{LegendEntry::Sign::kDot, "a report"}, {LegendEntry::Sign::kBold, "the best so far"}};
  const Axis::Scale scale = scale_of(input.observations);
  Panel panel = stair_panel(input, scale);
  panel.title = title_of(input.objective.metric, scale);
  const std::size_t every = input.observations.size() / kMostDots + 1;
  for (std::size_t index = 0; index < input.observations.size(); index += every)
    panel.dots.push_back({static_cast<double>(index + 1), input.observations[index].value});
  figure.panels.push_back(std::move(panel));
  if (every > 1) figure.notes.push_back("one report in " + std::to_string(every) + " is drawn");
}

// The curve of the best trial, and where on it the best value is.
void emphasise(const TrialStatus& best, const FigureInput& input, const std::vector<Curve>& curves, Panel& panel) {
  for (const Curve& curve : curves)
    if (curve.trial == best.id)
      panel.lines.push_back({Line::Style::kBold, thinned(curve.points, kMostPointsOfTheBest)});
  const auto seen = std::ranges::find_if(input.observations, [&](const Observation& each) {
    return each.trial == best.id && each.value == *best.best_value;
  });
  if (seen != input.observations.end()) panel.mark = Point{static_cast<double>(seen->iteration), seen->value};
}

void add_curves(const FigureInput& input, Figure& figure) {
  figure.legend = {{LegendEntry::Sign::kBold, "best trial; best so far"},
                   {LegendEntry::Sign::kMark, "best value"},
                   {LegendEntry::Sign::kThin, "trials"}};
  const Axis::Scale scale = scale_of(input.observations);
  const TrialStatus* const best = best_trial(input.trials, input.objective);
  const std::vector<Curve> curves = learning_curves(input.observations);
  const Selection selection =
      select_trials(input.trials.size(), best == nullptr ? std::set<TrialId>() : std::set<TrialId>{best->id});
  Panel panel{.title = title_of(input.objective.metric, scale),
              .x_name = "iterations",
              .x_high = 1,
              .scale = scale,
              .lines = {},
              .dots = {}};
  for (const Observation& seen : input.observations)
    panel.x_high = std::max(panel.x_high, static_cast<double>(seen.iteration));
  bool is_thinned = false;
  panel.lines = thin_lines(curves, selection, is_thinned);
  if (best != nullptr) emphasise(*best, input, curves, panel);
  figure.panels.push_back(std::move(panel));
  figure.panels.push_back(stair_panel(input, scale));
  if (selection.trials.size() < input.trials.size()) {
    figure.notes.push_back(std::to_string(selection.trials.size()) + " of " + counted(input.trials.size(), "trial") +
                           " are drawn: the best one, and others at equal distances");
  }
  if (is_thinned) {
    figure.notes.push_back("of curves with more than " + std::to_string(selection.points) +
                           " points, those are drawn where they turn");
  }
}

bool has_curves(const FigureInput& input) {
  std::set<TrialId> seen;
  return std::ranges::any_of(input.observations,
                             [&](const Observation& each) { return !seen.insert(each.trial).second; });
}

}  // namespace

Figure experiment_figure(const FigureInput& input) {
  Figure figure;
  const Objective& objective = input.objective;
  figure.title = input.name + ": " + objective.metric + ", " + (objective.mode == Mode::kMax ? "larger" : "smaller") +
                 " is better";
  const TrialStatus* const best = best_trial(input.trials, objective);
  figure.subtitle =
      input.scheduler + "; " + counted(input.trials.size(), "trial") + ", " +
      counted(input.observations.size(), "report") +
      (best == nullptr ? "; no finite value"
                       : "; best " + metric_text(*best->best_value) + " (trial " + to_string(best->id) + ")");
  if (input.population) {
    add_population(input, figure);
  } else if (has_curves(input)) {
    add_curves(input, figure);
  } else {
    add_dots(input, figure);
  }
  const auto without =
      std::ranges::count_if(input.observations, [](const Observation& each) { return !std::isfinite(each.value); });
  if (without > 0) {
    figure.notes.push_back("no place for " + counted(static_cast<std::size_t>(without), "report") +
                           " whose value is not finite");
  }
  return figure;
}

}  // namespace manta::figure
