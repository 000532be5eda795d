// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/figure/experiment_figure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace manta::figure::experiment_figure_test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// "0/1 5/1 - 5/2", a gap as "-".
std::string text_of(const std::vector<Point>& points) {
  std::string text;
  for (const Point& point : points) {
    text += text.empty() ? "" : " ";
    text += std::isnan(point.y) ? "-" : short_number(point.x, 6) + "/" + short_number(point.y, 6);
  }
  return text;
}

std::vector<std::string> lines_of(const Panel& panel, Line::Style style) {
  std::vector<std::string> found;
  for (const Line& line : panel.lines)
    if (line.style == style) found.push_back(text_of(line.points));
  return found;
}

class ExperimentFigureTest : public ::testing::Test {
 protected:
  void add_trial(Config config, TrialState state = TrialState::kCompleted) {
    TrialStatus trial;
    trial.id = {static_cast<std::int64_t>(input_.trials.size())};
    trial.config = std::move(config);
    trial.state = state;
    input_.trials.push_back(trial);
  }

  // A report, with what it changes of its trial.
  void report(std::int64_t number, int attempt, std::int64_t iteration, double value) {
    input_.observations.push_back({{number}, attempt, iteration, value});
    TrialStatus& trial = input_.trials[static_cast<std::size_t>(number)];
    trial.iteration = iteration;
    trial.value = value;
    if (std::isfinite(value) && (!trial.best_value || value < *trial.best_value)) trial.best_value = value;
  }

  Figure figure() const { return experiment_figure(input_); }

  FigureInput input_{.name = "net",
                     .scheduler = "fifo",
                     .objective = {"loss", Mode::kMin},
                     .space = parse_space(R"({"lr": {"float": [1e-4, 1], "log": true}, "k": 3,
                         "act": {"choice": ["a", "b"]}, "width": {"ordinal": [16, 64]}})")
                                  .value(),
                     .trials = {},
                     .observations = {},
                     .population = std::nullopt};
};

TEST_F(ExperimentFigureTest, OfTrialsThatReportOftenItHasCurvesAndTheBestSoFar) {
  add_trial({});
  add_trial({});
  report(0, 1, 1, 5);
  report(1, 1, 1, 6);
  report(0, 1, 2, 5.5);
  report(1, 1, 2, 2);

  const Figure drawn = figure();

  EXPECT_EQ(drawn.title, "net: loss, smaller is better");
  EXPECT_EQ(drawn.subtitle, "fifo; 2 trials, 4 reports; best 2 (trial 1)");
  ASSERT_EQ(drawn.panels.size(), 2u);
  EXPECT_EQ(drawn.panels[0].title, "loss");
  EXPECT_EQ(drawn.panels[0].x_high, 2);
  EXPECT_THAT(lines_of(drawn.panels[0], Line::Style::kThin), ElementsAre("1/5 2/5.5", "1/6 2/2"));
  EXPECT_THAT(lines_of(drawn.panels[0], Line::Style::kBold), ElementsAre("1/6 2/2"));
  ASSERT_TRUE(drawn.panels[0].mark);
  EXPECT_EQ(text_of({*drawn.panels[0].mark}), "2/2");
  EXPECT_EQ(drawn.panels[1].title, "best loss so far");
  EXPECT_THAT(lines_of(drawn.panels[1], Line::Style::kBold), ElementsAre("1/5 4/5 4/2 4/2"));
  EXPECT_THAT(drawn.notes, IsEmpty());
}

TEST_F(ExperimentFigureTest, OfTrialsThatReportOnceItHasDotsBelowTheBestSoFar) {
  input_.objective.mode = Mode::kMax;
  for (const double value : {1.0, 3.0, std::nan(""), 2.0}) {
    add_trial({});
    report(static_cast<std::int64_t>(input_.trials.size()) - 1, 1, 1, value);
  }

  const Figure drawn = figure();

  ASSERT_EQ(drawn.panels.size(), 1u);
  EXPECT_EQ(text_of(drawn.panels[0].dots), "1/1 2/3 - 4/2");
  EXPECT_THAT(lines_of(drawn.panels[0], Line::Style::kBold), ElementsAre("1/1 2/1 2/3 4/3"));
  EXPECT_THAT(drawn.notes, ElementsAre("no place for 1 report whose value is not finite"));
}

