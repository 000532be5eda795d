// SPDX-License-Identifier: Apache-2.0
#include "schedulers/pbt_scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "tests/support/search_space.h"

namespace manta::pbt_scheduler_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Lt;
using ::testing::SizeIs;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// What one report led to: who pauses, and who copies whom.
struct Outcome {
  std::vector<std::int64_t> paused;
  std::vector<std::pair<std::int64_t, std::int64_t>> copies;
};

// A population whose reports the test hands in; orders are carried out at once.
class PbtSchedulerTest : public ::testing::Test {
 protected:
  void begin(std::size_t count, PbtScheduler::Options options) {
    options.max_trials = static_cast<std::int64_t>(count);
    scheduler_.emplace(Objective{"loss", Mode::kMin}, space_, options);
    trials_.resize(count);
    for (std::size_t number = 0; number < count; ++number) {
      trials_[number].id = {static_cast<std::int64_t>(number)};
      trials_[number].state = TrialState::kRunning;
      trials_[number].config = {{"rate", 0.5}};
    }
  }

  TrialStatus& trial(std::int64_t number) { return trials_[static_cast<std::size_t>(number)]; }

  Outcome report(std::int64_t number, std::int64_t iteration, double loss) {
    trial(number).iteration = iteration;
    const Report report{.trial = {number}, .iteration = iteration, .metrics = {{"loss", loss}}};
    Outcome outcome;
    for (const Order& order : scheduler_->on_report(report, trials_).value()) {
      if (const auto* const clone = std::get_if<Clone>(&order.action)) {
        outcome.copies.emplace_back(order.trial.number, clone->donor.number);
        if (copies_happen_) trial(order.trial.number).config = clone->config;
      } else {
        outcome.paused.push_back(order.trial.number);
        trial(order.trial.number).state = TrialState::kPaused;
      }
    }
    return outcome;
  }

  // One synchronous interval: trial i reports losses[i]. What the last report led to.
  Outcome interval(std::int64_t iteration, const std::vector<double>& losses) {
    Outcome last;
    for (std::size_t number = 0; number < losses.size(); ++number) {
      trials_[number].state = TrialState::kRunning;
      last = report(static_cast<std::int64_t>(number), iteration, losses[number]);
    }
    return last;
  }

  std::optional<TrialId> next() const { return scheduler_->next_to_resume(trials_, false); }

  const Space space_ = space_of(R"({"rate": {"float": [0, 1]}})");
  std::optional<PbtScheduler> scheduler_;
  std::vector<TrialStatus> trials_;
  bool copies_happen_ = true;
};

TEST_F(PbtSchedulerTest, AQuantileOfZeroCopiesNothing) {
  begin(4, {.quantile = 0, .synchronous = true});

  EXPECT_THAT(interval(5, {1, 2, 3, kNaN}).copies, IsEmpty());
}

TEST_F(PbtSchedulerTest, TheWorstShareCopiesTheBestShare) {
  begin(8, {.quantile = 0.25, .synchronous = true});

  const Outcome outcome = interval(5, {5, 8, 1, 4, 7, 2, 3, 6});

  ASSERT_THAT(outcome.copies, SizeIs(2));
  for (const auto& [copier, donor] : outcome.copies) {
    EXPECT_TRUE(copier == 1 || copier == 4) << copier;
    EXPECT_TRUE(donor == 2 || donor == 5) << donor;
  }
}

TEST_F(PbtSchedulerTest, AShareIsRoundedUp) {
  begin(5, {.quantile = 0.25, .synchronous = true});

  EXPECT_THAT(interval(5, {1, 2, 3, 4, 5}).copies, SizeIs(2));
}

TEST_F(PbtSchedulerTest, AtAHalfOfAnOddNumberTheMiddleNeitherCopiesNorIsCopied) {
  begin(5, {.quantile = 0.5, .synchronous = true});

  const Outcome outcome = interval(5, {1, 2, 3, 4, 5});

  ASSERT_THAT(outcome.copies, SizeIs(2));
  for (const auto& [copier, donor] : outcome.copies) {
    EXPECT_GE(copier, 3);
    EXPECT_LE(donor, 1);
  }
}

