// SPDX-License-Identifier: Apache-2.0
// What a terminal can show, and texts that fit it.
#include "tune/cli/terminal.h"

#include <gtest/gtest.h>

namespace manta::terminal_test {
namespace {

TerminalFacts terminal() { return {.is_terminal = true, .width = 100, .height = 40, .is_utf8 = true}; }

TEST(ChooseStyleTest, ATerminalHasColorsAndItsSize) {
  const TextStyle style = choose_style(terminal(), ColorMode::kAuto);

  EXPECT_TRUE(style.color);
  EXPECT_TRUE(style.utf8);
  EXPECT_EQ(style.width, 100);
  EXPECT_EQ(style.height, 40);
}

TEST(ChooseStyleTest, WhatIsNoTerminalHasNoColorsAndTheUsualSize) {
  const TextStyle style = choose_style({}, ColorMode::kAuto);

  EXPECT_FALSE(style.color);
  EXPECT_EQ(style.width, 80);
  EXPECT_EQ(style.height, 24);
}

TEST(ChooseStyleTest, TheEnvironmentTakesAndGivesColors) {
  TerminalFacts facts = terminal();
  facts.is_dumb = true;
  EXPECT_FALSE(choose_style(facts, ColorMode::kAuto).color);
  facts.force_color = true;
  EXPECT_TRUE(choose_style(facts, ColorMode::kAuto).color);
  facts.no_color = true;
  EXPECT_FALSE(choose_style(facts, ColorMode::kAuto).color) << "NO_COLOR wins over CLICOLOR_FORCE";
}

TEST(ChooseStyleTest, TheOptionWinsOverTheEnvironment) {
  TerminalFacts facts = terminal();
  EXPECT_FALSE(choose_style(facts, ColorMode::kNever).color);
  facts.no_color = true;
  EXPECT_TRUE(choose_style(facts, ColorMode::kAlways).color);
}

TEST(ChooseProgressTest, LiveNeedsATerminalUnlessAskedFor) {
  TerminalFacts dumb = terminal();
  dumb.is_dumb = true;
  EXPECT_EQ(choose_progress(terminal(), ProgressStyle::kAuto), ProgressStyle::kLive);
  EXPECT_EQ(choose_progress(dumb, ProgressStyle::kAuto), ProgressStyle::kPlain);
  EXPECT_EQ(choose_progress({}, ProgressStyle::kAuto), ProgressStyle::kPlain);
  EXPECT_EQ(choose_progress({}, ProgressStyle::kLive), ProgressStyle::kLive);
  EXPECT_EQ(choose_progress(terminal(), ProgressStyle::kNone), ProgressStyle::kNone);
}

TEST(EscapeControlTest, ControlsAndBrokenUtf8BecomeVisible) {
  EXPECT_EQ(escape_control("plain ümläut …"), "plain ümläut …");
  EXPECT_EQ(escape_control("a\nb\tc"), "a\\nb\\tc");
  EXPECT_EQ(escape_control("\x1b[2J\x07\x7f"), "\\x1b[2J\\x07\\x7f");
  EXPECT_EQ(escape_control("\xc2\x9b"), "\\xc2\\x9b") << "a C1 control sequence introducer";
  EXPECT_EQ(escape_control("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(escape_control(std::string_view("\0", 1)), "\\x00");
}

TEST(FitTest, ATextIsCutByColumnsNotBytes) {
  EXPECT_EQ(fit("äöü", 3, true), "äöü");
  EXPECT_EQ(fit("äöüx", 3, true), "äö…");
  EXPECT_EQ(fit("abcd", 3, false), "ab~");
  EXPECT_EQ(fit("abcd", 1, false), "~");
  EXPECT_EQ(fit("abcd", 0, false), "");
  EXPECT_EQ(fit("", 3, false), "");
}

TEST(PaddedTest, ATextIsFilledOnTheAskedSide) {
  EXPECT_EQ(padded("ä", 3, true), "ä  ");
  EXPECT_EQ(padded("ä", 3, true, true), "  ä");
  EXPECT_EQ(padded("abcd", 3, false, true), "ab~");
}

}  // namespace
}  // namespace manta::terminal_test