TEST_F(ExperimentFigureTest, WithoutReportsThereIsNothingButAxes) {
  const Figure empty = figure();

  EXPECT_EQ(empty.subtitle, "fifo; 0 trials, 0 reports; no finite value");
  ASSERT_EQ(empty.panels.size(), 1u);
  EXPECT_THAT(to_svg(empty), HasSubstr("</svg>"));
  add_trial({});
  report(0, 1, 1, std::nan(""));
  report(0, 1, 2, HUGE_VAL);
  EXPECT_EQ(figure().panels.size(), 2u);
  EXPECT_FALSE(figure().panels[0].mark);
}

TEST_F(ExperimentFigureTest, AnInfeasibleTrialIsNotTheBest) {
  add_trial({});
  add_trial({}, TrialState::kInfeasible);
  report(1, 1, 1, 1);
  report(0, 1, 1, 2);
  report(0, 1, 2, 3);
  input_.trials[1].best_value.reset();

  EXPECT_THAT(lines_of(figure().panels[1], Line::Style::kBold), ElementsAre("2/2 3/2"));
}

TEST_F(ExperimentFigureTest, OfThousandsSomeAreDrawnAndItSaysSo) {
  for (int number = 0; number < 400; ++number) {
    add_trial({});
    for (int iteration = 1; iteration <= 200; ++iteration) report(number, 1, iteration, 2 + number + iteration % 3);
  }
  report(234, 1, 201, 1);

  const Figure drawn = figure();

  EXPECT_LE(lines_of(drawn.panels[0], Line::Style::kThin).size(), 150u);
  EXPECT_THAT(drawn.notes, ElementsAre("150 of 400 trials are drawn: the best one, and others at equal distances",
                                       "of curves with more than 160 points, those are drawn where they turn"));
  EXPECT_LT(to_svg(drawn).size(), 500'000u);
}

TEST_F(ExperimentFigureTest, OfThousandsThatReportOnceToo) {
  for (int number = 0; number < 10'000; ++number) {
    add_trial({});
    report(number, 1, 1, 10'000 - number);
  }

  const Figure drawn = figure();

  EXPECT_LE(drawn.panels[0].dots.size(), 2000u);
  EXPECT_THAT(drawn.notes, ElementsAre("one report in 6 is drawn"));
  EXPECT_LT(to_svg(drawn).size(), 300'000u);
}

/// Two trials of four iterations: 0 is ahead after two, 1 copies it, with another rate, and ends best.
class PopulationFigureTest : public ExperimentFigureTest {
 protected:
  PopulationFigureTest() {
    input_.scheduler = "pbt:interval=2";
    add_trial(with(0.1));
    add_trial(with(0.05));
    PbtHistory history;
    history.exploits = {{{1}, {0}, 2, with(0.1), with(0.05), 2, with(0.001)}};
    history.best = {{1}, 4, -1, with(0.05), 1};
    input_.population = history;
    report(0, 1, 1, 9);
    report(1, 1, 1, 20);
    report(0, 1, 2, 5);
    report(1, 1, 2, 19);
    report(1, 2, 3, 3);
    report(0, 1, 3, 4);
    report(1, 2, 4, 1);
    report(0, 1, 4, 3.5);
  }

  static Config with(double rate) {
    return {{"lr", rate}, {"k", std::int64_t{3}}, {"act", std::string("a")}, {"width", std::int64_t{16}}};
  }
};

TEST_F(PopulationFigureTest, HasTheMetricAndEachNumberThatMayChange) {
  const Figure drawn = figure();

  ASSERT_EQ(drawn.panels.size(), 3u);
  EXPECT_EQ(drawn.panels[0].title, "loss");
  EXPECT_EQ(drawn.panels[1].title, "lr (logarithmic)");
  EXPECT_EQ(drawn.panels[1].scale, Axis::Scale::kLog);
  EXPECT_EQ(drawn.panels[2].title, "width");
  EXPECT_EQ(drawn.panels[2].scale, Axis::Scale::kLinear);
  for (const Panel& panel : drawn.panels) EXPECT_EQ(panel.x_high, 4);
  EXPECT_THAT(drawn.notes, ElementsAre("not drawn, as it has no scale: act"));
}

TEST_F(PopulationFigureTest, ACopyContinuesTheCurveOfItsDonor) {
  const Panel metric = figure().panels[0];

  EXPECT_THAT(lines_of(metric, Line::Style::kThin), ElementsAre("1/9 2/5 3/4 4/3.5", "1/20 2/19 - 2/5 3/3 4/1"));
  EXPECT_THAT(lines_of(metric, Line::Style::kBold), ElementsAre("1/9 2/5 2/5 3/3 4/1"));
  ASSERT_TRUE(metric.mark);
  EXPECT_EQ(text_of({*metric.mark}), "4/1");
}

TEST_F(PopulationFigureTest, TheScheduleShowsWhatWasCopiedAndChanged) {
  const Panel rate = figure().panels[1];

  EXPECT_THAT(lines_of(rate, Line::Style::kThin), ElementsAre("- 0/0.1 4/0.1", "- 0/0.001 2/0.001 - 2/0.05 4/0.05"));
  EXPECT_THAT(lines_of(rate, Line::Style::kLink), ElementsAre("- 2/0.1 2/0.05"));
  EXPECT_THAT(lines_of(rate, Line::Style::kBold), ElementsAre("0/0.1 2/0.1 2/0.05 4/0.05"));
}

TEST_F(PopulationFigureTest, ACopyThatEndedBeforeItBeganIsNotDrawn) {
  input_.population->exploits.push_back({{0}, {1}, 4, with(0.05), with(0.7), 4, with(0.1)});

  const Panel rate = figure().panels[1];

  EXPECT_THAT(lines_of(rate, Line::Style::kThin), Contains("- 0/0.1 4/0.1"));
  EXPECT_THAT(lines_of(rate, Line::Style::kLink), ElementsAre("- 2/0.1 2/0.05"));
}

TEST_F(PopulationFigureTest, AParameterThatTookNoPartHasGaps) {
  input_.population->exploits[0].own_config = {};
  input_.population->exploits[0].donor_config = {};

  const Panel rate = figure().panels[1];

  EXPECT_THAT(lines_of(rate, Line::Style::kThin), Contains("- - - - 2/0.05 4/0.05"));
  EXPECT_THAT(lines_of(rate, Line::Style::kBold), ElementsAre("- - 2/0.05 4/0.05"));
}

TEST_F(PopulationFigureTest, BeforeTheFirstReportThereIsNoWay) {
  input_.population = PbtHistory{};
  input_.observations.clear();

  const Figure drawn = figure();

  ASSERT_EQ(drawn.panels.size(), 3u);
  EXPECT_THAT(lines_of(drawn.panels[1], Line::Style::kBold), ElementsAre(""));
  EXPECT_FALSE(drawn.panels[0].mark);
}

TEST_F(PopulationFigureTest, ThousandsOfCopiesAreThinned) {
  for (std::int64_t iteration = 5; iteration < 20'000; ++iteration) {
    input_.population->exploits.push_back({{0}, {1}, iteration, with(0.05), with(0.1), iteration, with(0.1)});
  }

  const Figure drawn = figure();

  EXPECT_THAT(drawn.notes, Contains("of what a trial had between two copies, one in 7 is drawn; on the way to the "
                                    "best value, all"));
  EXPECT_LT(to_svg(drawn).size(), 700'000u);
}

TEST_F(PopulationFigureTest, AHistoryThatKnowsMoreTrialsThanTheListIsNoHarm) {
  input_.population->exploits.push_back({{7}, {0}, 4, with(0.05), with(0.7), 3, with(0.1)});
  input_.population->best = {{7}, 4, -1, with(0.7), 2};

  EXPECT_EQ(figure().panels.size(), 3u);
}

}  // namespace
}  // namespace manta::figure::experiment_figure_test
