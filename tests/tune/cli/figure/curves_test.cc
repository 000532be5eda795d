// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/figure/curves.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace manta::figure::curves_test {
namespace {

using ::testing::ElementsAre;

// "0: 1/10 2/20 | 1 exploit 0: 3/30", a gap as "-".
std::string text_of(const std::vector<Curve>& curves) {
  std::string text;
  for (const Curve& curve : curves) {
    text += (text.empty() ? "" : " | ") + to_string(curve.trial);
    if (curve.exploit) text += " exploit " + std::to_string(*curve.exploit);
    text += ":";
    for (const Point& point : curve.points) {
      text += std::isnan(point.x) ? " -" : " " + short_number(point.x, 6) + "/" + short_number(point.y, 6);
    }
  }
  return text;
}

TEST(LearningCurvesTest, ReportsOfEachTrialAreOneCurve) {
  EXPECT_EQ(text_of(learning_curves({})), "");
  const std::vector<Observation> seen{{{1}, 1, 1, 10}, {{0}, 1, 1, 5}, {{1}, 1, 2, 20}, {{1}, 2, 3, 30}};

  EXPECT_EQ(text_of(learning_curves(seen)), "0: 1/5 | 1: 1/10 2/20 3/30") << "a pause is no gap";
}

TEST(LearningCurvesTest, WhatFellBackBeginsBehindAGap) {
  const std::vector<Observation> seen{{{0}, 1, 1, 1}, {{0}, 1, 2, 2}, {{0}, 2, 2, 3}, {{0}, 2, 3, 4}};

  EXPECT_EQ(text_of(learning_curves(seen)), "0: 1/1 2/2 - 2/3 3/4");
}

TEST(LearningCurvesTest, ACopyBeginsWhereItsDonorStood) {
  PbtExploit exploit{{1}, {0}, 3, {}, {}};
  exploit.own_iteration = 2;
  const std::vector<Observation> seen{{{0}, 1, 1, 10}, {{1}, 1, 1, 1},  {{0}, 1, 2, 20},
                                      {{1}, 1, 2, 2},  {{0}, 1, 3, 30}, {{1}, 2, 4, 31}};

  EXPECT_EQ(text_of(learning_curves(seen, {&exploit, 1})), "0: 1/10 2/20 3/30 | 1: 1/1 2/2 | 1 exploit 0: 3/30 4/31");
}

TEST(LearningCurvesTest, APauseBeforeTheCopyIsNotTakenForIt) {
  PbtExploit exploit{{0}, {1}, 4, {}, {}};
  exploit.own_iteration = 4;
  const std::vector<Observation> seen{{{0}, 1, 2, 1}, {{0}, 2, 4, 2}, {{0}, 3, 5, 3}};

  EXPECT_EQ(text_of(learning_curves(seen, {&exploit, 1})), "0: 2/1 4/2 | 0 exploit 0: 4/nan 5/3");
}

TEST(SelectTrialsTest, FewAreAllDrawnInFull) {
  const Selection selection = select_trials(3, {{1}});

  EXPECT_THAT(selection.trials, ElementsAre(TrialId{0}, TrialId{1}, TrialId{2}));
  EXPECT_EQ(selection.points, 600u);
  EXPECT_TRUE(select_trials(0, {}).trials.empty());
}

TEST(SelectTrialsTest, OfManySomeAreDrawnAndThoseThatAreWanted) {
  const Selection selection = select_trials(100'000, {{77'777}});

  EXPECT_LE(selection.trials.size(), 150u);
  EXPECT_GE(selection.trials.size(), 145u);
  EXPECT_TRUE(selection.trials.contains({77'777}));
  EXPECT_GT(selection.trials.rbegin()->number, 99'000);
  EXPECT_EQ(selection.points, 160u);
}

TEST(ThinLinesTest, EachTrialIsOneLineWithItsCurvesApart) {
  const std::vector<Curve> curves{{{0}, {}, {{1, 1}, {2, 2}}}, {{0}, 0, {{2, 3}}}, {{1}, {}, {{1, 1}}}, {{2}, {}, {}}};
  bool is_thinned = false;

  const std::vector<Line> lines = thin_lines(curves, {{{0}, {2}}, 100}, is_thinned);

  ASSERT_EQ(lines.size(), 2u);
  ASSERT_EQ(lines[0].points.size(), 4u);
  EXPECT_TRUE(std::isnan(lines[0].points[2].y));
  EXPECT_FALSE(is_thinned);
  thin_lines({{{0}, {}, std::vector<Point>(200, Point{1, 1})}}, {{{0}}, 100}, is_thinned);
  EXPECT_TRUE(is_thinned);
}

TEST(ScaleTest, OnlyPositiveValuesOverManyPowersAreDrawnLogarithmically) {
  const auto scale = [](std::vector<double> values) {
    std::vector<Observation> seen;
    for (const double value : values) seen.push_back({{0}, 1, 1, value});
    return scale_of(seen);
  };

  EXPECT_EQ(scale({1e-3, 2, std::nan("")}), Axis::Scale::kLog);
  EXPECT_EQ(scale({0.01, 2}), Axis::Scale::kLinear);
  EXPECT_EQ(scale({-1, 2, 3e6}), Axis::Scale::kLinear);
  EXPECT_EQ(scale({}), Axis::Scale::kLinear);
}

}  // namespace
}  // namespace manta::figure::curves_test
