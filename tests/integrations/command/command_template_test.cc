// SPDX-License-Identifier: Apache-2.0
// Placeholders, braces and the shell's quotes.
#include "integrations/command/command_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace manta::command_template_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string expanded(std::string_view text, const Config& config) {
  const auto command = CommandTemplate::parse(text);
  return command ? command->expand(config) : command.error().message;
}

TEST(CommandTemplateTest, PlaceholdersBecomeValues) {
  const Config config{{"nu", 0.1}, {"model/grid", std::int64_t{8}}, {"fast", true}, {"act", std::string("relu")}};

  EXPECT_EQ(expanded("./sim --nu {nu} -g={model/grid} {fast} {act}", config), "./sim --nu 0.1 -g=8 true relu");
}

TEST(CommandTemplateTest, AnInactiveParameterIsAnEmptyWord) {
  EXPECT_EQ(expanded("./sim --momentum {momentum} x", {}), "./sim --momentum '' x");
}

TEST(CommandTemplateTest, ACommandWithoutPlaceholdersStaysAsItIs) { EXPECT_EQ(expanded("./sim -v", {}), "./sim -v"); }

TEST(CommandTemplateTest, DoubledBracesAreBraces) {
  EXPECT_EQ(expanded("awk '{{print $1}}' {x}", Config{{"x", std::int64_t{1}}}), "awk '{print $1}' 1");
  EXPECT_EQ(expanded("${{HOME}}", {}), "${HOME}");
}

TEST(CommandTemplateTest, AValueThatTheShellWouldReadIsQuoted) {
  EXPECT_EQ(expanded("echo {x}", Config{{"x", std::string("a b; rm -rf $HOME 'x'")}}),
            "echo 'a b; rm -rf $HOME '\\''x'\\'''");
  EXPECT_EQ(expanded("echo {x}", Config{{"x", std::string()}}), "echo ''");
}

TEST(CommandTemplateTest, NamesComeOnceInTheOrderOfTheText) {
  EXPECT_THAT(CommandTemplate::parse("{b} {a} {b}")->names(), ElementsAre("b", "a"));
}

TEST(CommandTemplateTest, BracesWithoutPartnerAreNamedWithTheirPlace) {
  for (const char* text : {"sim {nu", "sim {a {b}", "sim nu}", "sim {}"}) {
    const auto command = CommandTemplate::parse(text);
    ASSERT_FALSE(command.has_value()) << text;
    EXPECT_EQ(command.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(command.error().message, AllOf(HasSubstr("at character"), HasSubstr("{{"))) << text;
  }
}

TEST(CommandTemplateTest, AnEmptyCommandIsRefused) {
  EXPECT_FALSE(CommandTemplate::parse("").has_value());
  EXPECT_FALSE(CommandTemplate::parse("  ").has_value());
}

class CommandTemplateSpaceTest : public ::testing::Test {
 protected:
  Space space_{{{"nu", FloatDomain{0, 1}}, {"grid", IntDomain{1, 9}}, {"epochs", ConstantDomain{std::int64_t{5}}}}};
};

TEST_F(CommandTemplateSpaceTest, AnUnknownNameIsRefusedWithTheNamesThereAre) {
  const auto checked = CommandTemplate::parse("sim {nuu}")->check(space_);

  ASSERT_FALSE(checked.has_value());
  EXPECT_EQ(checked.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(checked.error().message, AllOf(HasSubstr("{nuu}"), HasSubstr("nu, grid, epochs")));
}

TEST_F(CommandTemplateSpaceTest, KnownNamesPass) {
  EXPECT_TRUE(CommandTemplate::parse("sim {nu} {epochs}")->check(space_).has_value());
}

TEST_F(CommandTemplateSpaceTest, TheFileOfTheConfigurationIsKnownAndUsesAllParameters) {
  const auto command = CommandTemplate::parse("sim --config={config_file}").value();

  EXPECT_TRUE(command.check(space_).has_value());
  EXPECT_THAT(command.unused(space_), IsEmpty());
  EXPECT_EQ(command.expand({}, "/tmp/a b.json"), "sim --config='/tmp/a b.json'");
}

TEST_F(CommandTemplateSpaceTest, AParameterWithTheNameOfTheFileGoesFirst) {
  const Space space{{{"config_file", ChoiceDomain{{std::string("a.ini")}}}, {"nu", FloatDomain{0, 1}}}};
  const auto command = CommandTemplate::parse("sim {config_file}").value();

  EXPECT_EQ(command.expand({{"config_file", std::string("a.ini")}}, "1.config.json"), "sim a.ini");
  EXPECT_THAT(command.unused(space), ElementsAre("nu"));
}

TEST_F(CommandTemplateSpaceTest, ParametersThatNothingUsesAreListedButNotConstants) {
  EXPECT_THAT(CommandTemplate::parse("sim {nu}")->unused(space_), ElementsAre("grid"));
  EXPECT_THAT(CommandTemplate::parse("sim {nu} {grid}")->unused(space_), IsEmpty());
}

}  // namespace
}  // namespace manta::command_template_test
