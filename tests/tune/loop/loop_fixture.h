// SPDX-License-Identifier: Apache-2.0
// A loop over simulated trials, with every part in the test's hand.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/change_log.h"
#include "tests/support/fake_sink.h"
#include "tests/support/recording_executor.h"
#include "tests/support/recording_observer.h"
#include "tests/support/running_ahead_executor.h"
#include "tests/support/scripted_scheduler.h"
#include "tests/support/scripted_searcher.h"
#include "tests/support/step_queue.h"
#include "tune/loop/simulated_executor.h"
#include "tune/loop/tune_loop.h"

namespace manta {

/// By default three trials of three iterations, one at a time, one second each, with loss = iteration.
class LoopFixture : public ::testing::Test {
 protected:
  using States = std::vector<TrialState>;

  LoopFixture() {
    options_.objective = {"loss", Mode::kMin};
    options_.max_trials = 3;
    options_.max_iterations = 3;
    simulation_.slots = 8;
  }

  Result<LoopEnd> run(LoopState state = {}) {
    simulated_ = std::make_unique<SimulatedExecutor>(step_, simulation_);
    running_ahead_ = std::make_unique<RunningAheadExecutor>(*simulated_, rests_);
    Executor& inner = runs_ahead_ ? static_cast<Executor&>(*running_ahead_) : *simulated_;
    executor_ = std::make_unique<RecordingExecutor>(inner);
    WorkQueue* const queue = thinks_elsewhere_ ? &queue_ : nullptr;
    loop_ = std::make_unique<TuneLoop>(
        options_, TuneLoop::Parts{searcher_, scheduler_, *executor_, sink_, observer_, queue}, std::move(state));
    if (on_start_) on_start_();
    return loop_->run();
  }

  /// Runs to the end and expects that it was one.
  void run_to_end(LoopState state = {}) {
    const Result<LoopEnd> end = run(std::move(state));
    ASSERT_TRUE(end.has_value()) << to_string(end.error());
    EXPECT_EQ(*end, LoopEnd::kFinished);
  }

  const TrialStatus& trial(std::int64_t number) const { return loop_->trials()[static_cast<std::size_t>(number)]; }
  States states(std::int64_t number) const { return sink_.states({number}); }
  std::string calls(std::int64_t number) const { return executor_->calls_of({number}); }

  /// "attempt.iteration" of all reports of one trial: "1.1 1.2 2.2".
  std::string reports_of(std::int64_t number) const {
    std::string text;
    for (const Reported& reported : sink_.all<Reported>()) {
      if (reported.report.trial.number != number) continue;
      if (!text.empty()) text += " ";
      text += std::to_string(reported.report.attempt) + "." + std::to_string(reported.report.iteration);
    }
    return text;
  }

  static Stepped stepped(double loss, double seconds = 1) { return {.metrics = {{"loss", loss}}, .seconds = seconds}; }

  LoopOptions options_;
  SimulatedExecutor::Options simulation_;
  SimulatedExecutor::StepFunction step_ = [](const Config&, TrialId, std::int64_t iteration) {
    return std::optional<Stepped>(stepped(static_cast<double>(iteration)));
  };
  ScriptedSearcher searcher_;
  ScriptedScheduler scheduler_;
  StepQueue queue_;
  bool thinks_elsewhere_ = false;  // The searcher, on queue_.
  FakeSink sink_;
  RecordingObserver observer_;
  std::function<void()> on_start_;
  bool runs_ahead_ = false;  // The executor goes on wherever it may, unless it rests.
  std::function<bool(TrialId)> rests_;

  std::unique_ptr<SimulatedExecutor> simulated_;
  std::unique_ptr<RunningAheadExecutor> running_ahead_;
  std::unique_ptr<RecordingExecutor> executor_;
  std::unique_ptr<TuneLoop> loop_;
};

}  // namespace manta
