// SPDX-License-Identifier: Apache-2.0
#include "tune/loop/simulated_executor.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace manta::simulated_executor_test {
namespace {

using std::chrono::seconds;

// An iteration takes as many seconds as the trial's number plus one.
std::optional<Stepped> step(const Config&, TrialId trial, std::int64_t iteration) {
  if (iteration > 3) return std::nullopt;
  return Stepped{.metrics = {{"loss", static_cast<double>(iteration)}},
                 .seconds = static_cast<double>(trial.number + 1)};
}

class SimulatedExecutorTest : public ::testing::Test {
 protected:
  static Launch launch_of(std::int64_t trial, int attempt = 1) { return {{trial}, attempt, {}, {}}; }
  static TimePoint at(int count) { return TimePoint(seconds(count)); }
  static constexpr TimePoint kFar = TimePoint(seconds(1'000'000));

  template <class T>
  static T next(SimulatedExecutor& executor) {
    const std::optional<Event> event = executor.next_event(kFar);
    EXPECT_TRUE(event && std::holds_alternative<T>(event->what)) << (event ? event->what.index() : 99);
    return event && std::holds_alternative<T>(event->what) ? std::get<T>(event->what) : T{};
  }

  SimulatedExecutor executor_{step, {.slots = 2}};
};

TEST_F(SimulatedExecutorTest, NothingDueMovesTheClockToTheDeadline) {
  EXPECT_FALSE(executor_.next_event(at(5)));

  EXPECT_EQ(executor_.clock().now(), at(5));
}

TEST_F(SimulatedExecutorTest, EachEventTakesItsVirtualTime) {
  SimulatedExecutor executor(
      step, {.slots = 1, .launch_cost = seconds(10), .save_cost = seconds(4), .stop_cost = seconds(2)});

  executor.launch(launch_of(0));
  next<Launched>(executor);
  EXPECT_EQ(executor.clock().now(), at(10));
  executor.advance({0});
  EXPECT_EQ(next<Stepped>(executor).metrics, (Metrics{{"loss", 1}}));
  EXPECT_EQ(executor.clock().now(), at(11));
  executor.save({0});
  next<Saved>(executor);
  EXPECT_EQ(executor.clock().now(), at(15));
  executor.stop({0});
  next<AttemptStopped>(executor);
  EXPECT_EQ(executor.clock().now(), at(17));
}

TEST_F(SimulatedExecutorTest, TheWallClockMovesWithTheVirtualTime) {
  const WallTime before = executor_.clock().wall_now();

  executor_.next_event(at(60));

  EXPECT_EQ(executor_.clock().wall_now() - before, seconds(60));
}

TEST_F(SimulatedExecutorTest, EventsComeByTimeThenByTheOrderOfTheirCalls) {
  executor_.launch(launch_of(1));
  executor_.launch(launch_of(0));
  EXPECT_EQ(executor_.next_event(kFar)->trial, TrialId{1});  // Both now: as called.
  EXPECT_EQ(executor_.next_event(kFar)->trial, TrialId{0});
  executor_.advance({1});  // Takes 2 s.
  executor_.advance({0});  // Takes 1 s.

  EXPECT_EQ(executor_.next_event(kFar)->trial, TrialId{0});
  EXPECT_EQ(executor_.next_event(kFar)->trial, TrialId{1});
}

TEST_F(SimulatedExecutorTest, AnEventAfterTheDeadlineWaits) {
  executor_.launch(launch_of(1));
  next<Launched>(executor_);
  executor_.advance({1});

  EXPECT_FALSE(executor_.next_event(at(1)));
  next<Stepped>(executor_);
  EXPECT_EQ(executor_.clock().now(), at(2));
}

TEST_F(SimulatedExecutorTest, InterruptMakesTheNextCallReturn) {
  executor_.launch(launch_of(0));
  executor_.interrupt();

  EXPECT_FALSE(executor_.next_event(kFar));
  EXPECT_EQ(executor_.clock().now(), at(0));
  next<Launched>(executor_);
}

TEST_F(SimulatedExecutorTest, ALaunchWaitsForASlot) {
  for (std::int64_t trial = 0; trial < 3; ++trial) executor_.launch(launch_of(trial));
  next<Launched>(executor_);
  next<Launched>(executor_);
  EXPECT_FALSE(executor_.next_event(at(1)));

  executor_.stop({0});
  next<AttemptStopped>(executor_);

  EXPECT_EQ(executor_.next_event(kFar)->trial, TrialId{2});
}

TEST_F(SimulatedExecutorTest, ALaunchWithSeveralSlotsWaitsForAllOfThem) {
  executor_.launch(launch_of(0));
  executor_.launch({{1}, 1, {}, {}, /*slots=*/2});
  next<Launched>(executor_);
  EXPECT_FALSE(executor_.next_event(at(1)));

  executor_.stop({0});
  next<AttemptStopped>(executor_);
  EXPECT_EQ(executor_.next_event(kFar)->trial, TrialId{1});
  executor_.launch(launch_of(2));
  executor_.launch(launch_of(3));
  EXPECT_FALSE(executor_.next_event(at(2)));

  executor_.stop({1});
  next<AttemptStopped>(executor_);
  next<Launched>(executor_);
  next<Launched>(executor_);
}

TEST_F(SimulatedExecutorTest, SeveralSlotsMakeNoTrialFaster) {
  executor_.launch({{0}, 1, {}, {}, /*slots=*/2});
  next<Launched>(executor_);

  executor_.advance({0});

  next<Stepped>(executor_);
  EXPECT_EQ(executor_.clock().now(), at(1));
}

TEST_F(SimulatedExecutorTest, ACheckpointHoldsTheIterations) {
  executor_.launch(launch_of(0));
  next<Launched>(executor_);
  executor_.advance({0});
  next<Stepped>(executor_);
  executor_.advance({0});
  next<Stepped>(executor_);
  executor_.save({0});
  const Checkpoint checkpoint{2, 2, next<Saved>(executor_).bytes};

  executor_.launch({{1}, 1, {}, checkpoint});
  next<Launched>(executor_);
  executor_.advance({1});

  EXPECT_EQ(next<Stepped>(executor_).metrics, (Metrics{{"loss", 3}}));
  EXPECT_EQ(checkpoint.bytes.size(), 8u);
}

TEST_F(SimulatedExecutorTest, AForeignCheckpointFailsTheLaunch) {
  executor_.launch({{0}, 1, {}, Checkpoint{1, 1, SharedArray<std::byte>(std::vector<std::byte>(3))}});

  EXPECT_EQ(next<AttemptFailed>(executor_).error.message, "the checkpoint is none of a simulation");
}

TEST_F(SimulatedExecutorTest, ATrialWithoutFurtherIterationsIsFinished) {
  executor_.launch({{0}, 1, {}, {}});
  next<Launched>(executor_);
  for (int iteration = 1; iteration <= 3; ++iteration) {
    executor_.advance({0});
    EXPECT_FALSE(next<Stepped>(executor_).finished);
  }

  executor_.advance({0});
  const Stepped last = next<Stepped>(executor_);

  EXPECT_TRUE(last.finished);
  EXPECT_TRUE(last.metrics.empty());
}

TEST_F(SimulatedExecutorTest, AnAttemptFailsWhereItIsTold) {
  SimulatedExecutor executor(step, {.slots = 1, .fails = [](TrialId, int attempt, std::int64_t iteration) {
                                      return attempt == 1 ? iteration == 2 : attempt == 2 && iteration == 0;
                                    }});
  executor.launch(launch_of(0, 1));
  next<Launched>(executor);
  executor.advance({0});
  next<Stepped>(executor);
  executor.advance({0});
  EXPECT_EQ(next<AttemptFailed>(executor).error.code, ErrorCode::kActorDied);

  executor.launch(launch_of(0, 2));
  next<AttemptFailed>(executor);
  executor.launch(launch_of(0, 3));

  next<Launched>(executor);  // Each failure freed the slot.
}

TEST_F(SimulatedExecutorTest, StopOvertakesTheCallUnderWay) {
  executor_.launch(launch_of(0));
  next<Launched>(executor_);
  executor_.advance({0});

  executor_.stop({0});

  next<AttemptStopped>(executor_);
  EXPECT_EQ(executor_.clock().now(), at(0));
  EXPECT_FALSE(executor_.next_event(at(100)));
}

}  // namespace
}  // namespace manta::simulated_executor_test
