// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/verb_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tune/cli/terminal.h"
#include "tune/cli/verb_help.h"

namespace manta::verb_table_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Verb kVerb{.name = "look",
                 .group = "Group",
                 .summary = "Look",
                 .text = "",
                 .arguments = {{.name = "EXP", .help = "Where"},
                               {.name = "TRIAL", .help = "Which", .count = VerbArgument::Count::kAny}},
                 .options = {{.name = "where", .value_name = "COND", .help = "Which", .letter = 'w'},
                             {.name = "set", .value_name = "N=V", .help = "What", .is_repeatable = true},
                             {.name = "watch", .value_name = "S", .help = "Again", .value_is_optional = true},
                             {.name = "json", .help = "As JSON"}},
                 .examples = {},
                 .run = nullptr};

Result<VerbWords> parse(std::vector<std::string> words) { return parse_verb_words(kVerb, words); }

std::string error_of(std::vector<std::string> words) {
  const Result<VerbWords> sorted = parse(std::move(words));
  return sorted ? "" : sorted.error().message;
}

TEST(VerbWordsTest, OptionsAndArgumentsComeInAnyOrder) {
  const auto words = parse({"--json", "run", "-w", "lr<1", "3", "--set=a=1", "4", "--set", "b=2"});

  ASSERT_TRUE(words.has_value()) << words.error().message;
  EXPECT_TRUE(words->has("json"));
  EXPECT_EQ(words->value("EXP"), "run");
  EXPECT_EQ(words->value("where"), "lr<1");
  EXPECT_THAT(words->values("TRIAL"), ElementsAre("3", "4"));
  EXPECT_THAT(words->values("set"), ElementsAre("a=1", "b=2"));
  EXPECT_FALSE(words->has("watch"));
}

TEST(VerbWordsTest, BehindTwoDashesNothingIsAnOption) {
  const auto words = parse({"--", "--json", "-w"});

  ASSERT_TRUE(words.has_value());
  EXPECT_EQ(words->value("EXP"), "--json");
  EXPECT_THAT(words->values("TRIAL"), ElementsAre("-w"));
}

TEST(VerbWordsTest, AValueMayBeOptional) {
  EXPECT_EQ(parse({"run", "--watch"})->value("watch"), "");
  EXPECT_EQ(parse({"run", "--watch", "--json"})->value("watch"), "");
  EXPECT_EQ(parse({"run", "--watch", "2"})->value("watch"), "2");
}

TEST(VerbWordsTest, MistakesAreNamedWithTheUsage) {
  EXPECT_THAT(error_of({}), HasSubstr("which EXP?"));
  EXPECT_THAT(error_of({"run", "--wher", "x"}), HasSubstr("did you mean \"--where\"?"));
  EXPECT_THAT(error_of({"run", "-x"}), HasSubstr("unknown option -x"));
  EXPECT_THAT(error_of({"run", "--where"}), HasSubstr("--where needs a value, COND"));
  EXPECT_THAT(error_of({"run", "--where", "a", "--where", "b"}), HasSubstr("twice"));
  EXPECT_THAT(error_of({"run", "--json=yes"}), HasSubstr("takes no value"));
  EXPECT_THAT(error_of({"run", "--json=yes"}), HasSubstr("usage: manta look [OPTIONS] EXP [TRIAL...]"));
}

TEST(VerbWordsTest, AWordTooManyIsRefused) {
  const std::vector<std::string> words{"run", "more"};
  const auto sorted = parse_verb_words(*find_verb("best"), words);

  ASSERT_FALSE(sorted.has_value());
  EXPECT_THAT(sorted.error().message, HasSubstr("unexpected word \"more\""));
}

TEST(VerbTableTest, NamesAreUniqueAndEveryRowIsComplete) {
  std::set<std::string_view> verbs;
  for (const Verb& verb : verb_table()) {
    EXPECT_TRUE(verbs.insert(verb.name).second) << verb.name;
    EXPECT_NE(verb.run, nullptr) << verb.name;
    EXPECT_FALSE(verb.summary.empty() || verb.summary.ends_with('.')) << verb.name;
    EXPECT_FALSE(verb.examples.empty()) << verb.name;
    std::set<std::string_view> options;
    for (const VerbOption& option : verb.options) {
      EXPECT_TRUE(options.insert(option.name).second) << option.name;
      EXPECT_FALSE(option.help.empty() || option.help.ends_with('.')) << option.name;
      EXPECT_NE(option.name, "help");
    }
    EXPECT_EQ(find_verb(verb.name), &verb);
  }
}

TEST(VerbTableTest, EveryExampleIsUnderstood) {
  for (const Verb& verb : verb_table()) {
    for (const std::string_view example : verb.examples) {
      std::vector<std::string> words;
      bool quoted = false;
      std::string word;
      for (const char c : std::string(example.substr(0, example.find(" >"))) + " ") {
        if (c == '\'')
          quoted = !quoted;
        else if (c == ' ' && !quoted)
          words.push_back(std::exchange(word, ""));
        else
          word += c;
      }
      ASSERT_THAT(words, ::testing::SizeIs(::testing::Ge(2u)));
      EXPECT_EQ(words[1], verb.name);
      const auto sorted = parse_verb_words(verb, std::span(words).subspan(2));
      EXPECT_TRUE(sorted.has_value()) << example << ": " << (sorted ? "" : sorted.error().message);
    }
  }
}

TEST(VerbHelpTest, EveryVerbAndOptionIsThereAndNoLineIsTooWide) {
  const std::string all = program_help();
  for (const Verb& verb : verb_table()) {
    EXPECT_THAT(all, HasSubstr("  " + std::string(verb.name) + " "));
    const std::string help = verb_help(verb);
    for (const VerbOption& option : verb.options) EXPECT_THAT(help, HasSubstr("--" + std::string(option.name)));
    for (std::size_t begin = 0; begin < help.size();) {
      const std::size_t end = help.find('\n', begin);
      EXPECT_LE(display_width(help.substr(begin, end - begin)), 100) << help.substr(begin, end - begin);
      begin = end + 1;
    }
  }
}

TEST(VerbHelpTest, TextIsWrappedAndEmptyLinesStay) {
  EXPECT_EQ(wrapped("one two three\n\nfour", 9, "  "), "  one two\n  three\n\n  four\n");
  EXPECT_EQ(wrapped("unbreakable", 4, ""), "unbreakable\n");
  EXPECT_EQ(wrapped("", 10, ""), "");
}

TEST(VerbWordsTest, NumbersOfTrialsAreWholeAndNotNegative) {
  EXPECT_EQ(parse_trial_number("12").value(), 12);
  for (const char* wrong : {"", "x", "-1", "1.5", "99999999999999999999"}) {
    EXPECT_FALSE(parse_trial_number(wrong).has_value()) << wrong;
  }
}

}  // namespace
}  // namespace manta::verb_table_test
