// SPDX-License-Identifier: Apache-2.0
// What "check" says, from a space.
#include "tune/cli/space_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace manta::space_report_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string report_of(const std::string& json, const TuneOptions& options = {}) {
  const auto space = parse_space(json);
  if (!space) return space.error().message;
  const auto report = space_report(*space, options);
  return report ? *report : report.error().message;
}

TEST(DomainTextTest, EachDomainIsWords) {
  EXPECT_EQ(domain_text(FloatDomain{0, 0.5}), "float [0.0, 0.5]");
  EXPECT_EQ(domain_text(FloatDomain{1, 4, true}), "float [1.0, 4.0] log");
  EXPECT_EQ(domain_text(FloatDomain{0, 1, false, 0.25}), "float [0.0, 1.0] step 0.25");
  EXPECT_EQ(domain_text(IntDomain{1, 9}), "int [1, 9]");
  EXPECT_EQ(domain_text(IntDomain{1, 9, true}), "int [1, 9] log");
  EXPECT_EQ(domain_text(IntDomain{1, 9, false, 2}), "int [1, 9] step 2");
  EXPECT_EQ(domain_text(ChoiceDomain{{std::string("a\n"), true}}), R"(choice ["a\n", true])");
  EXPECT_EQ(domain_text(OrdinalDomain{{std::int64_t{1}}}), "ordinal [1]");
  EXPECT_EQ(domain_text(GridDomain{{std::int64_t{1}, std::int64_t{2}}}), "grid [1, 2]");
  EXPECT_EQ(domain_text(NormalDomain{0, 2}), "normal mean 0.0 stddev 2.0");
  EXPECT_EQ(domain_text(ConstantDomain{std::int64_t{20}}), "constant 20");
}

TEST(SpaceReportTest, ItHasTableSamplesAndCounts) {
  TuneOptions options;
  options.samples = 3;

  const std::string report = report_of(R"({"lr": {"float": [0, 1]}, "layers": {"grid": [1, 2, 3]}})", options);

  EXPECT_THAT(report, AllOf(HasSubstr("2 parameters\n  lr      float [0.0, 1.0]\n  layers  grid [1, 2, 3]\n"),
                            HasSubstr("grid: 3 points\n"), HasSubstr("trials: 9\n")));
  EXPECT_EQ(std::ranges::count(report, '{'), 5);
}

TEST(SpaceReportTest, ASmallGridHasNoMoreSamplesThanTrials) {
  TuneOptions options;
  options.samples = 1;

  const std::string report = report_of(R"({"layers": {"grid": [1, 2]}})", options);

  EXPECT_THAT(report, AllOf(HasSubstr("{\"layers\":1}\n{\"layers\":2}\n"), HasSubstr("trials: 2\n")));
}

TEST(SpaceReportTest, WithoutAGridTheSamplesAreTheTrials) {
  TuneOptions options;
  options.samples = 12;

  EXPECT_THAT(report_of(R"({"lr": {"float": [0, 1]}})", options),
              AllOf(HasSubstr("1 parameter\n"), HasSubstr("grid: 1 point\n"), HasSubstr("trials: 12\n")));
}

TEST(SpaceReportTest, ItSaysWhatTheSearcherMakesOfTheSpace) {
  EXPECT_THAT(report_of(R"({"lr": {"float": [0, 1]}})"), HasSubstr("searcher: auto - gp: the parameter has more than"));
  TuneOptions options;
  options.searcher = "random";
  EXPECT_THAT(report_of(R"({"lr": {"float": [0, 1]}})", options), Not(HasSubstr("searcher:")));
}

TEST(SpaceReportTest, ASearcherThatDoesNotFitIsRefused) {
  TuneOptions options;
  options.searcher = "grid";

  EXPECT_THAT(report_of(R"({"lr": {"float": [0, 1]}})", options), HasSubstr("grid"));
}

TEST(SpaceReportTest, ConstraintsHaveTheirShareAndParametersTheirRules) {
  const std::string report = report_of(R"({"a": {"float": [0, 1], "default": 0.25}, "o": {"choice": ["s", "t"]},
    "b": {"float": [0, 1], "when": {"o": "s"}}, "constraints": ["a < 0.5", "a + b < 1"]})");

  EXPECT_THAT(report,
              AllOf(HasSubstr("a  float [0.0, 1.0]  default 0.25\n"),
                    HasSubstr("b  float [0.0, 1.0]  when {\"o\":\"s\"}\n"), HasSubstr("feasible: 4"),
                    HasSubstr(" % of 10000 draws\n  a < 0.5  broken by "), HasSubstr("  a + b < 1  broken by ")));
}

TEST(SpaceReportTest, ASpaceThatConstraintsLeaveEmptyIsAnError) {
  EXPECT_THAT(report_of(R"({"a": {"float": [0, 1]}, "constraints": ["a > 1"]})"),
              AllOf(HasSubstr("none of 10000 draws"), HasSubstr("a > 1")));
}

TEST(FeasibilityNoteTest, ItWarnsWhereHardlyAnythingIsLeft) {
  EXPECT_EQ(feasibility_note(parse_space(R"({"a": {"float": [0, 1]}, "constraints": ["a > 0.5"]})").value(), 1), "");
  EXPECT_EQ(feasibility_note(parse_space(R"({"a": {"float": [0, 1]}})").value(), 1), "");
  EXPECT_THAT(feasibility_note(parse_space(R"({"a": {"float": [0, 1]}, "constraints": ["a > 0.998"]})").value(), 1),
              AllOf(HasSubstr("only 0."), HasSubstr("\"a > 0.998\" is broken by 99.")));
}

}  // namespace
}  // namespace manta::space_report_test
