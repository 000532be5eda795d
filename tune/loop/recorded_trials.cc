// SPDX-License-Identifier: Apache-2.0
#include "tune/loop/recorded_trials.h"

#include <cmath>
#include <limits>
#include <utility>

#include "core/base/random.h"

namespace manta {

std::vector<RecordedTrial> recorded_trials(const CurveTable& table, const std::string& metric, double seconds) {
  std::vector<RecordedTrial> trials(table.size());
  for (std::size_t row = 0; row < table.size(); ++row) {
    trials[row].config = table.config(row);
    const std::span<const double> curve = table.curve(row);
    for (std::size_t index = 1; index < curve.size(); ++index) {
      trials[row].iterations.push_back({seconds, {{metric, curve[index]}}});
    }
  }
  return trials;
}

RecordedTrials::RecordedTrials(std::vector<RecordedTrial> trials, Space space)
    : trials_(std::move(trials)), cube_(std::move(space)) {
  for (const RecordedTrial& trial : trials_) {
    same_[trial.config.to_json()].places.push_back(points_.size());
    points_.push_back(cube_.encode(trial.config));
  }
}

std::size_t RecordedTrials::nearest(const Config& config) const {
  if (const auto same = same_.find(config.to_json()); same != same_.end()) return same->second.places.front();
  const UnitCube::Point point = cube_.encode(config);
  std::size_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t trial = 0; trial < points_.size(); ++trial) {
    const double far = distance(point, trial);
    if (far >= least) continue;
    least = far;
    best = trial;
  }
  return best;
}

double RecordedTrials::distance(const UnitCube::Point& from, std::size_t trial) const {
  double sum = 0;
  for (std::size_t axis = 0; axis < from.size(); ++axis) {
    const double a = from[axis];
    const double b = points_[trial][axis];
    if (std::isnan(a) || std::isnan(b)) {
      sum += std::isnan(a) != std::isnan(b) ? 1 : 0;
    } else if (cube_.axes()[axis].kind == AxisKind::kChoice) {
      sum += a != b ? 1 : 0;
    } else {
      sum += (a - b) * (a - b);
    }
  }
  return sum;
}

std::unique_ptr<SimulatedExecutor> RecordedTrials::executor(int slots) {
  running_.clear();
  for (auto& [config, same] : same_) same.next = 0;
  exact_ = approximated_ = ran_out_ = 0;
  return std::make_unique<SimulatedExecutor>(
      [this](const Config&, TrialId trial, std::int64_t iteration) { return step(trial, iteration); },
      SimulatedExecutor::Options{
          .slots = slots,
          .failure = [this](TrialId trial, std::int64_t iteration) { return failure(trial, iteration); },
          .on_launch = [this](const Launch& launch) { launched(launch); }});
}

void RecordedTrials::launched(const Launch& launch) {
  const auto runs = running_.find(launch.trial);
  if (runs != running_.end() && trials_[runs->second].config == launch.config) return;
  const auto found = same_.find(launch.config.to_json());
  if (found == same_.end()) {
    running_[launch.trial] = nearest(launch.config);
    ++approximated_;
  } else {
    Same& same = found->second;
    running_[launch.trial] = same.places[same.next++ % same.places.size()];
    ++exact_;
  }
}

std::optional<Stepped> RecordedTrials::step(TrialId trial, std::int64_t iteration) {
  const RecordedTrial& recorded = trials_[running_.at(trial)];
  const auto count = static_cast<std::int64_t>(recorded.iterations.size());
  const bool goes_wrong =
      recorded.end == RecordedTrial::End::kFailed || recorded.end == RecordedTrial::End::kInfeasible;
  if (iteration > count) {
    // What failure() makes of it; the time of a report that never came is not recorded.
    return goes_wrong ? std::optional(Stepped{}) : std::nullopt;
  }
  const bool is_last = iteration == count && !goes_wrong;
  if (is_last && recorded.end == RecordedTrial::End::kCut) ++ran_out_;
  const RecordedTrial::Iteration& row = recorded.iterations[static_cast<std::size_t>(iteration - 1)];
  return Stepped{.metrics = row.metrics, .seconds = row.seconds, .finished = is_last};
}

std::optional<AttemptFailed> RecordedTrials::failure(TrialId trial, std::int64_t iteration) const {
  const RecordedTrial& recorded = trials_[running_.at(trial)];
  if (iteration <= static_cast<std::int64_t>(recorded.iterations.size())) return std::nullopt;
  const bool infeasible = recorded.end == RecordedTrial::End::kInfeasible;
  if (!infeasible && recorded.end != RecordedTrial::End::kFailed) return std::nullopt;
  return AttemptFailed{{ErrorCode::kTaskFailed, recorded.cause}, infeasible};
}

RecordedSearcher::RecordedSearcher(const std::vector<RecordedTrial>& trials, std::uint64_t seed) {
  for (const RecordedTrial& trial : trials) configs_.push_back(trial.config);
  if (seed == 0) return;
  RandomStream random(seed, hash_name("recorded_searcher"), 0);
  for (std::size_t left = configs_.size(); left > 1; --left)
    std::swap(configs_[left - 1], configs_[random.below(left)]);
}

Result<std::optional<Config>> RecordedSearcher::ask(TrialId trial) {
  const auto place = static_cast<std::size_t>(trial.number);
  return place < configs_.size() ? std::optional(configs_[place]) : std::nullopt;
}

}  // namespace manta
