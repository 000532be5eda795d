// SPDX-License-Identifier: Apache-2.0
#include "searchers/curves/learning_curves.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

namespace manta::learning_curves_test {
namespace {

using curves::chosen_reports;
using curves::Curve;
using curves::LearningCurves;
using curves::Mark;
using curves::Observed;

std::vector<std::int64_t> iterations_of(const Curve& curve) {
  std::vector<std::int64_t> iterations;
  for (const Mark& mark : curve.marks) iterations.push_back(mark.iteration);
  return iterations;
}

LearningCurves with_curves(std::int64_t trials, std::int64_t iterations) {
  LearningCurves curves;
  for (std::int64_t trial = 0; trial < trials; ++trial) {
    for (std::int64_t i = 1; i <= iterations; ++i)
      curves.report(trial, std::vector{0.5}, {i, static_cast<double>(trial)});
  }
  return curves;
}

TEST(LearningCurvesTest, AMarkIsHalfAsFarAgainAsTheOneBefore) {
  std::vector<std::int64_t> marks{1};
  while (marks.back() < 50) marks.push_back(curves::next_mark(marks.back()));
  EXPECT_THAT(marks, ::testing::ElementsAre(1, 2, 3, 4, 6, 9, 13, 19, 28, 42, 63));
}

TEST(LearningCurvesTest, KeepsTheReportsAtMarksAndTheLast) {
  const LearningCurves curves = with_curves(1, 11);

  ASSERT_EQ(curves.size(), 1u);
  EXPECT_THAT(iterations_of(curves[0]), ::testing::ElementsAre(1, 2, 3, 4, 6, 9, 11));
  EXPECT_EQ(curves.marks(), 7u);
  EXPECT_EQ(curves.furthest(), 11);
}

TEST(LearningCurvesTest, ATrialThatGoesBackForgetsWhatItSaidOfLaterIterations) {
  LearningCurves curves = with_curves(1, 9);

  curves.report(0, std::vector{0.5}, {3, 7.0});

  EXPECT_THAT(iterations_of(curves[0]), ::testing::ElementsAre(1, 2, 3));
  EXPECT_EQ(curves[0].last().loss, 7);
  EXPECT_EQ(curves.marks(), 3u);
}

TEST(LearningCurvesTest, TheBestIsOfAllReports) {
  LearningCurves curves;
  EXPECT_TRUE(std::isinf(curves.best()));

  for (const double loss : {3.0, 1.0, 2.0}) curves.report(4, std::vector{0.5}, {5, loss});

  EXPECT_EQ(curves.best(), 1);
}

TEST(LearningCurvesTest, JsonIsReadAsItWasWritten) {
  LearningCurves curves = with_curves(3, 8);
  curves.report(9, std::vector{std::nan("")}, {1, 1.0 / 3});
  LearningCurves copy;

  ASSERT_TRUE(copy.load(curves.to_json(), 1).has_value());

  EXPECT_EQ(copy.to_json(), curves.to_json());
  EXPECT_EQ(copy.marks(), curves.marks());
  EXPECT_EQ(copy.furthest(), curves.furthest());
  EXPECT_EQ(copy.place_of(9), 3u);
}

TEST(LearningCurvesTest, DamagedJsonIsRefusedAndChangesNothing) {
  LearningCurves curves = with_curves(2, 2);
  const std::string before = curves.to_json();
  for (const std::string json :
       {"", "[]", "{}", R"({"best":1})", R"({"best":1,"curves":[[1,[0.5],[]]]})", R"({"best":1,"curves":[[1,[],[[1,2]]]]})",
        R"({"best":1,"curves":[[1,[0.5],[[1,2]]],[1,[0.5],[[1,2]]]]})", R"({"best":"x","curves":[]})"}) {
    EXPECT_FALSE(curves.load(json, 1).has_value()) << json;
    EXPECT_EQ(curves.to_json(), before);
  }
}

TEST(ChosenReportsTest, FewAreAllChosenUpToSixOfEach) {
  const LearningCurves curves = with_curves(2, 42);  // Ten marks each.

  const std::vector<Observed> chosen = chosen_reports(curves, 100);

  EXPECT_EQ(chosen.size(), 12u);
  EXPECT_EQ(chosen.front().mark, 0u);
  EXPECT_EQ(chosen.back().mark, curves[1].marks.size() - 1);
}

TEST(ChosenReportsTest, OfManyCurvesTheLastReportsOfTheBestAndTheNewest) {
  const LearningCurves curves = with_curves(50, 9);

  const std::vector<Observed> chosen = chosen_reports(curves, 20);

  std::set<std::size_t> places;
  for (const Observed& one : chosen) {
    places.insert(one.curve);
    EXPECT_EQ(one.mark, curves[one.curve].marks.size() - 1);
  }
  ASSERT_EQ(places.size(), 20u);
  for (std::size_t place = 0; place < 10; ++place) EXPECT_TRUE(places.contains(place)) << place;
  for (std::size_t place = 40; place < 50; ++place) EXPECT_TRUE(places.contains(place)) << place;
}

}  // namespace
}  // namespace manta::learning_curves_test
