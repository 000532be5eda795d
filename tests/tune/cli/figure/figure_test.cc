// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/figure/figure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace manta::figure::figure_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The data of all paths of one style.
std::vector<std::string> paths(const std::string& svg, const std::string& style) {
  std::vector<std::string> found;
  const std::string opening = "<path class=\"" + style + "\" d=\"";
  for (std::size_t at = svg.find(opening); at != std::string::npos; at = svg.find(opening, at + 1)) {
    const std::size_t begin = at + opening.size();
    found.push_back(svg.substr(begin, svg.find('"', begin) - begin));
  }
  return found;
}

Figure figure_of(std::vector<Point> points, Axis::Scale scale = Axis::Scale::kLinear) {
  Figure figure;
  figure.title = "net";
  figure.panels = {{.title = "loss",
                    .x_name = "iterations",
                    .x_high = 10,
                    .scale = scale,
                    .lines = {{Line::Style::kBold, std::move(points)}},
                    .dots = {}}};
  return figure;
}

// The frame is 664 wide from 76 on, and 170 high from 92 on, with 7 free on each side.
TEST(FigureTest, ValuesBecomeCoordinates) {
  const std::string svg = to_svg(figure_of({{0, 1}, {5, 2}, {10, 3}}));

  EXPECT_THAT(paths(svg, "bold"), ::testing::ElementsAre("M83 255L408 177L733 99"));
}

TEST(FigureTest, OnALogarithmicAxisPowersAreEquallyFar) {
  const std::string svg = to_svg(figure_of({{0, 0.001}, {5, 0.01}, {10, 0.1}}, Axis::Scale::kLog));

  EXPECT_THAT(paths(svg, "bold"), ::testing::ElementsAre("M83 255L408 177L733 99"));
  EXPECT_THAT(svg, HasSubstr(">0.001</text>"));
}

TEST(FigureTest, ALineBreaksAtWhatHasNoPlace) {
  const double nan = std::nan("");

  EXPECT_THAT(paths(to_svg(figure_of({{0, 1}, {1, nan}, {5, 2}, {10, 3}})), "bold"),
              ::testing::ElementsAre("M83 255h0M408 177L733 99"));
  EXPECT_THAT(paths(to_svg(figure_of({{0, 1}, kGap, {10, 100}, {10, 0}}, Axis::Scale::kLog)), "bold"),
              ::testing::ElementsAre("M83 255h0M733 99h0"));
  EXPECT_THAT(paths(to_svg(figure_of({{0, nan}, {1, HUGE_VAL}})), "bold"), ::testing::IsEmpty());
}

TEST(FigureTest, ASinglePointIsADotInTheMiddle) {
  EXPECT_THAT(paths(to_svg(figure_of({{5, 7}})), "bold"), ::testing::ElementsAre("M408 177h0"));
}

TEST(FigureTest, WithoutPointsThereAreAxesAndNoLine) {
  const std::string svg = to_svg(figure_of({}));

  EXPECT_THAT(paths(svg, "bold"), ::testing::IsEmpty());
  EXPECT_GE(paths(svg, "grid").size(), 4u);
  EXPECT_THAT(to_svg({}), HasSubstr("</svg>"));
}

TEST(FigureTest, EverythingThatWasGivenIsThere) {
  Figure figure = figure_of({{0, 1}, {10, 2}});
  figure.subtitle = "two trials";
  figure.legend = {{LegendEntry::Sign::kBold, "the best"}, {LegendEntry::Sign::kMark, "its value"}};
  figure.notes = {"half is left out"};
  figure.panels[0].dots = {{3, 1.5}, {4, std::nan("")}};
  figure.panels[0].mark = Point{10, 2};

  const std::string svg = to_svg(figure);

  for (const char* text : {"<title>net</title>", ">net<", ">two trials<", ">loss<", ">iterations<", ">the best<",
                           ">its value<", ">half is left out<"})
    EXPECT_THAT(svg, HasSubstr(text));
  EXPECT_THAT(svg, HasSubstr("<circle class=\"dot\" cx=\"278\" cy=\"177\" r=\"2\"/>"));
  EXPECT_THAT(svg, HasSubstr("<circle class=\"mark\" cx=\"733\" cy=\"99\" r=\"5\"/>"));
  EXPECT_EQ(svg.find("class=\"dot\""), svg.rfind("class=\"dot\"")) << "what has no place is not drawn";
}