TEST_F(PbtSchedulerTest, ATrialAloneCopiesNobody) {
  begin(1, {.quantile = 0.5});

  EXPECT_THAT(report(0, 5, 1).copies, IsEmpty());
}

TEST_F(PbtSchedulerTest, WhatCountsIsTheNewestReport) {
  begin(4, {.synchronous = true});
  interval(5, {1, 2, 3, 4});

  // The best of before is the worst now, and the other way round.
  const Outcome outcome = interval(10, {9, 2, 3, 1});

  EXPECT_THAT(outcome.copies, ElementsAre(std::pair(0, 3)));
}

TEST_F(PbtSchedulerTest, ATrialThatDoesWellNeverRollsBack) {
  begin(4, {});
  for (std::int64_t number = 0; number < 4; ++number) report(number, 4, static_cast<double>(number));

  for (std::int64_t iteration = 5; iteration < 40; ++iteration) {
    EXPECT_THAT(report(0, iteration, 0).copies, IsEmpty());
    EXPECT_THAT(report(1, iteration, 1).copies, IsEmpty());
  }
}

TEST_F(PbtSchedulerTest, WhatIsNotFiniteIsNeitherCountedNorCopied) {
  begin(6, {.quantile = 0.5, .synchronous = true});

  const Outcome outcome = interval(5, {kNaN, -std::numeric_limits<double>::infinity(), 1, 2, 3, 4});

  std::vector<std::int64_t> copiers;
  for (const auto& [copier, donor] : outcome.copies) {
    copiers.push_back(copier);
    EXPECT_THAT(donor, AllOf(Ge(2), Lt(4)));
  }
  EXPECT_THAT(copiers, ElementsAre(0, 1, 4, 5)) << "two of the four that have values, as if there were no others";
}

TEST_F(PbtSchedulerTest, ADivergedTrialCopiesTheOnlyOneThatHasAValue) {
  begin(2, {.synchronous = true});

  EXPECT_THAT(interval(5, {1, kNaN}).copies, ElementsAre(std::pair(1, 0)));
}

TEST_F(PbtSchedulerTest, TheCopyHasItsDonorsTime) {
  begin(2, {});
  report(0, 8, 1);
  ASSERT_THAT(report(1, 5, 2).copies, ElementsAre(std::pair(1, 0)));

  EXPECT_THAT(report(1, 12, 2).copies, IsEmpty());
  EXPECT_THAT(report(1, 13, 2).copies, ElementsAre(std::pair(1, 0)));
}

TEST_F(PbtSchedulerTest, NobodyRepeatsMoreThanItHasBehindIt) {
  begin(2, {});
  report(0, 6, 1);
  ASSERT_THAT(report(1, 11, 2).copies, ElementsAre(std::pair(1, 0))) << "5 of 6 iterations again";

  EXPECT_THAT(report(1, 11, 2).copies, IsEmpty()) << "5 more would be 10 of 6";

  report(0, 16, 1);
  EXPECT_THAT(report(1, 16, 2).copies, ElementsAre(std::pair(1, 0))) << "nothing again";
}

TEST_F(PbtSchedulerTest, WhoIsAheadGivesItsSlotToWhoIsBehindAndIsJudgedWhenItsTurnComes) {
  begin(4, {});
  for (std::int64_t number = 2; number < 4; ++number) trial(number).state = TrialState::kPaused;
  report(2, 1, 9);
  report(3, 1, 9);

  EXPECT_THAT(report(0, 5, 4).paused, ElementsAre(0)) << "not judged, though it would be the worst of these";
  EXPECT_EQ(next(), TrialId{2});
  trial(2).state = TrialState::kRunning;
  EXPECT_THAT(report(1, 5, 1).paused, ElementsAre(1));
  trial(3).state = TrialState::kRunning;
  EXPECT_THAT(report(2, 5, 2).copies, IsEmpty()) << "nobody waits who is behind it";
  const Outcome outcome = report(2, 10, 2);

  EXPECT_THAT(outcome.paused, ElementsAre(2));
  EXPECT_THAT(outcome.copies, IsEmpty()) << "trial 0 is next, and trial 3 is worse";
  trial(3).state = TrialState::kRunning;
  EXPECT_EQ(next(), TrialId{0});
}

