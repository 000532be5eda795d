// SPDX-License-Identifier: Apache-2.0
#include "schedulers/asha_scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <string>
#include <vector>

#include "core/base/random.h"

namespace manta::asha_scheduler_test {
namespace {

using ::testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

class AshaSchedulerTest : public ::testing::Test {
 protected:
  static AshaScheduler make(std::int64_t grace = 1, std::int64_t eta = 2, std::int64_t max_t = 16) {
    return AshaScheduler({"accuracy", Mode::kMax}, {.grace = grace, .eta = eta, .max_t = max_t});
  }

  /// Whether the report has the trial stopped.
  static bool stops(AshaScheduler& scheduler, std::int64_t trial, std::int64_t iteration, double value) {
    const Report report{.trial = {trial}, .iteration = iteration, .metrics = {{"accuracy", value}}};
    const auto orders = scheduler.on_report(report, {});
    EXPECT_TRUE(orders.has_value());
    if (!orders || orders->empty()) return false;
    EXPECT_EQ(orders->size(), 1u);
    EXPECT_EQ(orders->front().trial, TrialId{trial});
    EXPECT_TRUE(std::holds_alternative<Stop>(orders->front().action));
    return true;
  }

  AshaScheduler scheduler_ = make();
};

TEST_F(AshaSchedulerTest, DecidesNothingBeforeEtaScoresHaveArrived) {
  AshaScheduler scheduler = make(1, 4);

  for (std::int64_t trial = 0; trial < 4; ++trial) {
    EXPECT_FALSE(stops(scheduler, trial, 1, -static_cast<double>(trial)));
  }
  EXPECT_TRUE(stops(scheduler, 4, 1, -4));
}

TEST_F(AshaSchedulerTest, ComparesWithEarlierArrivalsOnly) {
  stops(scheduler_, 0, 1, 1);
  stops(scheduler_, 1, 1, 3);

  // The cutoff of {1, 3} is 2. Were 2 itself among them, it would be 2 as well, and 1.9 with itself 1.9.
  EXPECT_TRUE(stops(scheduler_, 2, 1, 1.9));
  EXPECT_FALSE(stops(scheduler_, 3, 1, 2));
}

TEST_F(AshaSchedulerTest, AScoreEqualToTheCutoffGoesOn) {
  for (std::int64_t trial = 0; trial < 10; ++trial) EXPECT_FALSE(stops(scheduler_, trial, 1, 0.5));
}

TEST_F(AshaSchedulerTest, AStoppedScoreCountsForThoseThatFollow) {
  stops(scheduler_, 0, 1, 4);
  stops(scheduler_, 1, 1, 4);
  EXPECT_TRUE(stops(scheduler_, 2, 1, 0));
  EXPECT_TRUE(stops(scheduler_, 3, 1, 0));

  EXPECT_FALSE(stops(scheduler_, 4, 1, 2));  // The cutoff of {0, 0, 4, 4} is 2.
}

TEST_F(AshaSchedulerTest, SmallerIsBetterWhenTheObjectiveIsMinimised) {
  AshaScheduler scheduler({"accuracy", Mode::kMin}, {.grace = 1, .eta = 2, .max_t = 16});
  stops(scheduler, 0, 1, 1);
  stops(scheduler, 1, 1, 3);

  EXPECT_FALSE(stops(scheduler, 2, 1, 0));
  EXPECT_TRUE(stops(scheduler, 3, 1, 9));
}

TEST_F(AshaSchedulerTest, JudgesAtRungsOnly) {
  AshaScheduler scheduler = make(2, 2, 16);
  for (std::int64_t trial = 0; trial < 4; ++trial) {
    EXPECT_FALSE(stops(scheduler, trial, 1, -100.0 * static_cast<double>(trial)));  // Before the first rung.
    EXPECT_FALSE(stops(scheduler, trial, 2, 1));
    EXPECT_FALSE(stops(scheduler, trial, 3, -100));  // Between two.
  }
}

TEST_F(AshaSchedulerTest, ASparseReporterIsJudgedAtTheHighestRungItReached) {
  stops(scheduler_, 0, 4, 5);
  stops(scheduler_, 1, 4, 5);

  EXPECT_TRUE(stops(scheduler_, 2, 7, 4));  // Rung 4.
}

TEST_F(AshaSchedulerTest, RungsSkippedCountAsPassedAndTakeNoLaterValue) {
  AshaScheduler sparse = make();
  for (std::int64_t trial = 0; trial < 3; ++trial) {
    stops(sparse, trial, 5, 100);
    EXPECT_FALSE(stops(sparse, trial, 6, -1));
    EXPECT_FALSE(stops(sparse, trial, 7, -1));
  }

  // Rungs 1 and 2 have no scores: the late values went to rung 4 alone.
  EXPECT_THAT(sparse.save().json, HasSubstr("\"rungs\":[[],[],[100.0,100.0,100.0],[],[]]"));
}

TEST_F(AshaSchedulerTest, ThereIsNoRungAboveMaxT) {
  AshaScheduler scheduler = make(1, 2, 5);  // 1, 2, 4.
  for (std::int64_t trial = 0; trial < 4; ++trial) stops(scheduler, trial, 4, 1);

  for (std::int64_t trial = 0; trial < 4; ++trial) {
    EXPECT_FALSE(stops(scheduler, trial, 1000, -static_cast<double>(trial)));
  }
}

TEST_F(AshaSchedulerTest, ARetriedTrialKeepsItsRungs) {
  stops(scheduler_, 0, 1, 1);
  stops(scheduler_, 0, 2, 1);
  const std::string before = scheduler_.save().json;

  EXPECT_FALSE(stops(scheduler_, 0, 1, -5));  // A second attempt, from the beginning.
  EXPECT_FALSE(stops(scheduler_, 0, 2, -5));

  EXPECT_EQ(scheduler_.save().json, before);
}

TEST_F(AshaSchedulerTest, AStoppedTrialThatStillReportsIsToldSoAgain) {
  stops(scheduler_, 0, 1, 1);
  stops(scheduler_, 1, 1, 1);
  ASSERT_TRUE(stops(scheduler_, 2, 1, 0));
  const std::string before = scheduler_.save().json;

  EXPECT_TRUE(stops(scheduler_, 2, 1, 0));
  EXPECT_TRUE(stops(scheduler_, 2, 2, 100));

  EXPECT_EQ(scheduler_.save().json, before);
}

TEST_F(AshaSchedulerTest, AValueThatIsNotFiniteIsWorst) {
  stops(scheduler_, 0, 1, -1e308);
  stops(scheduler_, 1, 1, -1e308);

  EXPECT_TRUE(stops(scheduler_, 2, 1, kNaN));
  EXPECT_TRUE(stops(scheduler_, 3, 1, -kInfinity));
  EXPECT_TRUE(stops(scheduler_, 4, 1, kInfinity));
}

TEST_F(AshaSchedulerTest, ANaNThatCameTooEarlyIsStoppedOnceADecisionIsPossible) {
  EXPECT_FALSE(stops(scheduler_, 0, 1, kNaN));
  stops(scheduler_, 1, 1, 1);
  EXPECT_FALSE(stops(scheduler_, 0, 1, kNaN));
  stops(scheduler_, 2, 1, 1);

  EXPECT_TRUE(stops(scheduler_, 0, 1, kNaN));
}

TEST_F(AshaSchedulerTest, AValueThatBecameFiniteAgainIsJudgedAtTheNextRung) {
  EXPECT_FALSE(stops(scheduler_, 0, 2, kNaN));
  for (std::int64_t trial = 1; trial < 4; ++trial) stops(scheduler_, trial, 2, 1);

  EXPECT_FALSE(stops(scheduler_, 0, 3, -5));
  EXPECT_FALSE(stops(scheduler_, 0, 4, -5));  // The first there.
}

TEST_F(AshaSchedulerTest, ANaNBetweenRungsIsNotJudged) {
  for (std::int64_t trial = 0; trial < 4; ++trial) stops(scheduler_, trial, 2, 1);

  EXPECT_FALSE(stops(scheduler_, 0, 3, kNaN));
}

TEST_F(AshaSchedulerTest, AValueThatIsNotFiniteNeverChangesAnotherTrialsFate) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    RandomStream random(seed, 1);
    AshaScheduler with = make(1, 2 + static_cast<std::int64_t>(random.below(3)), 64);
    AshaScheduler without = AshaScheduler(with);
    constexpr std::int64_t kTrials = 12;
    std::vector<std::int64_t> iterations(kTrials, 0);
    for (int step = 0; step < 80; ++step) {
      const auto trial = static_cast<std::int64_t>(random.below(kTrials));
      std::int64_t& iteration = iterations[static_cast<std::size_t>(trial)];
      iteration += 1 + static_cast<std::int64_t>(random.below(4));
      const double value = random.uniform();
      if (trial % 3 == 0) {  // A trial that diverged: NaN now and for ever.
        stops(with, trial, iteration, std::vector<double>{kNaN, kInfinity, -kInfinity}[random.below(3)]);
      } else {
        ASSERT_EQ(stops(with, trial, iteration, value), stops(without, trial, iteration, value)) << "seed " << seed;
      }
    }
  }
}

