// SPDX-License-Identifier: Apache-2.0
// What recorded changes amount to: the state to resume from, and whether they make sense.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <variant>

#include "tune/loop/results_sink.h"
#include "tune/loop/tune_loop.h"
#include "tune/trial/objective.h"

namespace manta {

/// The state of an experiment of which just `changes` were kept.
inline LoopState state_from(std::span<const Change> changes, const Objective& objective) {
  LoopState state;
  for (const Change& change : changes) {
    if (const auto* changed = std::get_if<TrialChanged>(&change)) {
      const auto number = static_cast<std::size_t>(changed->trial.id.number);
      if (number >= state.trials.size()) state.trials.resize(number + 1);
      state.trials[number] = changed->trial;
      if (is_ended(changed->trial.state)) state.checkpoints.erase(changed->trial.id);
    } else if (const auto* reported = std::get_if<Reported>(&change)) {
      TrialStatus& status = state.trials[static_cast<std::size_t>(reported->report.trial.number)];
      status.iteration = reported->report.iteration;
      status.seconds = reported->report.seconds;
      status.value = reported->report.metrics.find(objective.metric);
      const bool counts = status.value && std::isfinite(*status.value);
      if (counts && (!status.best_value || objective.score(*status.value) > objective.score(*status.best_value))) {
        status.best_value = status.value;
      }
    } else if (const auto* saved = std::get_if<CheckpointSaved>(&change)) {
      state.checkpoints[saved->trial] = saved->checkpoint;
    } else if (const auto* ended = std::get_if<AttemptEnded>(&change)) {
      if (ended->state == TrialState::kFailed) ++state.failures[ended->trial];
    }
  }
  return state;
}

/// What must hold of the changes of one run that came to its end, whatever happened in it. A deterministic one has no
/// snapshots, and its attempts may do again, unheard, what was reported before.
inline void expect_consistent(std::span<const Change> changes, int concurrency, bool is_deterministic = false) {
  std::map<TrialId, int> running;  // Attempt by trial.
  std::map<TrialId, int> slots;    // Of those.
  int used_slots = 0;
  std::map<TrialId, int> attempts;
  std::map<TrialId, std::int64_t> iterations;
  std::set<TrialId> ended;
  for (const Change& change : changes) {
    if (const auto* started = std::get_if<AttemptStarted>(&change)) {
      EXPECT_EQ(started->attempt, ++attempts[started->trial]) << "attempts are numbered 1, 2, 3, ...";
      EXPECT_TRUE(running.emplace(started->trial, started->attempt).second) << "one attempt at a time per trial";
      EXPECT_FALSE(ended.contains(started->trial)) << "nothing starts after the end";
      EXPECT_GE(started->slots, 1);
      used_slots += slots[started->trial] = started->slots;
      std::int64_t& iteration = iterations[started->trial];
      iteration = is_deterministic ? std::max(iteration, started->from_iteration) : started->from_iteration;
    } else if (const auto* over = std::get_if<AttemptEnded>(&change)) {
      EXPECT_EQ(running[over->trial], over->attempt);
      running.erase(over->trial);
      used_slots -= slots[over->trial];
      EXPECT_EQ(over->cause.empty(), over->state != TrialState::kFailed && over->state != TrialState::kInfeasible);
    } else if (const auto* reported = std::get_if<Reported>(&change)) {
      EXPECT_EQ(running[reported->report.trial], reported->report.attempt) << "only a running attempt reports";
      EXPECT_EQ(reported->report.iteration, ++iterations[reported->report.trial]);
    } else if (const auto* changed = std::get_if<TrialChanged>(&change)) {
      EXPECT_FALSE(ended.contains(changed->trial.id)) << "nothing changes after the end";
      if (is_ended(changed->trial.state)) ended.insert(changed->trial.id);
    }
    EXPECT_LE(used_slots, concurrency);
  }
  EXPECT_TRUE(running.empty()) << "every attempt is over";
  ASSERT_FALSE(changes.empty());
  EXPECT_TRUE(is_deterministic || std::holds_alternative<SnapshotsSaved>(changes.back())) << "the snapshots come last";
}

}  // namespace manta