TEST_F(PbtSchedulerTest, AWaitingTrialIsTakenBackByNobody) {
  begin(3, {});
  report(1, 5, 1);
  trial(1).state = TrialState::kPaused;  // Good, and an interval behind.
  report(2, 10, 2);

  const Outcome outcome = report(0, 10, 3);

  EXPECT_THAT(outcome.paused, ElementsAre(0)) << "it waits for its turn, and does not copy an older state";
  EXPECT_THAT(outcome.copies, IsEmpty());
}

TEST_F(PbtSchedulerTest, WhoseTurnComesMayCopy) {
  begin(3, {});
  report(1, 4, 5);
  trial(1).state = TrialState::kPaused;
  ASSERT_THAT(report(0, 5, 9).paused, ElementsAre(0));
  trial(1).state = TrialState::kRunning;
  ASSERT_THAT(report(2, 5, 1).paused, IsEmpty()) << "nobody waits who is behind it";

  const Outcome outcome = report(2, 10, 1);

  EXPECT_THAT(outcome.paused, ElementsAre(2));
  EXPECT_THAT(outcome.copies, ElementsAre(std::pair(0, 2)));
}

TEST_F(PbtSchedulerTest, ADonorThatIsToBeTriedAgainIsNotCopied) {
  begin(2, {});
  report(0, 8, 1);
  trial(0).state = TrialState::kPending;  // From an older state than it reported last.

  EXPECT_THAT(report(1, 5, 2).copies, IsEmpty());
}

TEST_F(PbtSchedulerTest, ACopyThatFailsTwiceIsTriedAgainAnIntervalLater) {
  copies_happen_ = false;
  begin(2, {});
  report(0, 5, 1);

  EXPECT_THAT(report(1, 5, 2).copies, SizeIs(1));
  EXPECT_THAT(report(1, 6, 2).copies, SizeIs(1));
  for (std::int64_t iteration = 7; iteration < 12; ++iteration)
    EXPECT_THAT(report(1, iteration, 2).copies, IsEmpty()) << iteration;
  report(0, 12, 1);
  EXPECT_THAT(report(1, 12, 2).copies, SizeIs(1));
}

TEST_F(PbtSchedulerTest, WhoComesBackFromAPauseWithoutItsStateTakesNoMorePart) {
  begin(3, {});
  report(1, 2, 1);
  trial(1).state = TrialState::kPaused;
  ASSERT_THAT(report(0, 5, 9).paused, ElementsAre(0));
  trial(0).state = TrialState::kRunning;

  for (std::int64_t iteration = 1; iteration < 30; ++iteration) {
    const Outcome outcome = report(0, iteration, 9);
    ASSERT_THAT(outcome.paused, IsEmpty());
    ASSERT_THAT(outcome.copies, IsEmpty());
  }
}

TEST_F(PbtSchedulerTest, ASynchronousIntervalDoesNotWaitForWhoSavesNothing) {
  begin(3, {.synchronous = true});
  interval(5, {1, 2, 3});
  for (TrialStatus& each : trials_) each.state = TrialState::kRunning;
  report(0, 1, 1);
  report(0, 2, 1);

  EXPECT_THAT(report(1, 10, 1).paused, ElementsAre(1));
  EXPECT_THAT(report(2, 10, 2).copies, ElementsAre(std::pair(2, 1)));
}

}  // namespace
}  // namespace manta::pbt_scheduler_test
