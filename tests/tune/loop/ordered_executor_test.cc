// SPDX-License-Identifier: Apache-2.0
#include "tune/loop/ordered_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/support/fake_sink.h"
#include "tests/support/recording_executor.h"
#include "tune/loop/simulated_executor.h"

namespace manta::ordered_executor_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr TrialId kA{0};
constexpr TrialId kB{1};
constexpr TrialId kC{2};

class OrderedExecutorTest : public ::testing::Test {
 protected:
  // Trial n takes seconds_[n] for an iteration.
  OrderedExecutorTest()
      : simulated_(
            [this](const Config&, TrialId trial, std::int64_t iteration) {
              return std::optional(Stepped{.metrics = {{"loss", static_cast<double>(iteration)}},
                                           .seconds = seconds_[trial],
                                           .finished = iteration == finished_after_});
            },
            {.slots = 8}),
        inner_(simulated_) {}

  void start(std::vector<EventHandled> recorded = {}, std::map<TrialId, Checkpoint> checkpoints = {}) {
    log_ = std::make_unique<EventLog>(
        sink_, EventLog::Recorded{std::move(recorded), std::move(checkpoints), /*checkpoint_of_ended=*/{}});
    executor_ = std::make_unique<OrderedExecutor>(inner_, *log_);
  }

  static Launch launch(TrialId trial) { return {.trial = trial, .attempt = 1, .config = {}, .checkpoint = {}}; }

  Event next() {
    const auto event = executor_->next_event(executor_->clock().now() + std::chrono::hours(1));
    return event.value_or(Event{{-1}, 0, Launched{}});
  }
  // "0 1 0": the trials of the next events.
  std::string next_trials(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += (i == 0 ? "" : " ") + to_string(next().trial);
    return text;
  }
  // As the loop: it records what was saved.
  SharedArray<std::byte> save(TrialId trial, std::int64_t iteration) {
    executor_->save(trial);
    const SharedArray<std::byte> bytes = std::get<Saved>(next().what).bytes;
    log_->record(CheckpointSaved{trial, 1, Checkpoint{iteration, 0, bytes}, {}});
    return bytes;
  }
  template <class T>
  static EventHandled recorded(TrialId trial, T what, std::int64_t iteration = 0, int attempt = 1) {
    return {.event = Event{trial, attempt, std::move(what)}, .iteration = iteration};
  }
  static Checkpoint checkpoint(std::int64_t iteration) {
    std::vector<std::byte> bytes(8);
    bytes[0] = static_cast<std::byte>(iteration);
    return {iteration, 0, SharedArray<std::byte>(std::move(bytes))};
  }
  static Saved saved() { return {SharedArray<std::byte>(std::vector<std::byte>(1))}; }
  static Stepped stepped(double loss) { return {.metrics = {{"loss", loss}}, .seconds = 1}; }

  std::map<TrialId, double> seconds_{{kA, 1}, {kB, 1}, {kC, 1}};
  std::int64_t finished_after_ = 0;
  FakeSink sink_;
  SimulatedExecutor simulated_;
  RecordingExecutor inner_;
  std::unique_ptr<EventLog> log_;
  std::unique_ptr<OrderedExecutor> executor_;
};

TEST_F(OrderedExecutorTest, IterationsComeByTheirNumberHoweverLongTheyTake) {
  seconds_ = {{kA, 9}, {kB, 1}, {kC, 5}};
  start();
  for (const TrialId trial : {kC, kB, kA}) executor_->launch(launch(trial));
  EXPECT_EQ(next_trials(3), "0 1 2");
  for (const TrialId trial : {kC, kB, kA}) executor_->advance(trial);

  EXPECT_EQ(next_trials(3), "0 1 2");
}

TEST_F(OrderedExecutorTest, WhatTakesNoIterationComesBeforeIterations) {
  start();
  for (const TrialId trial : {kA, kB}) executor_->launch(launch(trial));
  next_trials(2);
  executor_->advance(kA);
  executor_->save(kB);
  EXPECT_EQ(next().trial, kB);
  executor_->stop(kB);
  EXPECT_EQ(next().trial, kB);
  EXPECT_EQ(next().trial, kA);
}

TEST_F(OrderedExecutorTest, ATrialThatIsBehindIsNotOvertakenByOneThatIsAhead) {
  seconds_ = {{kA, 100}, {kB, 1}, {kC, 1}};
  start();
  for (const TrialId trial : {kA, kB}) executor_->launch(launch(trial));
  next_trials(2);
  std::string order;
  for (const TrialId trial : {kA, kB}) executor_->advance(trial);
  for (int i = 0; i < 6; ++i) {
    const Event event = next();
    order += to_string(event.trial);
    executor_->advance(event.trial);
  }
  EXPECT_EQ(order, "010101");
}

TEST_F(OrderedExecutorTest, AStopOvertakesAnIterationWhoseAnswerIsForgotten) {
  seconds_ = {{kA, 100}, {kB, 1}, {kC, 1}};
  start();
  for (const TrialId trial : {kA, kB}) executor_->launch(launch(trial));
  next_trials(2);
  executor_->advance(kA);
  executor_->advance(kB);
  EXPECT_FALSE(executor_->next_event(executor_->clock().now() + std::chrono::seconds(2))) << "A is to come first";
  executor_->stop(kB);

  const Event event = next();
  EXPECT_EQ(event.trial, kB);
  EXPECT_TRUE(std::holds_alternative<AttemptStopped>(event.what));
  EXPECT_EQ(next().trial, kA);
}

