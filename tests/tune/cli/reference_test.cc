// SPDX-License-Identifier: Apache-2.0
// docs/reference against the tables that it is written from.
#include "tune/cli/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "schedulers/make_scheduler.h"
#include "searchers/make_searcher.h"
#include "tune/cli/option_table.h"
#include "tune/cli/verb_table.h"

namespace manta::reference_test {
namespace {

using ::testing::HasSubstr;

std::string page(const std::string& name) {
  for (const ReferencePage& each : reference_pages()) {
    if (each.file == name) return each.text;
  }
  return "";
}

// Whether `name` stands in a text as a word of its own; "asha" does not stand in "asha-promote".
bool names(std::string_view text, std::string_view name) {
  constexpr std::string_view kInWord = "abcdefghijklmnopqrstuvwxyz-";
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const bool begins = at == 0 || kInWord.find(text[at - 1]) == std::string_view::npos;
    const std::size_t end = at + name.size();
    if (begins && (end == text.size() || kInWord.find(text[end]) == std::string_view::npos)) return true;
  }
  return false;
}

TEST(ReferenceTest, TheCommittedPagesAreThoseThatTheProgramsWriteNow) {
  for (const ReferencePage& each : reference_pages()) {
    std::ifstream file(MANTA_DOCS_DIR "/reference/" + each.file);
    std::ostringstream committed;
    committed << file.rdbuf();

    EXPECT_EQ(committed.str(), each.text)
        << "docs/reference/" << each.file << " is out of date. Write it anew:\n"
        << "  cmake --build build/dev --target manta_pages && build/dev/bin/manta_pages --reference docs/reference";
  }
}

TEST(ReferenceTest, EveryOptionVerbSchedulerAndSearcherHasItsPlace) {
  for (const OptionSpec& option : option_table())
    EXPECT_THAT(page("tune_run.md"), HasSubstr("| `--" + std::string(option.name) + (option.value_name.empty() ? "`" : " ")))
        << option.name;
  for (const Verb& verb : verb_table())
    EXPECT_THAT(page("manta.md"), HasSubstr("\n### " + std::string(verb.name) + "\n")) << verb.name;
  for (const SchedulerKind& kind : scheduler_kinds())
    EXPECT_THAT(page("schedulers.md"), HasSubstr("\n## " + std::string(kind.name) + "\n")) << kind.name;
  for (const SearcherKind& kind : searcher_kinds())
    EXPECT_THAT(page("searchers.md"), HasSubstr("| `" + std::string(kind.name) + "` |")) << kind.name;
}

TEST(ReferenceTest, ABarInAValueDoesNotEndItsCell) {
  EXPECT_THAT(page("tune_run.md"), HasSubstr("| `--mode min\\|max` |"));
}

TEST(ReferenceTest, HelpNamesEverySchedulerAndSearcher) {
  for (const SchedulerKind& kind : scheduler_kinds())
    EXPECT_TRUE(names(find_option("scheduler")->help, kind.name)) << kind.name;
  for (const SearcherKind& kind : searcher_kinds())
    EXPECT_TRUE(names(find_option("searcher")->help, kind.name)) << kind.name;
}

TEST(ReferenceTest, EveryOptionOfASchedulerSaysWhatItIsAndWhatHoldsWithoutIt) {
  for (const SchedulerKind& kind : scheduler_kinds()) {
    EXPECT_FALSE(kind.summary.empty()) << kind.name;
    for (const OptionRange& option : kind.options) {
      EXPECT_FALSE(option.help.empty()) << kind.name << " " << option.name;
      EXPECT_TRUE(option.otherwise || option.help.ends_with(")") || option.required)
          << kind.name << " " << option.name;
      EXPECT_EQ(option.required, option.help.ends_with("; required")) << kind.name << " " << option.name;
    }
  }
}

TEST(ReferenceTest, EveryLimitThatMayChangeIsOfferedWhereItIsChanged) {
  std::string offered;
  for (const VerbArgument& argument : find_verb("set")->arguments) offered += " " + std::string(argument.words);

  for (const OptionSpec& option : option_table()) {
    EXPECT_TRUE(!option.may_change || names(offered, option.name)) << option.name;
  }
}

}  // namespace
}  // namespace manta::reference_test