TEST_F(AshaSchedulerTest, TheMissingObjectiveIsNamedAndChangesNothing) {
  const std::string before = scheduler_.save().json;

  const auto orders = scheduler_.on_report({.trial = {0}, .iteration = 1, .metrics = {{"acc", 1}, {"loss", 2}}}, {});

  ASSERT_FALSE(orders.has_value());
  EXPECT_EQ(orders.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(orders.error().message, HasSubstr("\"acc\" \"loss\""));
  EXPECT_EQ(scheduler_.save().json, before);
}

TEST_F(AshaSchedulerTest, AnEndedTrialLeavesNothingButItsScores) {
  stops(scheduler_, 0, 1, 0.5);

  scheduler_.on_end({0}, TrialState::kCompleted);

  EXPECT_THAT(scheduler_.save().json, HasSubstr("\"rungs\":[[0.5],[],[],[],[]],\"trials\":[]"));
}

TEST_F(AshaSchedulerTest, SavesScoresExactly) {
  AshaScheduler copy = make();
  const std::vector<double> scores{0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, -0.0, 123456789.123456789};
  for (std::size_t index = 0; index < scores.size(); ++index) {
    stops(scheduler_, static_cast<std::int64_t>(index), 1, scores[index]);
  }

  ASSERT_TRUE(copy.restore(scheduler_.save()).has_value());

  EXPECT_EQ(copy.save().json, scheduler_.save().json);
  EXPECT_THAT(copy.save().json, HasSubstr("0.3333333333333333"));
}

TEST_F(AshaSchedulerTest, RefusesTheSnapshotOfOtherOptions) {
  const Snapshot snapshot = scheduler_.save();
  AshaScheduler other_eta = make(1, 3, 16);
  AshaScheduler other_grace = make(2, 2, 16);
  AshaScheduler other_mode({"accuracy", Mode::kMin}, {.grace = 1, .eta = 2, .max_t = 16});
  AshaScheduler other_metric({"loss", Mode::kMax}, {.grace = 1, .eta = 2, .max_t = 16});

  for (AshaScheduler* const other : {&other_eta, &other_grace, &other_mode, &other_metric}) {
    const auto restored = other->restore(snapshot);
    ASSERT_FALSE(restored.has_value());
    EXPECT_EQ(restored.error().code, ErrorCode::kInvalidArgument);
  }
}

TEST_F(AshaSchedulerTest, TakesItsSnapshotAlsoWithAnotherMaxT) {
  for (std::int64_t trial = 0; trial < 3; ++trial) {
    stops(scheduler_, trial, 1, 1);
    stops(scheduler_, trial, 16, 1);
  }
  AshaScheduler longer = make(1, 2, 64);
  AshaScheduler shorter = make(1, 2, 2);

  ASSERT_TRUE(longer.restore(scheduler_.save()).has_value());
  ASSERT_TRUE(shorter.restore(scheduler_.save()).has_value());

  EXPECT_TRUE(stops(longer, 9, 1, 0));
  EXPECT_TRUE(stops(longer, 10, 16, 0));
  EXPECT_FALSE(stops(longer, 0, 64, 0));
  EXPECT_TRUE(stops(shorter, 9, 1, 0));
  EXPECT_FALSE(stops(shorter, 0, 16, 0));
}

TEST_F(AshaSchedulerTest, ManyFinishedTrialsDoNotSlowAReport) {
  AshaScheduler scheduler = make(1, 4, 1);
  constexpr std::int64_t kTrials = 100'000;
  std::int64_t stopped = 0;
  for (std::int64_t trial = 0; trial < kTrials; ++trial) {
    if (stops(scheduler, trial, 1, static_cast<double>(trial * 7919 % kTrials))) ++stopped;
    scheduler.on_end({trial}, TrialState::kStopped);
  }
  // A scan per report would be 10^10 steps and run into the test's timeout.
  EXPECT_NEAR(static_cast<double>(stopped), 0.75 * kTrials, 0.01 * kTrials);
}

}  // namespace
}  // namespace manta::asha_scheduler_test
