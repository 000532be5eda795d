// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/figure/population_figure.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "tune/cli/figure/curves.h"

namespace manta::figure {

namespace {

constexpr std::size_t kMostParameters = 12;
constexpr std::size_t kMostStretches = 3000;

// A configuration that a trial had from one iteration to another.
struct Stretch {
  double begin = 0;
  double end = 0;
  const Config* config = nullptr;
  const PbtExploit* exploit = nullptr;  // That it began with; null: with none.
};

double number_in(const Config& config, const std::string& name) {
  const auto found = config.values().find(name);
  const std::optional<double> number = found == config.values().end() ? std::nullopt : number_of(found->second);
  return number.value_or(kGap.y);
}

// Whether its values are numbers that have an order; a constant has nothing to show.
bool is_drawable(const Domain& domain) {
  if (const auto* ordinal = std::get_if<OrdinalDomain>(&domain)) {
    return std::ranges::all_of(ordinal->values, [](const Value& value) { return number_of(value).has_value(); });
  }
  return std::holds_alternative<FloatDomain>(domain) || std::holds_alternative<IntDomain>(domain) ||
         std::holds_alternative<NormalDomain>(domain);
}

bool is_logarithmic(const Domain& domain) {
  const auto* const real = std::get_if<FloatDomain>(&domain);
  const auto* const whole = std::get_if<IntDomain>(&domain);
  return (real != nullptr && real->log) || (whole != nullptr && whole->log);
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// Draws one population.
class PopulationDrawing {
 public:
  explicit PopulationDrawing(const FigureInput& input)
      : input_(input), exploits_(carried_out(input)), curves_(learning_curves(input.observations, exploits_)) {
    if (input.population->best.trial.number >= 0) way_ = PbtSchedule::of(*input.population).steps;
    std::set<TrialId> wanted;
    for (const PbtSchedule::Step& step : way_) wanted.insert(step.trial);
    selection_ = select_trials(input.trials.size(), wanted);
    for (const Observation& seen : input.observations) last_ = std::max(last_, static_cast<double>(seen.iteration));
    find_stretches();
  }

  Panel metric_panel() {
    const std::string& metric = input_.objective.metric;
    Panel panel = panel_of(metric, scale_of(input_.observations));
    panel.lines = thin_lines(curves_, selection_, is_thinned_);
    panel.lines.push_back({Line::Style::kBold, way_of_the_metric()});
    const PbtHistory::Best& best = input_.population->best;
    if (best.trial.number >= 0) {
      const double value = input_.objective.mode == Mode::kMax ? best.score : -best.score;
      panel.mark = Point{static_cast<double>(best.iteration), value};
    }
    return panel;
  }

  Panel parameter_panel(const Parameter& parameter) const {
    Panel panel = panel_of(parameter.name, is_logarithmic(parameter.domain) ? Axis::Scale::kLog : Axis::Scale::kLinear);
    Line links{.style = Line::Style::kLink, .points = {}};
    for (const auto& [trial, stretches] : stretches_) {
      Line line{.points = {}, .hue = static_cast<std::size_t>(trial.number)};
      for (const Stretch& stretch : stretches) {
        const double y = number_in(*stretch.config, parameter.name);
        line.points.insert(line.points.end(), {kGap, {stretch.begin, y}, {stretch.end, y}});
        if (stretch.exploit == nullptr) continue;
        const double before = number_in(stretch.exploit->donor_config, parameter.name);
        links.points.insert(links.points.end(), {kGap, {stretch.begin, before}, {stretch.begin, y}});
      }
      panel.lines.push_back(std::move(line));
    }
    panel.lines.push_back(std::move(links));
    panel.lines.push_back({Line::Style::kBold, way_of(parameter.name)});
    return panel;
  }

  std::vector<std::string> notes() const {
    std::vector<std::string> notes;
    if (selection_.trials.size() < input_.trials.size()) {
      notes.push_back(std::to_string(selection_.trials.size()) + " of " + std::to_string(input_.trials.size()) +
                      " trials are drawn: those on the way to the best value, and others at equal distances");
    }
    if (every_ > 1) {
      notes.push_back("of what a trial had between two copies, one in " + std::to_string(every_) +
                      " is drawn; on the way to the best value, all");
    }
    if (is_thinned_)
      notes.push_back("of curves with more than " + std::to_string(selection_.points) +
                      " points, those are drawn where they turn");
    return notes;
  }

 private:
  // A trial that ended may have been told to copy another in the moment of its end.
  static std::vector<PbtExploit> carried_out(const FigureInput& input) {
    std::vector<PbtExploit> exploits = input.population->exploits;
    std::set<TrialId> seen;  // Those whose last exploit has been looked at.
    for (std::size_t index = exploits.size(); index-- > 0;) {
      const PbtExploit& exploit = exploits[index];
      const auto number = static_cast<std::size_t>(exploit.trial.number);
      if (!seen.insert(exploit.trial).second || number >= input.trials.size()) continue;
      const TrialStatus& trial = input.trials[number];
      // Not removed: the way to the best value counts the places.
      if (is_ended(trial.state) && trial.config != exploit.config) exploits[index].trial = TrialId{};
    }
    return exploits;
  }

  Panel panel_of(const std::string& name, Axis::Scale scale) const {
    return {.title = name + (scale == Axis::Scale::kLog ? " (logarithmic)" : ""),
            .x_name = "iterations",
            .x_high = last_,
            .scale = scale,
            .lines = {},
            .dots = {}};
  }

  void find_stretches() {
    std::map<TrialId, std::vector<const PbtExploit*>> own;
    std::size_t count = 0;
    for (const PbtExploit& exploit : exploits_) {
      if (!selection_.trials.contains(exploit.trial)) continue;
      own[exploit.trial].push_back(&exploit);
      ++count;
    }
    every_ = (count + selection_.trials.size()) / kMostStretches + 1;
    for (const TrialId trial : selection_.trials) {
      if (static_cast<std::size_t>(trial.number) >= input_.trials.size()) continue;  // Newer than the list of trials.
      const TrialStatus& status = input_.trials[static_cast<std::size_t>(trial.number)];
      std::vector<Stretch>& stretches = stretches_[trial];
      const PbtExploit* begun_by = nullptr;
      std::size_t index = 0;
      const auto add = [&](const Config& config, std::int64_t end) {
        const double begin = begun_by == nullptr ? 0 : static_cast<double>(begun_by->iteration);
        if (index++ % every_ == 0)
          stretches.push_back({begin, std::max(begin, static_cast<double>(end)), &config, begun_by});
      };
      for (const PbtExploit* exploit : own[trial]) {
        add(begun_by == nullptr ? exploit->own_config : begun_by->config, exploit->own_iteration);
        begun_by = exploit;
      }
      add(begun_by == nullptr ? status.config : begun_by->config, status.iteration);
    }
  }

  double end_of_step(std::size_t index) const {
    const bool is_last = index + 1 == way_.size();
    return static_cast<double>(is_last ? input_.population->best.iteration : way_[index + 1].after);
  }

  std::vector<Point> way_of(const std::string& name) const {
    std::vector<Point> points;
    for (std::size_t index = 0; index < way_.size(); ++index) {
      const double y = number_in(way_[index].config, name);
      points.push_back({static_cast<double>(way_[index].after), y});
      points.push_back({end_of_step(index), y});
    }
    return points;
  }

  std::vector<Point> way_of_the_metric() const {
    std::vector<Point> points;
    for (std::size_t index = 0; index < way_.size(); ++index) {
      const auto curve = std::ranges::find_if(curves_, [&](const Curve& each) {
        return each.trial == way_[index].trial && each.exploit == way_[index].exploit;
      });
      if (curve == curves_.end()) continue;
      for (const Point& point : curve->points)
        if (!(point.x > end_of_step(index))) points.push_back(point);
    }
    return thinned(std::move(points), kMostPointsOfTheBest);
  }

  const FigureInput& input_;
  const std::vector<PbtExploit> exploits_;
  const std::vector<Curve> curves_;
  std::vector<PbtSchedule::Step> way_;  // To the best report; none: there is none.
  Selection selection_;
  double last_ = 1;  // Iteration.
  std::map<TrialId, std::vector<Stretch>> stretches_;
  std::size_t every_ = 1;
  bool is_thinned_ = false;
};

}  // namespace

void add_population(const FigureInput& input, Figure& figure) {
  PopulationDrawing drawing(input);
  figure.legend = {{LegendEntry::Sign::kBold, "the way to the best value"},
                   {LegendEntry::Sign::kMark, "best value"},
                   {LegendEntry::Sign::kThin, "trials"},
                   {LegendEntry::Sign::kLink, "copied and changed"}};
  figure.panels.push_back(drawing.metric_panel());
  std::vector<std::string> too_many;
  std::vector<std::string> no_numbers;
  for (const Parameter& parameter : input.space.parameters()) {
    if (std::holds_alternative<ConstantDomain>(parameter.domain)) continue;
    if (!is_drawable(parameter.domain)) {
      no_numbers.push_back(parameter.name);
    } else if (figure.panels.size() > kMostParameters) {
      too_many.push_back(parameter.name);
    } else {
      figure.panels.push_back(drawing.parameter_panel(parameter));
    }
  }
  std::ranges::move(drawing.notes(), std::back_inserter(figure.notes));
  if (!no_numbers.empty()) figure.notes.push_back("not drawn, as it has no scale: " + joined(no_numbers));
  if (!too_many.empty()) {
    figure.notes.push_back("not drawn, as there are more than " + std::to_string(kMostParameters) +
                           " parameters: " + joined(too_many));
  }
}

}  // namespace manta::figure
