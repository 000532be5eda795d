// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/trial_front.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace manta::trial_front_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class TrialFrontTest : public ::testing::Test {
 protected:
  void add(const Metrics& metrics, TrialState state = TrialState::kCompleted) {
    TrialRecord record;
    record.status.id = {static_cast<std::int64_t>(trials_.size())};
    record.status.config = Config{{"x", static_cast<double>(trials_.size())}};
    record.status.state = state;
    metrics_[record.status.id] = metrics;
    trials_.push_back(record);
  }
  TrialFront front() const { return trial_front(spec_, trials_, metrics_); }
  std::vector<std::size_t> places() const {
    std::vector<std::size_t> found;
    for (const TrialFront::Member& member : front().members) found.push_back(member.place);
    return found;
  }

  const MetricCondition constraint_ = MetricCondition::parse("mb < 100").value();
  ExperimentSpec spec_{.name = "net",
                       .objective = {"accuracy", Mode::kMax},
                       .json = "{}",
                       .created = {},
                       .further = {.objectives = {{"ms"}}, .constraints = {constraint_}}};
  std::vector<TrialRecord> trials_;
  std::map<TrialId, Metrics> metrics_;
};

TEST_F(TrialFrontTest, HasTheBestByTheFirstMetricFirst) {
  add({{"accuracy", 0.5}, {"ms", 1}, {"mb", 1}});
  add({{"accuracy", 0.9}, {"ms", 9}, {"mb", 1}});
  add({{"accuracy", 0.4}, {"ms", 2}, {"mb", 1}});
  add({{"accuracy", 0.7}, {"ms", 4}, {"mb", 1}});

  EXPECT_THAT(places(), ElementsAre(1, 3, 0));
  EXPECT_THAT(front().members[1].values, ElementsAre(0.7, 4));
}

TEST_F(TrialFrontTest, LeavesOutWhoIsNoCandidate) {
  add({{"accuracy", 0.9}, {"mb", 1}});
  add({{"accuracy", 0.9}, {"ms", std::numeric_limits<double>::infinity()}, {"mb", 1}});
  add({{"accuracy", 0.9}, {"ms", 1}, {"mb", 100}});
  add({{"accuracy", 0.9}, {"ms", 1}, {"mb", 1}}, TrialState::kInfeasible);
  add({{"accuracy", 0.1}, {"ms", 7}, {"mb", 1}});

  EXPECT_THAT(places(), ElementsAre(4));
  EXPECT_THAT(front().volumes, ElementsAre(1)) << "it is the box";
}

TEST_F(TrialFrontTest, ItsHypervolumeGrowsWithTheTrials) {
  add({{"accuracy", 0}, {"ms", 10}, {"mb", 1}});
  add({{"accuracy", 0.5}, {"ms", 5}, {"mb", 1}});
  add({{"accuracy", 0.25}, {"ms", 9}, {"mb", 1}});
  add({{"accuracy", 1}, {"ms", 8}, {"mb", 1}});
  add({{"accuracy", 0}, {"ms", 0}, {"mb", 1}});

  EXPECT_THAT(front().volumes, ElementsAre(0, 0.25, 0.25, 0.35, 0.35));
  EXPECT_EQ(volumes_text(front()), "0, 0.25, 0.25, 0.35 after 1, 2, 3, 5 trials");
}

TEST_F(TrialFrontTest, OfFewTrialsThereIsNoCourse) {
  add({{"accuracy", 0}, {"ms", 10}, {"mb", 1}});

  EXPECT_EQ(volumes_text(front()), "");
}

TEST_F(TrialFrontTest, ItsTableHasAColumnForEachMetricAndSaysWhatItLeavesOut) {
  for (int i = 0; i < 5; ++i) add({{"accuracy", 0.1 * i}, {"ms", 1.5 * i}, {"mb", 1}});
  const TextStyle style{};

  const std::string text = front_text(front(), trials_, 3, style);

  EXPECT_THAT(text, HasSubstr("5 of 5 trials are in the Pareto front\n trial "));
  EXPECT_THAT(text, HasSubstr("accuracy"));
  EXPECT_THAT(text, HasSubstr("x=4\n"));
  EXPECT_THAT(text, Not(HasSubstr("x=1\n")));
  EXPECT_THAT(text, HasSubstr("and 2 more\n"));
}

TEST_F(TrialFrontTest, WithoutCandidatesItSaysSo) {
  EXPECT_THAT(front_text(front(), trials_, 3, {}), HasSubstr("no trial has all metrics"));
}

}  // namespace
}  // namespace manta::trial_front_test