TEST(FigureTest, LinesOfOneNumberHaveOneColour) {
  Figure figure = figure_of({});
  figure.panels[0].lines = {
      {.points = {{0, 1}}, .hue = 1}, {.points = {{0, 2}}, .hue = 2}, {.points = {{0, 3}}, .hue = 7}};

  const std::string svg = to_svg(figure);

  EXPECT_EQ(paths(svg, "thin h1").size(), 2u);
  EXPECT_EQ(paths(svg, "thin h2").size(), 1u);
}

TEST(FigureTest, ItIsWholeByItselfAndHasColoursForTheDark) {
  const std::string svg = to_svg(figure_of({{0, 1}}));

  EXPECT_THAT(svg, HasSubstr("@media(prefers-color-scheme:dark)"));
  EXPECT_THAT(svg, Not(HasSubstr("href")));
  EXPECT_THAT(svg, Not(HasSubstr("<script")));
  EXPECT_EQ(svg.find("http"), svg.find("http://www.w3.org/2000/svg"));
  EXPECT_EQ(svg.find("http"), svg.rfind("http"));
}

TEST(FigureTest, TextsCannotBecomeTagsOrAttributes) {
  EXPECT_EQ(xml_text("a<b>&\"c'"), "a&lt;b&gt;&amp;&quot;c&apos;");
  EXPECT_EQ(xml_text(std::string("\x01\xff\n", 3)), "\\x01\\xff\\n");
  EXPECT_EQ(xml_text("Größe"), "Größe");
  Figure figure = figure_of({{0, 1}});
  figure.title = figure.subtitle = figure.panels[0].title = figure.panels[0].x_name = "</text><script>";
  figure.notes = {"<script>"};
  figure.legend = {{LegendEntry::Sign::kDot, "<script>"}};

  EXPECT_THAT(to_svg(figure), Not(HasSubstr("<script>")));
}

TEST(FigureTest, LongTextsAreCutBetweenCharacters) {
  Figure figure;
  for (int count = 0; count < 200; ++count) figure.subtitle += "ü";

  const std::string svg = to_svg(figure);

  EXPECT_THAT(svg, HasSubstr("üü…</text>"));
  EXPECT_LT(svg.size(), 2500u);
}

TEST(ThinnedTest, FewPointsStayAsTheyAre) {
  EXPECT_EQ(thinned({{0, 1}, {1, 2}}, 2).size(), 2u);
  EXPECT_TRUE(thinned({}, 10).empty());
}

TEST(ThinnedTest, OfManyTheOutermostAndTheEndsStay) {
  std::vector<Point> points;
  for (int x = 0; x < 10'000; ++x) points.push_back({double(x), x == 5432 ? 50.0 : x == 7777 ? -50.0 : x % 7 + 0.0});

  const std::vector<Point> rest = thinned(points, 100);

  EXPECT_LE(rest.size(), 102u);
  EXPECT_EQ(rest.front().x, 0);
  EXPECT_EQ(rest.back().x, 9999);
  const auto has = [&](double x) {
    return std::any_of(rest.begin(), rest.end(), [&](const Point& point) { return point.x == x; });
  };
  EXPECT_TRUE(has(5432));
  EXPECT_TRUE(has(7777));
  EXPECT_TRUE(std::is_sorted(rest.begin(), rest.end(), [](const Point& a, const Point& b) { return a.x < b.x; }));
}

TEST(ThinnedTest, GapsStay) {
  std::vector<Point> points(1000, Point{1, 1});
  points[500] = points[501] = kGap;

  const std::vector<Point> rest = thinned(points, 10);

  EXPECT_EQ(std::count_if(rest.begin(), rest.end(), [](const Point& point) { return std::isnan(point.y); }), 1);
}

}  // namespace
}  // namespace manta::figure::figure_test
