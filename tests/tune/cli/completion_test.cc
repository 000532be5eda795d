// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/temporary_folder.h"
#include "tune/cli/manual.h"
#include "tune/cli/option_table.h"
#include "tune/cli/verb_table.h"

namespace manta::completion_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

class CompletionTest : public ::testing::Test {
 protected:
  static std::string run(const std::string& command) {
    std::string output;
    std::FILE* const pipe = ::popen(command.c_str(), "r");
    std::array<char, 4096> buffer;
    while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe))
      output.append(buffer.data(), count);
    const int status = ::pclose(pipe);
    return status == 0 ? output : "failed: " + output;
  }

  /// What bash offers for the last of `words`.
  std::vector<std::string> bash(const std::string& program, const std::string& words) {
    const std::filesystem::path script = path("script.bash");
    std::ofstream(script) << completion_script("bash").value() << "COMP_WORDS=(" << program << " " << words
                          << ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_" << program
                          << "\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
    std::istringstream lines(run("cd " + folder_.path() + " && bash --norc " + script.string() + " 2>&1"));
    std::vector<std::string> offered;
    for (std::string line; std::getline(lines, line);)
      if (!line.empty()) offered.push_back(line);
    return offered;
  }

  std::filesystem::path path(const std::string& name) const { return std::filesystem::path(folder_.path()) / name; }

  TemporaryFolder folder_;
};

TEST_F(CompletionTest, BashOffersVerbs) {
  EXPECT_THAT(bash("manta", "''"), IsSupersetOf({"ls", "add-trial", "completion"}));
  EXPECT_THAT(bash("manta", "ex"), ElementsAre("explain", "export"));
}

TEST_F(CompletionTest, BashOffersTheOptionsOfAVerb) {
  EXPECT_THAT(bash("manta", "trials --"), IsSupersetOf({"--where", "--sort", "--json", "--help"}));
  EXPECT_THAT(bash("manta", "status --color a"), ElementsAre("auto", "always"));
  EXPECT_THAT(bash("manta", "completion f"), ElementsAre("fish"));
}

TEST_F(CompletionTest, BashOffersDirectoriesWhereAnExperimentIsExpected) {
  std::filesystem::create_directories(path("runs/a net"));

  EXPECT_THAT(bash("manta", "show ru"), ElementsAre("runs"));
  EXPECT_THAT(bash("manta", "trials --sort lr runs/"), ElementsAre("runs/a net"));
  EXPECT_THAT(bash("manta", "trials --sort ru"), ElementsAre());
  EXPECT_THAT(bash("manta", "set runs con"), ElementsAre("concurrency="));
}

TEST_F(CompletionTest, BashOffersTheOptionsOfTuneRun) {
  EXPECT_THAT(bash("tune_run", "--max"), ElementsAre("--max-iterations", "--max-failures"));
  EXPECT_THAT(bash("tune_run", "--mode m"), ElementsAre("min", "max"));
  std::ofstream(path("space.json")) << "{}";
  EXPECT_THAT(bash("tune_run", "spa"), ElementsAre("space.json"));
}

TEST_F(CompletionTest, EveryShellKnowsEveryVerbAndOption) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = completion_script(shell).value();
    for (const Verb& verb : verb_table()) {
      EXPECT_THAT(script, HasSubstr(std::string(verb.name))) << shell;
      for (const VerbOption& option : verb.options) EXPECT_THAT(script, HasSubstr(std::string(option.name))) << shell;
    }
    for (const OptionSpec& option : option_table()) EXPECT_THAT(script, HasSubstr(std::string(option.name))) << shell;
  }
}

TEST_F(CompletionTest, TheShellsThatAreHereFindNoMistakeInTheirScripts) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    if (std::system((std::string("command -v ") + shell + " >/dev/null 2>&1").c_str()) != 0) continue;
    const std::filesystem::path script = path("script");
    std::ofstream(script) << completion_script(shell).value();
    EXPECT_EQ(run(std::string(shell) + " -n " + script.string() + " 2>&1"), "") << shell;
  }
}

TEST_F(CompletionTest, AnotherShellIsRefused) {
  EXPECT_THAT(completion_script("csh").error().message, HasSubstr("bash, zsh and fish"));
}

TEST(VerbWordsOfSetTest, AreTheOptionsThatMayChange) {
  std::string words;
  for (const OptionSpec& spec : option_table())
    if (spec.is_stored && spec.may_change) words += (words.empty() ? "" : " ") + std::string(spec.name) + "=";

  EXPECT_EQ(find_verb("set")->arguments[1].words, words);
}

TEST(ManualTest, HasEveryVerbAndOptionAndIsGoodRoff) {
  const std::string manta = manta_manual();
  const std::string tune_run = tune_run_manual();
  for (const Verb& verb : verb_table()) EXPECT_THAT(manta, HasSubstr(std::string(verb.summary.substr(0, 10))));
  for (const OptionSpec& option : option_table()) EXPECT_THAT(tune_run, HasSubstr(std::string(option.value_name)));
  // A line that begins with a dot is a command; text never makes one.
  for (const std::string& page : {manta, tune_run}) {
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with('.')) {
        EXPECT_TRUE(std::isupper(static_cast<unsigned char>(line[1])) || line.starts_with(".br")) << line;
      }
      EXPECT_FALSE(line.starts_with('\'')) << line;
    }
  }
}

}  // namespace
}  // namespace manta::completion_test
