// SPDX-License-Identifier: Apache-2.0
// Who takes part and what goes together: validation, drawing, and how much a space leaves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/search_space.h"

namespace manta::activity_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kNested = R"({
  "degree": {"int": [2, 5], "when": {"kernel": "poly"}}, "kernel": {"choice": ["rbf", "poly"], "when": {"kind": "svm"}},
  "kind": {"choice": ["svm", "tree"]}, "depth": {"int": [1, 8], "when": {"kind": "tree"}},
  "leaves": {"int": [2, 64], "when": {"depth": {">=": 3, "<": 7}}} })";

std::string refusal(const Space& space, const Config& config) {
  const Result<void> valid = space.validate(config);
  return valid ? "" : valid.error().message;
}

TEST(ActivityTest, AConditionOnAnInactiveParameterDoesNotHold) {
  const Space space = space_of(kNested);
  const Value svm = std::string("svm");

  EXPECT_EQ(refusal(space, {{"kind", svm}, {"kernel", std::string("rbf")}}), "");
  EXPECT_EQ(refusal(space, {{"kind", svm}, {"kernel", std::string("poly")}, {"degree", std::int64_t{3}}}), "");
  EXPECT_EQ(refusal(space, {{"kind", std::string("tree")}, {"depth", std::int64_t{7}}}), "") << "7 is not below 7";
  EXPECT_THAT(refusal(space, {{"kind", svm}, {"kernel", std::string("poly")}}), HasSubstr("degree: missing"));
  EXPECT_THAT(refusal(space, {{"kind", std::string("tree")}, {"depth", std::int64_t{3}}}),
              HasSubstr("leaves: missing"));
}

TEST(ActivityTest, AnInactiveParameterMustBeAbsent) {
  EXPECT_THAT(refusal(space_of(kNested),
                      {{"kind", std::string("svm")}, {"kernel", std::string("rbf")}, {"degree", std::int64_t{3}}}),
              AllOf(HasSubstr("degree: takes part only when {\"kernel\":\"poly\"} holds"), HasSubstr("leave it out")));
}

TEST(ActivityTest, EachDrawHasWhatTakesPartAndNothingElse) {
  const Space space = space_of(kNested);
  int with_degree = 0;
  int with_leaves = 0;
  for (std::int64_t trial = 0; trial < 400; ++trial) {
    const Config config = sample(space, 1, trial).value();
    EXPECT_EQ(refusal(space, config), "");
    with_degree += config["degree"].exists() ? 1 : 0;
    with_leaves += config["leaves"].exists() ? 1 : 0;
  }

  EXPECT_NEAR(with_degree, 100, 35) << "a quarter";
  EXPECT_NEAR(with_leaves, 100, 35) << "half of a half";
}

TEST(ActivityTest, AConditionLeavesTheValuesOfAllOthersAlone) {
  const Space free = space_of(R"({"a": {"choice": [1, 2]}, "b": {"float": [0, 1]}})");
  const Space bound = space_of(R"({"a": {"choice": [1, 2]}, "b": {"float": [0, 1], "when": {"a": 1}}})");

  for (std::int64_t trial = 0; trial < 20; ++trial) {
    const Config whole = sample(free, 1, trial).value();
    const Config part = sample(bound, 1, trial).value();
    EXPECT_EQ(part.values().at("a"), whole.values().at("a"));
    if (part["b"].exists()) {
      EXPECT_EQ(part.values().at("b"), whole.values().at("b"));
    }
  }
}

TEST(ConstraintTest, EveryDrawKeepsThem) {
  const Space space = space_of(R"({"hidden": {"int": [16, 512], "log": true}, "layers": {"int": [1, 12]},
                                   "constraints": ["hidden * layers <= 1024", "layers > 1"]})");

  for (std::int64_t trial = 0; trial < 200; ++trial) {
    const Config config = sample(space, 1, trial).value();
    EXPECT_LE(config["hidden"].as<int>() * config["layers"].as<int>(), 1024);
    EXPECT_GT(config["layers"].as<int>(), 1);
  }
}

