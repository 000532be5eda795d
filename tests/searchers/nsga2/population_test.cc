// SPDX-License-Identifier: Apache-2.0
#include "searchers/nsga2/population.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace manta::internal::population_test {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::UnorderedElementsAre;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

class PopulationTest : public ::testing::Test {
 protected:
  void tell(const Metrics& metrics, TrialState state = TrialState::kCompleted) {
    const auto trial = static_cast<std::int64_t>(history_.size());
    const Config config{{"x", static_cast<double>(trial) / 100}};
    history_.tell({.trial = {trial},
                   .config = config,
                   .state = state,
                   .iteration = 1,
                   .value = metrics.find("error"),
                   .metrics = &metrics});
  }
  std::vector<std::size_t> places(std::size_t size) const {
    std::vector<std::size_t> found;
    for (const PopulationMember& member : Population(size).members(history_)) found.push_back(member.place);
    return found;
  }

  const UnitCube cube_{parse_space(R"({"x": {"float": [0, 1]}})").value()};
  History history_{cube_,
                   Objective{"error"},
                   {.objectives = {{"gain", Mode::kMax}}, .constraints = {MetricCondition::parse("ms<=20").value()}}};
};

TEST_F(PopulationTest, FrontsComeInOrderAndWhoStandsAloneBeforeTheCrowd) {
  tell({{"error", 5}, {"gain", 1}, {"ms", 1}});   // Behind.
  tell({{"error", 0}, {"gain", 0}, {"ms", 1}});   // First by one objective,
  tell({{"error", 1}, {"gain", 2}, {"ms", 1}});   // crowded,
  tell({{"error", 2}, {"gain", 3}, {"ms", 1}});   // less crowded,
  tell({{"error", 9}, {"gain", 10}, {"ms", 1}});  // and last.

  EXPECT_THAT(places(10), ElementsAre(1, 4, 3, 2, 0));
  EXPECT_THAT(places(3), ElementsAre(1, 4, 3));
}

TEST_F(PopulationTest, WhoLacksAnObjectiveTakesNoPart) {
  tell({{"error", 1}, {"ms", 1}});
  tell({{"error", 1}, {"gain", kInfinity}, {"ms", 1}});
  tell({{"gain", 1}, {"ms", 1}});
  tell({{"error", 1}, {"gain", 1}, {"ms", 1}}, TrialState::kFailed);
  tell({{"error", 1}, {"gain", 1}, {"ms", 1}}, TrialState::kInfeasible);
  tell({{"error", 1}, {"gain", 1}, {"ms", 1}}, TrialState::kRunning);

  EXPECT_THAT(places(10), ElementsAre(5));
}

TEST_F(PopulationTest, WhoBreaksAConstraintComesBehindByHowMuch) {
  tell({{"error", 0}, {"gain", 9}, {"ms", 50}});
  tell({{"error", 0}, {"gain", 9}});
  tell({{"error", 0}, {"gain", 9}, {"ms", 21}});
  tell({{"error", 8}, {"gain", 1}, {"ms", 20}});

  EXPECT_THAT(places(10), ElementsAre(3, 2, 0, 1));
}

TEST_F(PopulationTest, SurvivorsOfAGenerationCompeteWithTheNext) {
  for (const double error : {3, 9, 7, 1, 8, 2}) tell({{"error", error}, {"gain", 0}, {"ms", 1}});

  EXPECT_THAT(places(2), UnorderedElementsAre(3, 5));
}

TEST_F(PopulationTest, WhoEndsAfterItsGenerationStillComesIn) {
  const auto tell_late = [&](std::int64_t trial, double error) {
    const Config config{{"x", 0.5}};
    const Metrics metrics{{"error", error}, {"gain", 0}, {"ms", 1}};
    history_.tell({.trial = {trial},
                   .config = config,
                   .state = TrialState::kCompleted,
                   .iteration = 1,
                   .value = error,
                   .metrics = &metrics});
  };
  Population population(2);
  for (std::int64_t trial = 0; trial < 6; ++trial) history_.suggest({trial}, cube_.encode(Config{{"x", 0.5}}));
  for (const std::int64_t trial : {1, 2, 3}) tell_late(trial, static_cast<double>(10 + trial));
  EXPECT_THAT(population.members(history_),
              ElementsAre(Field(&PopulationMember::place, 1), Field(&PopulationMember::place, 2)));
  tell_late(5, 11.5);
  tell_late(0, 1);

  EXPECT_THAT(population.members(history_),
              ElementsAre(Field(&PopulationMember::place, 0), Field(&PopulationMember::place, 1)));
}

TEST_F(PopulationTest, ACopyThatIsToldGoesOnAlike) {
  Population population(2);
  for (const double error : {3, 9, 7, 1, 8}) tell({{"error", error}, {"gain", 0}, {"ms", 1}});
  population.members(history_);
  Population copy(2);

  ASSERT_TRUE(copy.load(population.to_json()));

  EXPECT_EQ(copy.to_json(), population.to_json());
  for (const std::string json : {"", "null", "{}", R"({"taken":2,"survivors":[2],"awaited":[]})",
                                 R"({"taken":2,"survivors":[0.5],"awaited":[]})",
                                 R"({"taken":-1,"survivors":[],"awaited":[]})"})
    EXPECT_FALSE(copy.load(json)) << json;
  EXPECT_EQ(copy.to_json(), population.to_json());
}

TEST_F(PopulationTest, IsEmptyWithoutTrials) { EXPECT_THAT(places(4), ElementsAre()); }

}  // namespace
}  // namespace manta::internal::population_test
