// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/figure/curves.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <utility>

namespace manta::figure {

namespace {

constexpr std::size_t kMostTrials = 150;
constexpr std::size_t kMostPoints = 24'000;
constexpr std::size_t kLeastPointsOfATrial = 40;
constexpr std::size_t kMostPointsOfATrial = 600;

// Makes the curves of all trials, report by report.
class CurveBuilder {
 public:
  explicit CurveBuilder(std::span<const PbtExploit> exploits) : exploits_(exploits) {
    for (std::size_t index = 0; index < exploits.size(); ++index) {
      trials_[exploits[index].trial].to_come.push_back(index);
      donated_[{exploits[index].donor, exploits[index].iteration}] = kGap.y;
    }
    for (auto& [trial, state] : trials_) std::ranges::reverse(state.to_come);  // The next one stands last.
  }

  void add(const Observation& observation) {
    const double x = static_cast<double>(observation.iteration);
    const auto donated = donated_.find({observation.trial, observation.iteration});
    if (donated != donated_.end()) donated->second = observation.value;
    State& state = trials_[observation.trial];
    const std::optional<std::size_t> exploit = exploit_before(observation, state);
    if (state.curves.empty() || exploit) {
      state.curves.push_back({observation.trial, exploit, {}});
      if (exploit) begin_with_the_donor(state.curves.back(), exploits_[*exploit]);
    } else if (observation.iteration <= state.last.iteration) {
      state.curves.back().points.push_back(kGap);
    }
    state.curves.back().points.push_back({x, observation.value});
    state.last = observation;
  }

  std::vector<Curve> curves() && {
    std::vector<Curve> all;
    for (auto& [trial, state] : trials_) std::ranges::move(state.curves, std::back_inserter(all));
    return all;
  }

 private:
  struct State {
    std::vector<std::size_t> to_come;  // Its exploits, the next one last.
    std::vector<Curve> curves;
    Observation last;
  };

  // The exploit that the attempt of `observation`, if it is a new one, began with.
  std::optional<std::size_t> exploit_before(const Observation& observation, State& state) const {
    if (state.curves.empty() || state.to_come.empty() || observation.attempt == state.last.attempt) return std::nullopt;
    const std::size_t index = state.to_come.back();
    const PbtExploit& next = exploits_[index];
    if (next.own_iteration > state.last.iteration || next.iteration >= observation.iteration) return std::nullopt;
    state.to_come.pop_back();
    return index;
  }

  void begin_with_the_donor(Curve& curve, const PbtExploit& exploit) const {
    const double value = donated_.at({exploit.donor, exploit.iteration});
    curve.points.push_back({static_cast<double>(exploit.iteration), value});
  }

  const std::span<const PbtExploit> exploits_;
  std::map<TrialId, State> trials_;
  // The newest value of each trial and iteration that was copied; NaN: not yet known.
  std::map<std::pair<TrialId, std::int64_t>, double> donated_;
};

}  // namespace

std::vector<Curve> learning_curves(std::span<const Observation> observations, std::span<const PbtExploit> exploits) {
  CurveBuilder builder(exploits);
  for (const Observation& observation : observations) builder.add(observation);
  return std::move(builder).curves();
}

Selection select_trials(std::size_t count, const std::set<TrialId>& wanted) {
  Selection selection{.trials = wanted};
  const std::size_t others = count <= kMostTrials ? count : kMostTrials - std::min(wanted.size(), kMostTrials);
  for (std::size_t index = 0; index < others; ++index)
    selection.trials.insert({static_cast<std::int64_t>(index * count / others)});
  selection.points = std::clamp(kMostPoints / std::max<std::size_t>(1, selection.trials.size()), kLeastPointsOfATrial,
                                kMostPointsOfATrial);
  return selection;
}

std::vector<Line> thin_lines(const std::vector<Curve>& curves, const Selection& selection, bool& is_thinned) {
  std::vector<Line> lines;
  std::optional<TrialId> trial;
  for (const Curve& curve : curves) {
    if (!selection.trials.contains(curve.trial)) continue;
    if (trial != curve.trial) lines.push_back({.points = {}, .hue = static_cast<std::size_t>(curve.trial.number)});
    std::vector<Point>& points = lines.back().points;
    if (trial == curve.trial) points.push_back(kGap);
    trial = curve.trial;
    points.insert(points.end(), curve.points.begin(), curve.points.end());
  }
  for (Line& line : lines) {
    const std::size_t before = line.points.size();
    line.points = thinned(std::move(line.points), selection.points);
    is_thinned = is_thinned || line.points.size() < before;
  }
  return lines;
}

Axis::Scale scale_of(std::span<const Observation> observations) {
  constexpr double kSpan = 1000;
  Extent extent;
  for (const Observation& observation : observations) extent.add(observation.value);
  return extent.low > 0 && !extent.is_empty() && extent.high / extent.low > kSpan ? Axis::Scale::kLog
                                                                                  : Axis::Scale::kLinear;
}

}  // namespace manta::figure