TEST_F(OrderedExecutorTest, RecordedEventsAreGivenWithoutRunningAnything) {
  start({EventHandled{}, recorded(kA, Launched{}), recorded(kA, stepped(0.5), 1), recorded(kA, stepped(0.25), 2)});
  executor_->launch(launch(kA));
  next();
  executor_->advance(kA);
  EXPECT_EQ(std::get<Stepped>(next().what).metrics.find("loss"), 0.5);
  executor_->advance(kA);
  EXPECT_EQ(std::get<Stepped>(next().what).metrics.find("loss"), 0.25);
  EXPECT_EQ(inner_.calls_of(kA), "");
}

TEST_F(OrderedExecutorTest, ThenAnAttemptIsLaunchedAnewAndDoesAgainWhatIsNotInItsCheckpoint) {
  start({EventHandled{}, recorded(kA, Launched{}), recorded(kA, stepped(0.5), 1), recorded(kA, saved(), 1),
         recorded(kA, stepped(0.25), 2)},
        {{kA, checkpoint(1)}});
  executor_->launch(launch(kA));
  next();
  executor_->advance(kA);
  next();
  save(kA, 1);
  executor_->advance(kA);
  next();
  executor_->advance(kA);

  const Event relaunched = next();
  EXPECT_EQ(relaunched.attempt, 1);
  ASSERT_TRUE(std::holds_alternative<Relaunched>(relaunched.what));
  EXPECT_EQ(std::get<Relaunched>(relaunched.what).from_iteration, 1);
  const Event event = next();
  EXPECT_EQ(event.attempt, 2);
  EXPECT_EQ(std::get<Stepped>(event.what).metrics.find("loss"), 3)
      << "the third iteration, after the second in silence";
  EXPECT_EQ(inner_.calls_of(kA), "launch advance advance");
  EXPECT_EQ(inner_.launches[0].attempt, 2);
}

TEST_F(OrderedExecutorTest, WhatIsLaunchedAnewHasTheSlotsThatItHad) {
  start({EventHandled{}, recorded(kA, Launched{})});
  Launch with_three = launch(kA);
  with_three.slots = 3;
  executor_->launch(with_three);
  next();
  executor_->advance(kA);

  next();

  EXPECT_EQ(inner_.launches[0].slots, 3);
}

TEST_F(OrderedExecutorTest, WithoutACheckpointItDoesAllAgain) {
  start({EventHandled{}, recorded(kA, Launched{}), recorded(kA, stepped(1), 1), recorded(kA, stepped(2), 2)});
  executor_->launch(launch(kA));
  for (int i = 0; i < 3; ++i) {
    next();
    executor_->advance(kA);
  }

  EXPECT_EQ(std::get<Relaunched>(next().what).from_iteration, 0);
  EXPECT_EQ(std::get<Stepped>(next().what).metrics.find("loss"), 3);
  EXPECT_EQ(inner_.calls_of(kA), "launch advance advance advance");
}

TEST_F(OrderedExecutorTest, WhereTheNewestCheckpointIsDamagedTheOneBeforeServes) {
  start({EventHandled{}, recorded(kA, Launched{}), recorded(kA, stepped(1), 1), recorded(kA, saved(), 1),
         recorded(kA, stepped(2), 2), recorded(kA, saved(), 2)},
        {{kA, checkpoint(1)}});
  executor_->launch(launch(kA));
  next();
  for (int iteration = 1; iteration <= 2; ++iteration) {
    executor_->advance(kA);
    next();
    save(kA, iteration);
  }
  executor_->advance(kA);

  EXPECT_EQ(std::get<Relaunched>(next().what).from_iteration, 1);
  EXPECT_EQ(std::get<Stepped>(next().what).metrics.find("loss"), 3);
}

TEST_F(OrderedExecutorTest, APausedTrialWhoseCheckpointIsGoneCannotGoOn) {
  start({EventHandled{}, recorded(kA, Launched{}), recorded(kA, stepped(1), 1), recorded(kA, saved(), 1),
         recorded(kA, AttemptStopped{}, 1)});
  executor_->launch(launch(kA));
  next();
  executor_->advance(kA);
  next();
  const SharedArray<std::byte> bytes = save(kA, 1);
  executor_->stop(kA);
  next();
  EXPECT_FALSE(executor_->next_event(executor_->clock().now()));
  Launch again = launch(kA);
  again.attempt = 2;
  again.checkpoint = Checkpoint{1, 0, bytes};
  executor_->launch(again);

  const Event event = next();
  ASSERT_TRUE(std::holds_alternative<AttemptFailed>(event.what));
  EXPECT_EQ(std::get<AttemptFailed>(event.what).error.code, ErrorCode::kSystem);
  EXPECT_THAT(std::get<AttemptFailed>(event.what).error.message, HasSubstr("iteration 1 is gone"));
}

TEST_F(OrderedExecutorTest, AnAttemptThatEndsEarlierThanBeforeHasFailed) {
  finished_after_ = 1;
  start({EventHandled{}, recorded(kA, Launched{}), recorded(kA, stepped(1), 1), recorded(kA, stepped(2), 2)});
  executor_->launch(launch(kA));
  for (int i = 0; i < 3; ++i) {
    next();
    executor_->advance(kA);
  }
  next();

  const Event event = next();
  ASSERT_TRUE(std::holds_alternative<AttemptFailed>(event.what));
  EXPECT_THAT(std::get<AttemptFailed>(event.what).error.message, HasSubstr("fewer iterations"));
}

TEST_F(OrderedExecutorTest, AnEventThatIsNotDueEndsTheLoop) {
  start({EventHandled{}, recorded(kB, Launched{})});
  executor_->launch(launch(kA));
  executor_->launch(launch(kB));

  const Event event = next();
  ASSERT_TRUE(std::holds_alternative<AttemptFailed>(event.what));
  EXPECT_EQ(std::get<AttemptFailed>(event.what).error.code, ErrorCode::kSystem);
}

}  // namespace
}  // namespace manta::ordered_executor_test
