// SPDX-License-Identifier: Apache-2.0
// The end of an experiment, from values.
#include "tune/cli/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace manta::summary_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const ExperimentLabel kLabel{"net", {"loss", Mode::kMin}, "runs/net 1"};
const TextStyle kStyle{.width = 80, .height = 24};

TrialStatus trial(std::int64_t number, TrialState state, std::optional<double> best, double lr = 0.5) {
  TrialStatus status;
  status.id = {number};
  status.config = {{"lr", lr}, {"layers", std::int64_t{2}}};
  status.state = state;
  status.attempt = 1;
  status.iteration = 4;
  status.seconds = 2;
  status.value = best;
  status.best_value = best;
  return status;
}

TEST(BestTrialTest, TheBestIsByModeAndTheFirstOfEquals) {
  const std::vector<TrialStatus> trials{trial(0, TrialState::kFailed, std::nullopt), trial(1, TrialState::kStopped, 2),
                                        trial(2, TrialState::kCompleted, 1), trial(3, TrialState::kCompleted, 1)};

  EXPECT_EQ(best_trial(trials, {"loss", Mode::kMin})->id, TrialId{2});
  EXPECT_EQ(best_trial(trials, {"loss", Mode::kMax})->id, TrialId{1});
  EXPECT_EQ(best_trial({}, {"loss", Mode::kMin}), nullptr);
  EXPECT_EQ(best_trial(std::span(trials).first(1), {"loss", Mode::kMin}), nullptr);
}

TEST(SummaryTextTest, ItHasTableCountsBestConfigurationAndTheCommand) {
  const std::vector<TrialStatus> trials{trial(0, TrialState::kStopped, 2), trial(1, TrialState::kCompleted, 0.125),
                                        trial(2, TrialState::kFailed, std::nullopt)};

  EXPECT_EQ(summary_text(trials, kLabel, kStyle),
            " trial  state                loss   iter       time  config\n"
            "     1  completed           0.125      4      2.0 s  layers=2 lr=0.5\n"
            "     0  stopped                 2      4      2.0 s  layers=2 lr=0.5\n"
            "     2  failed                  -      4      2.0 s  layers=2 lr=0.5\n"
            "\n"
            "3 trials: 1 completed, 1 stopped, 1 failed\n"
            "best loss: 0.125 (trial 1)\n"
            "{\"layers\":2,\"lr\":0.5}\n"
            "results: runs/net 1\n"
            "look at them: sqlite3 'runs/net 1/experiment.db' 'select * from best_trials limit 10'\n");
}

TEST(SummaryTextTest, WhereTrialsWereRepeatedTheBestMeanIsThereToo) {
  const std::vector<TrialStatus> trials{trial(0, TrialState::kCompleted, 2), trial(1, TrialState::kCompleted, 1)};
  ExperimentLabel label = kLabel;
  label.has_repeats = true;

  const std::string text = summary_text(trials, label, kStyle);

  EXPECT_NE(text.find("best loss: 1.0 (trial 1)\n{\"layers\":2,\"lr\":0.5}\n"
                      "best by the mean: 1.5 ± 0.5, the mean of trials 0 and 1\n{\"layers\":2,\"lr\":0.5}\n"),
            std::string::npos)
      << text;
}

TEST(SummaryTextTest, TheTableHasTenRowsAndCountsTheRest) {
  std::vector<TrialStatus> trials;
  for (int number = 0; number < 12; ++number) trials.push_back(trial(number, TrialState::kCompleted, 12 - number));

  const std::string text = summary_text(trials, kLabel, kStyle);

  EXPECT_THAT(text, AllOf(HasSubstr("\n    11  completed"), HasSubstr("\n     2  completed"), HasSubstr("and 2 more\n"),
                          Not(HasSubstr("\n     1  completed"))));
}

TEST(SummaryTextTest, ANarrowWindowStillShowsSomeOfTheConfiguration) {
  const std::string text = summary_text(std::vector{trial(0, TrialState::kCompleted, 1)}, kLabel, {.width = 20});

  EXPECT_THAT(text, HasSubstr("layers=2"));
}

TEST(SummaryTextTest, WithoutAValueItSaysSo) {
  EXPECT_THAT(summary_text({}, kLabel, kStyle),
              AllOf(HasSubstr("0 trials: no trials"), HasSubstr("no trial has a finite loss")));
}

class WarningsTest : public ::testing::Test {
 protected:
  std::vector<std::string> warn(double lr) const {
    return warnings(std::vector{trial(0, TrialState::kCompleted, 1, lr)}, space_, kLabel);
  }

  Space space_{{{"lr", FloatDomain{1e-4, 1, true}}, {"layers", IntDomain{1, 8}}}};
};

TEST_F(WarningsTest, AllIsWellInside) { EXPECT_THAT(warn(0.01), IsEmpty()); }

TEST_F(WarningsTest, ABestOnABoundIsNamed) {
  EXPECT_THAT(warn(1e-4), ElementsAre(AllOf(HasSubstr("lr=1e-04 (lower)"), HasSubstr("bound"))));
  EXPECT_THAT(warn(0.999), ElementsAre(HasSubstr("(upper)")));
}

TEST_F(WarningsTest, ABestOnTheBoundOfIntegersOrStepsIsNamed) {
  space_ = Space({{"layers", IntDomain{2, 8}}, {"lr", FloatDomain{0, 0.5, false, 0.25}}});

  EXPECT_THAT(warn(0.5), ElementsAre(AllOf(HasSubstr("layers=2 (lower)"), HasSubstr("lr=0.5 (upper)"))));
}

TEST_F(WarningsTest, ChoicesHaveNoBound) {
  space_ = Space({{"layers", ChoiceDomain{{std::int64_t{2}, std::int64_t{3}}}}, {"lr", ConstantDomain{0.5}}});

  EXPECT_THAT(warn(0.5), IsEmpty());
}

TEST_F(WarningsTest, FailuresAreCountedWithTheFirstCauseAndLog) {
  std::vector<TrialStatus> trials{trial(0, TrialState::kCompleted, 1), trial(1, TrialState::kFailed, std::nullopt),
                                  trial(2, TrialState::kFailed, std::nullopt)};
  trials[1].cause = "killed by signal 9";

  const auto lines = warnings(trials, space_, kLabel);

  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_EQ(lines[0], "2 of 3 trials failed; the first, trial 1: killed by signal 9; log: runs/net 1/logs/1/1.log");
}

TEST(ResumeCommandTest, ItCanBePasted) {
  EXPECT_EQ(resume_command("./tune_run", "runs/net-1"), "./tune_run --resume runs/net-1");
  EXPECT_EQ(resume_command("tune run", "a b"), "'tune run' --resume 'a b'");
}

}  // namespace
}  // namespace manta::summary_test
