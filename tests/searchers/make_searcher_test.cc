// SPDX-License-Identifier: Apache-2.0
// Searchers by name.
#include "searchers/make_searcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace manta::make_searcher_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Space plain() { return parse_space(R"({"x": {"float": [0, 1]}})").value(); }
Space with_grid() { return parse_space(R"({"g": {"grid": [1, 2, 3]}, "x": {"float": [0, 1]}})").value(); }

// What the searcher's snapshot begins with.
std::string made(std::string_view name, const Space& space) {
  const auto searcher = make_searcher(name, {.space = &space, .seed = 1, .samples = 10});
  EXPECT_TRUE(searcher.has_value()) << (searcher ? "" : searcher.error().message);
  return searcher ? (*searcher)->save().json : "";
}

std::string error_of(std::string_view name, const Space& space, std::int64_t samples = 10) {
  const auto searcher = make_searcher(name, {.space = &space, .seed = 1, .samples = samples});
  if (searcher) return "";
  EXPECT_EQ(searcher.error().code, ErrorCode::kInvalidArgument);
  return searcher.error().message;
}

TEST(MakeSearcherTest, EachIsMadeByItsName) {
  EXPECT_THAT(made("random", plain()), StartsWith("{\"RandomSearcher\""));
  EXPECT_THAT(made("random", with_grid()), StartsWith("{\"RandomSearcher\""));
  EXPECT_THAT(made("grid", with_grid()), StartsWith("{\"GridSearcher\""));
  EXPECT_THAT(made("auto", plain()), StartsWith("{\"AutoSearcher\""));
}

TEST(MakeSearcherTest, WithoutANameAGridParameterDecides) {
  EXPECT_THAT(made("", plain()), StartsWith("{\"AutoSearcher\""));
  EXPECT_THAT(made("", with_grid()), StartsWith("{\"GridSearcher\""));
}

TEST(MakeSearcherTest, SamplesRepeatTheGrid) {
  const Space space = with_grid();
  const SearcherSetup setup{.space = &space, .samples = 4};

  EXPECT_EQ(make_searcher("grid", setup).value()->size(), 12);
  EXPECT_EQ(make_searcher("random", setup).value()->size(), std::nullopt);
}

TEST(MakeSearcherTest, AnUnknownNameGetsTheKnownOnes) {
  EXPECT_THAT(error_of("bayes", plain()),
              AllOf(HasSubstr("searcher \"bayes\": there is no such"), HasSubstr("\"random\", \"grid\"")));
  EXPECT_THAT(error_of("Random", plain()), HasSubstr("no such searcher"));
  EXPECT_THAT(error_of("random:n=1", plain()), HasSubstr("random takes no options"));
}

TEST(MakeSearcherTest, AGridNeedsAGridParameter) {
  EXPECT_THAT(error_of("grid", plain()), AllOf(HasSubstr("no grid parameter"), HasSubstr(R"({"grid": [a, b, c]})")));
}

TEST(MakeSearcherTest, AGridThatNoRunCanVisitIsRefused) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < 62; ++i) parameters.push_back({"p" + std::to_string(i), GridDomain{{true, false}}});

  EXPECT_THAT(error_of("grid", Space(parameters)), HasSubstr("2^62 points"));
  EXPECT_EQ(error_of("random", Space(parameters)), "");
  parameters.pop_back();
  EXPECT_EQ(error_of("grid", Space(parameters)), "");
}

TEST(MakeSearcherTest, ThereIsAtLeastOneSample) {
  EXPECT_THAT(error_of("random", plain(), 0), AllOf(HasSubstr("samples is 0"), HasSubstr("at least 1")));
  EXPECT_THAT(error_of("grid", with_grid(), -1), HasSubstr("samples is -1"));
  EXPECT_EQ(error_of("random", plain(), 1), "");
}

TEST(MakeSearcherTest, FirstPointsComeBeforeAnySearcherButTheGrid) {
  const Space defaults = parse_space(R"({"x": {"float": [0, 1], "default": 0.5}})").value();
  const Space start = parse_space(R"({"g": {"grid": [1, 2, 3]}, "start": [{"g": 2}]})").value();

  EXPECT_THAT(made("random", defaults), StartsWith("{\"FirstPointsSearcher\""));
  EXPECT_THAT(made("random", start), StartsWith("{\"FirstPointsSearcher\""));
  EXPECT_THAT(error_of("grid", start), HasSubstr("has no first points"));
}

TEST(MakeSearcherTest, AGridThatConstraintsLeaveEmptyOrThatIsTooLargeForThemIsRefused) {
  EXPECT_THAT(error_of("grid", parse_space(R"({"g": {"grid": [1, 2]}, "constraints": ["g > 2"]})").value()),
              HasSubstr("no point of the grid satisfies"));
  std::string list = "[0";
  for (int i = 1; i < 101; ++i) list += "," + std::to_string(i);
  const std::string large = R"({"a": {"grid": )" + list + R"(]}, "b": {"grid": )" + list + R"(]}, "c": {"grid": )" +
                            list + R"(]}, "constraints": ["a > b"]})";
  EXPECT_THAT(error_of("grid", parse_space(large).value()), HasSubstr("may have 1000000 points"));
}

}  // namespace
}  // namespace manta::make_searcher_test
