// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/repeated_best.h"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <map>

#include "tune/cli/console_text.h"

namespace manta {

std::optional<RepeatedBest> best_of_repeated(TrialsView trials, const Objective& objective) {
  std::map<std::string, std::size_t> place_of;
  std::vector<std::int64_t> furthest;
  std::vector<RepeatedBest> all;
  std::vector<RepeatedValue> values;
  for (std::size_t place = 0; place < trials.size(); ++place) {
    const TrialStatus& trial = trials[place];
    const bool has_ended = trial.state == TrialState::kCompleted || trial.state == TrialState::kStopped;
    if (!has_ended || !trial.value || !std::isfinite(*trial.value)) continue;
    const std::size_t which = place_of.emplace(trial.config.to_json(), all.size()).first->second;
    if (which == all.size()) {
      all.emplace_back();
      values.emplace_back();
      furthest.push_back(trial.iteration);
    }
    if (trial.iteration < furthest[which]) continue;
    if (trial.iteration > furthest[which]) {
      furthest[which] = trial.iteration;
      all[which].places.clear();
      values[which] = {};
    }
    all[which].places.push_back(place);
    values[which].add(*trial.value);
  }
  const std::optional<double> noise = noise_deviation(values);
  if (!noise) return std::nullopt;
  RepeatedBest* best = nullptr;
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].value = values[i];
    all[i].error = standard_error(values[i], *noise);
    const auto score = [&](const RepeatedBest& one) { return objective.score(one.value.mean) - one.error; };
    if (best == nullptr || score(all[i]) > score(*best)) best = &all[i];
  }
  return *best;
}

std::string text_of(const RepeatedBest& best, TrialsView trials) {
  std::string numbers;
  for (std::size_t i = 0; i < best.places.size(); ++i) {
    const bool is_last = i + 1 == best.places.size();
    numbers += (i == 0 ? "" : is_last ? " and " : ", ") + to_string(trials[best.places[i]].id);
  }
  char error[32];
  std::snprintf(error, sizeof error, "%.2g", best.error);
  return metric_text(best.value.mean) + " ± " + error +
         (best.places.size() == 1 ? ", trial " : ", the mean of trials ") + numbers;
}

}  // namespace manta
