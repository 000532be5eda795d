// SPDX-License-Identifier: Apache-2.0
// Lines that are reports, numbers in lines, bytes that become lines.
#include "integrations/command/command_output.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace manta::command_output_test {
namespace {

TEST(ParseReportLineTest, AnObjectOfNumbersIsAReport) {
  EXPECT_EQ(parse_report_line(R"(  {"loss": 0.5, "epoch": 3})"), (Metrics{{"loss", 0.5}, {"epoch", 3}}));
}

TEST(ParseReportLineTest, MembersThatAreNoNumbersAreLeftOut) {
  EXPECT_EQ(parse_report_line(R"({"name": "x", "loss": 1, "ok": true, "list": [1], "none": null})"),
            (Metrics{{"loss", 1}}));
}

TEST(ParseReportLineTest, WhatIsNoObjectWithANumberIsNoReport) {
  for (const char* line : {"", " ", "loss 0.5", "[1, 2]", "3", "{}", R"({"name": "x"})", R"({"loss": 1)", "{loss: 1}",
                           R"({"loss": 1} and more)", "\x80{"}) {
    EXPECT_FALSE(parse_report_line(line).has_value()) << line;
  }
}

TEST(ParseReportLineTest, NanAndInfinitiesAreNumbers) {
  const auto metrics = parse_report_line(R"({"a": NaN, "b": Infinity, "c": -Infinity, "note": "NaN \" Infinity x"})");

  ASSERT_TRUE(metrics.has_value());
  EXPECT_TRUE(std::isnan(*metrics->find("a")));
  EXPECT_EQ(metrics->find("b"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(metrics->find("c"), -std::numeric_limits<double>::infinity());
  EXPECT_FALSE(metrics->find("note").has_value());
}

TEST(ParseReportLineTest, NumbersBeyondADoubleBecomeInfinity) {
  const auto metrics = parse_report_line(R"({"a": 123456789012345678901234567890})");

  ASSERT_TRUE(metrics.has_value());
  EXPECT_DOUBLE_EQ(*metrics->find("a"), 1.2345678901234568e29);
}

TEST(ParseCheckpointNameTest, TheNameIsATextAlsoBesideANan) {
  EXPECT_EQ(parse_checkpoint_name(R"({"loss": NaN, "checkpoint": "step-7"})"), "step-7");
  EXPECT_EQ(parse_checkpoint_name(R"({"loss": 1, "checkpoint": 7})"), std::nullopt);
  EXPECT_EQ(parse_checkpoint_name(R"({"loss": 1})"), std::nullopt);
}

TEST(ParseInfeasibleLineTest, TheReasonIsAText) {
  EXPECT_EQ(parse_infeasible_line(R"({"infeasible": "too coarse", "loss": 1})"), "too coarse");
  EXPECT_EQ(parse_infeasible_line(R"({"infeasible": 1})"), std::nullopt);
  EXPECT_EQ(parse_infeasible_line(R"({"reason": "infeasible"})"), std::nullopt);
  EXPECT_EQ(parse_infeasible_line(R"("infeasible" as it is)"), std::nullopt);
}

TEST(LastNumberTest, TheLastWordThatIsANumberCounts) {
  EXPECT_EQ(last_number("0.25"), 0.25);
  EXPECT_EQ(last_number("error = 1e-3 at step 7"), 7);
  EXPECT_EQ(last_number("loss=0.5, acc=(0.75)"), 0.75);
  EXPECT_EQ(last_number("+3 ms"), 3);
  EXPECT_TRUE(std::isnan(*last_number("loss: nan")));
}

TEST(LastNumberTest, ALineWithoutNumberHasNone) {
  for (const char* line : {"", "  ", "done", "v1.2.3", "0x1F-3", "3rd"}) EXPECT_FALSE(last_number(line)) << line;
}

TEST(LineSplitterTest, LinesComeOutWholeHoweverTheBytesCameIn) {
  LineSplitter lines;
  EXPECT_FALSE(lines.next().has_value());
  lines.append("on");
  EXPECT_FALSE(lines.next().has_value());
  lines.append("e\n\ntw");
  EXPECT_EQ(lines.next()->text, "one");
  EXPECT_EQ(lines.next()->text, "");
  EXPECT_FALSE(lines.next().has_value());
  lines.append("o");
  EXPECT_EQ(lines.rest()->text, "two");
  EXPECT_FALSE(lines.rest().has_value());
}

TEST(LineSplitterTest, ALineOfTheLimitIsWholeAndALongerOneComesInPieces) {
  LineSplitter lines(4);
  lines.append("1234\n12345678x\nok\n");

  const auto whole = lines.next();
  EXPECT_EQ(whole->text, "1234");
  EXPECT_FALSE(whole->is_piece);
  for (const char* piece : {"1234", "5678", "x"}) {
    const auto next = lines.next();
    EXPECT_EQ(next->text, piece);
    EXPECT_TRUE(next->is_piece);
  }
  const auto after = lines.next();
  EXPECT_EQ(after->text, "ok");
  EXPECT_FALSE(after->is_piece);
}

TEST(LineSplitterTest, AnEndlessLineDoesNotFillTheMemory) {
  LineSplitter lines(1024);
  std::size_t bytes = 0;
  for (int chunk = 0; chunk < 1000; ++chunk) {
    lines.append(std::string(1000, 'x'));
    while (auto line = lines.next()) bytes += line->text.size();
  }
  if (auto line = lines.rest()) bytes += line->text.size();

  EXPECT_EQ(bytes, 1000u * 1000u);
}

}  // namespace
}  // namespace manta::command_output_test
