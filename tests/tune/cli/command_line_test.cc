// SPDX-License-Identifier: Apache-2.0
// Words of a command line, and what wins over what.
#include "tune/cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace manta::command_line_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Result<CommandLine> parse(const std::vector<std::string>& words) { return parse_command_line(words, "tune_run"); }

std::string error_of(const std::vector<std::string>& words) {
  const auto line = parse(words);
  if (line) return "";
  EXPECT_EQ(line.error().code, ErrorCode::kInvalidArgument);
  return line.error().message;
}

class CommandLineTest : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = folder_ / name;
    std::ofstream(path) << text;
    return path.string();
  }

  Result<RunRequest> request(const std::vector<std::string>& words) const {
    auto line = parse(words);
    EXPECT_TRUE(line.has_value());
    return make_request(*line);
  }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("manta_command_line_" + std::to_string(getpid()) + "_" +
                                                ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(CommandLineTest, DocumentAndOptionsMayComeInAnyOrder) {
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"space.json", "--metric", "loss", "--stop", "a>1", "--stop", "b<2", "--samples=7"},
           {"--stop", "a>1", "--stop=b<2", "--samples", "7", "--metric=loss", "space.json"}}) {
    const auto line = parse(words);
    ASSERT_TRUE(line.has_value()) << line.error().message;
    EXPECT_EQ(line->action, CommandLine::Action::kRun);
    EXPECT_EQ(line->document, "space.json");
    ASSERT_EQ(line->settings.size(), 3u);
    EXPECT_EQ(line->settings[0].option->name, "metric");
    EXPECT_THAT(line->settings[2].values, ElementsAre("a>1", "b<2"));
  }
}

TEST_F(CommandLineTest, AFlagTakesNoValue) {
  const auto line = parse({"--deterministic", "space.json"});
  ASSERT_TRUE(line.has_value()) << line.error().message;
  EXPECT_EQ(line->document, "space.json");
  ASSERT_EQ(line->settings.size(), 1U);
  EXPECT_EQ(line->settings[0].option->name, "deterministic");
  EXPECT_THAT(line->settings[0].values, ElementsAre("true"));

  EXPECT_TRUE(parse({"space.json"})->settings.empty());
}

TEST_F(CommandLineTest, NoWordsAreARunOfNothing) {
  const auto line = parse({});
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->document, "");
  EXPECT_FALSE(resume_directory(*line).has_value());
}

TEST_F(CommandLineTest, CheckLooksAtADocument) {
  const auto line = parse({"check", "space.json", "--samples", "3"});
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->action, CommandLine::Action::kCheck);
  EXPECT_EQ(line->document, "space.json");
  EXPECT_EQ(line->settings.size(), 1u);
}

TEST_F(CommandLineTest, HelpStartsWithExamplesAndNamesEveryOption) {
  const auto line = parse({"space.json", "--help"});
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->action, CommandLine::Action::kPrint);
  EXPECT_LT(line->text.find("Examples:"), line->text.find("Usage:"));
  EXPECT_THAT(line->text, HasSubstr("143"));
  for (const OptionSpec& spec : option_table()) EXPECT_THAT(line->text, HasSubstr("--" + std::string(spec.name)));
}

TEST_F(CommandLineTest, VersionNamesProgramAndVersion) {
  const auto line = parse({"--version"});
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->action, CommandLine::Action::kPrint);
  EXPECT_THAT(line->text, AllOf(StartsWith("tune_run (Manta) "), HasSubstr("plugin ABI")));
}

TEST_F(CommandLineTest, ResumeNamesItsDirectory) {
  const auto line = parse({"--resume", "runs/x"});
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(resume_directory(*line), "runs/x");
}

TEST_F(CommandLineTest, WrongWordsAreNamed) {
  EXPECT_THAT(error_of({"space.json", "--samplse", "5"}), AllOf(HasSubstr("--samplse"), HasSubstr("\"--samples\"")));
  EXPECT_THAT(error_of({"--verbose=3"}), HasSubstr("unknown option --verbose "));
  EXPECT_THAT(error_of({"-x"}), HasSubstr("-x"));
  EXPECT_THAT(error_of({"--samples"}), HasSubstr("--samples needs a value"));
  EXPECT_THAT(error_of({"a.json", "b.json"}), HasSubstr("\"b.json\""));
  EXPECT_THAT(error_of({"check"}), HasSubstr("check space.json"));
  EXPECT_THAT(error_of({"check", "a.json", "b.json"}), HasSubstr("\"b.json\""));
  EXPECT_THAT(error_of({"--samples", "3", "--samples", "4"}), HasSubstr("2 times"));
}

TEST_F(CommandLineTest, TheCommandLineWinsOverTheDocument) {
  const std::string path =
      file("e.json", R"({"space": {"x": 1}, "metric": "loss", "samples": 5, "stop": ["loss<1"], "seed": 9})");

  const auto made = request({path, "--samples", "7", "--stop", "acc>2"});

  ASSERT_TRUE(made.has_value()) << made.error().message;
  EXPECT_EQ(made->tune.samples, 7);
  EXPECT_THAT(made->tune.stop, ElementsAre("acc>2"));
  EXPECT_EQ(made->tune.metric, "loss");
  EXPECT_EQ(made->tune.seed, 9u);
}

TEST_F(CommandLineTest, ABaseLiesBelowBoth) {
  RunRequest base;
  base.tune.metric = "loss";
  base.tune.samples = 99;

  const auto made = make_request(*parse({"--samples", "100"}), base);

  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(made->tune.metric, "loss");
  EXPECT_EQ(made->tune.samples, 100);
}

TEST_F(CommandLineTest, AWrongValueIsNamedWithItsOption) {
  const auto made = request({"--samples", "many"});
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(made.error().message, AllOf(HasSubstr("--samples"), HasSubstr("\"many\"")));
}

TEST_F(CommandLineTest, ADocumentThatCannotBeReadIsNamed) {
  const auto missing = request({(folder_ / "none.json").string()});
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message, HasSubstr("none.json: no such file"));
  const auto directory = request({folder_.string()});
  ASSERT_FALSE(directory.has_value());
  EXPECT_THAT(directory.error().message, HasSubstr("is a directory"));
  const auto broken = request({file("broken.json", "{")});
  ASSERT_FALSE(broken.has_value());
  EXPECT_THAT(broken.error().message, HasSubstr("broken.json is not JSON"));
}

}  // namespace
}  // namespace manta::command_line_test
