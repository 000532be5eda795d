// SPDX-License-Identifier: Apache-2.0
// What is a plain list of words, and what is the shell's.
#include "integrations/command/command_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "integrations/command/command_template.h"

namespace manta::command_words_test {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::Optional;

TEST(CommandWordsTest, PlainWordsAreSplitAtBlanks) {
  EXPECT_THAT(words_without_shell("./sim"), Optional(ElementsAre("./sim")));
  EXPECT_THAT(words_without_shell("  /usr/bin/env \t A=b --lr=1e-3  -x,y:z@%+_ "),
              Optional(ElementsAre("/usr/bin/env", "A=b", "--lr=1e-3", "-x,y:z@%+_")));
}

TEST(CommandWordsTest, SingleQuotesAreTakenOff) {
  EXPECT_THAT(words_without_shell("./sim '' 'a  $b\"|' x'y z'w"),
              Optional(ElementsAre("./sim", "", "a  $b\"|", "xy zw")));
  EXPECT_THAT(words_without_shell("'./my sim' '{\"a\": 1}'"), Optional(ElementsAre("./my sim", "{\"a\": 1}")));
}

TEST(CommandWordsTest, WhateverTheShellMayReadMoreIntoIsTheShells) {
  for (const char* command :
       {"./a; ./b", "./a | ./b", "./a & ",  "./a > f",       "./a < f",  "./a $X", "./a `b`", "./a \"b\"", "./a b\\ c",
        "./a *",    "./a ?",     "./a [b]", "./a {b,c}",     "./a ~",    "~/a",    "(./a)",   "! ./a",     "./a # b",
        "./a\n./b", "./a 'b",    "./a ^b",  "./a 'b'\\''c'", "X=/b ./a", "X=./a",  "",        "  ",        "''"}) {
    EXPECT_THAT(words_without_shell(command), Eq(std::nullopt)) << command;
  }
}

TEST(CommandWordsTest, AProgramWithoutAPathMayBeTheShellsOwn) {
  for (const char* command : {"echo 1", "exit 3", "python3 train.py", "test a = b"}) {
    EXPECT_THAT(words_without_shell(command), Eq(std::nullopt)) << command;
  }
}

TEST(CommandWordsTest, AValueThatAPlaceholderQuotesIsItselfAgain) {
  const CommandTemplate command = CommandTemplate::parse("./sim {x} {y} {z}").value();
  const Config config = Config::from_json(R"({"x": 0.5, "y": "two $words; here"})").value();

  EXPECT_THAT(words_without_shell(command.expand(config)),
              Optional(ElementsAre("./sim", "0.5", "two $words; here", "")));
}

}  // namespace
}  // namespace manta::command_words_test