TEST(ConstraintTest, ATrialThatKeepsThemAtOnceIsAsItWasWithoutThem) {
  const Space free = space_of(R"({"a": {"float": [0, 1]}, "b": {"float": [0, 1]}})");
  const Space bound = space_of(R"({"a": {"float": [0, 1]}, "b": {"float": [0, 1]}, "constraints": ["a < b"]})");
  int same = 0;
  for (std::int64_t trial = 0; trial < 100; ++trial) {
    const Config before = sample(free, 1, trial).value();
    const Config after = sample(bound, 1, trial).value();
    const bool kept = before["a"].as<double>() < before["b"].as<double>();
    EXPECT_EQ(after == before, kept);
    same += kept ? 1 : 0;
  }

  EXPECT_NEAR(same, 50, 20);
}

TEST(ConstraintTest, ABrokenOneIsNamed) {
  const Space space = space_of(R"({"a": {"int": [0, 9]}, "constraints": ["a > 2"]})");

  EXPECT_THAT(refusal(space, {{"a", std::int64_t{1}}}), HasSubstr("breaks the constraint \"a > 2\""));
}

TEST(ConstraintTest, OneThatNamesAnInactiveParameterHolds) {
  const Space space = space_of(R"({"a": {"choice": [1, 2]}, "b": {"int": [0, 9], "when": {"a": 1}},
                                   "constraints": ["a * b > 100"]})");

  EXPECT_EQ(refusal(space, {{"a", std::int64_t{2}}}), "");
  EXPECT_EQ(sample(space, 1, 0).value(), (Config{{"a", std::int64_t{2}}}));
}

TEST(ConstraintTest, ASpaceThatIsLeftEmptyIsToldWithTheWorstConstraint) {
  const Space space = space_of(R"({"a": {"float": [0, 1]}, "constraints": ["a < 0.5", "a > 2"]})");

  const Result<Config> config = sample(space, 1, 0);

  ASSERT_FALSE(config.has_value());
  EXPECT_EQ(config.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(config.error().message, AllOf(HasSubstr("none of 10000 draws"), HasSubstr("\"a > 2\" was broken by")));
}

TEST(CompleteTest, WhatIsGivenStaysAndTheRestIsDrawn) {
  const Space space = space_of(R"({"a": {"int": [0, 9]}, "b": {"int": [0, 9]}, "constraints": ["a < b"]})");

  for (std::int64_t trial = 0; trial < 20; ++trial) {
    const Config config = complete(space, {{"a", std::int64_t{7}}}, 1, trial).value();
    EXPECT_EQ(config["a"].as<int>(), 7);
    EXPECT_GT(config["b"].as<int>(), 7);
  }
  EXPECT_EQ(complete(space, {}, 1, 3).value(), sample(space, 1, 3).value());
}

TEST(CompleteTest, WhatIsGivenTakesPart) {
  const Space space = space_of(kNested);

  for (std::int64_t trial = 0; trial < 20; ++trial) {
    const Config config = complete(space, {{"degree", std::int64_t{3}}}, 1, trial).value();
    EXPECT_EQ(config["kind"].as<std::string>(), "svm");
    EXPECT_EQ(config["kernel"].as<std::string>(), "poly");
  }
  EXPECT_THAT(complete(space, {{"degree", std::int64_t{3}}, {"kind", std::string("tree")}}, 1, 0).error().message,
              HasSubstr("degree is given a value, but takes part only when"));
}

TEST(FeasibilityTest, TheShareAndTheBrokenConstraintsAreCounted) {
  const Space space = space_of(R"({"a": {"float": [0, 1]}, "constraints": ["a < 0.5", "a < 0.25"]})");

  const Feasibility feasibility = measure_feasibility(space, 1, 1000);

  EXPECT_EQ(feasibility.draws, 1000);
  EXPECT_NEAR(feasibility.feasible, 250, 50);
  EXPECT_NEAR(feasibility.broken.at(0), 500, 60);
  EXPECT_EQ(feasibility.broken.at(1), 1000 - feasibility.feasible);
}

TEST(FeasibilityTest, WithoutConstraintsAllIsFeasible) {
  EXPECT_EQ(measure_feasibility(space_of(kNested), 1, 50).feasible, 50);
}

}  // namespace
}  // namespace manta::activity_test
