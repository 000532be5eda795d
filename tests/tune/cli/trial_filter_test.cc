// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/trial_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace manta::trial_filter_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::map<std::string, Value, std::less<>> kTrial{{"lr", 0.005},
                                                       {"units", std::int64_t{16}},
                                                       {"state", std::string("failed")},
                                                       {"bias", true},
                                                       {"loss", std::nan("")},
                                                       {"cause", std::string("signal 11 in step")},
                                                       {"model/act", std::string("relu")}};

std::optional<Value> find(std::string_view name) {
  const auto found = kTrial.find(name);
  return found == kTrial.end() ? std::nullopt : std::optional(found->second);
}

bool matches(std::string_view condition) {
  const Result<TrialFilter> filter = TrialFilter::parse(condition);
  EXPECT_TRUE(filter.has_value()) << (filter ? "" : filter.error().message);
  return filter && filter->matches(find);
}

TEST(TrialFilterTest, NumbersCompareAsNumbersWhateverTheirType) {
  for (const char* holds : {"lr<0.01", "lr <= 5e-3", "lr > 0.001", "lr>=0.005", "lr=0.005", "lr == 5.0e-3", "lr!=1",
                            "units=16.0", "units > 2"}) {
    EXPECT_TRUE(matches(holds)) << holds;
  }
  for (const char* fails : {"lr>0.01", "lr<0.005", "units != 16", "units < 9"}) EXPECT_FALSE(matches(fails)) << fails;
}

TEST(TrialFilterTest, TextsAndTruthValuesCompareAsWords) {
  for (const char* holds : {"state=failed", "state='failed'", "state!=running", "bias=true", "bias!=false",
                            "model/act = \"relu\"", "cause ~ 'signal 11'", "\"model/act\"=relu"}) {
    EXPECT_TRUE(matches(holds)) << holds;
  }
  EXPECT_FALSE(matches("state=fail"));
  EXPECT_FALSE(matches("cause ~ 'signal 9'"));
}

TEST(TrialFilterTest, WhatIsMissingNaNOrOfAnotherKindMeetsOnlyUnequal) {
  for (const char* name : {"nowhere", "loss"}) {
    for (const char* op : {"<", "<=", ">", ">=", "="}) {
      EXPECT_FALSE(matches(std::string(name) + op + "1")) << name << op;
    }
    EXPECT_TRUE(matches(std::string(name) + "!=1"));
  }
  EXPECT_FALSE(matches("lr=small"));
  EXPECT_TRUE(matches("lr!=small"));
}

TEST(TrialFilterTest, AndBindsTighterThanOrAndNotTightest) {
  EXPECT_TRUE(matches("lr>1 and state=failed or units=16"));
  EXPECT_FALSE(matches("lr>1 and (state=failed or units=16)"));
  EXPECT_TRUE(matches("not lr>1 and state=failed"));
  EXPECT_FALSE(matches("not (lr<1 or state=running)"));
  EXPECT_TRUE(matches("not not lr<1"));
}

TEST(TrialFilterTest, NamesAreThoseThatAreAskedFor) {
  EXPECT_THAT(TrialFilter::parse("lr<1 and (state=failed or lr>0)")->names(), ElementsAre("lr", "state", "lr"));
}

TEST(TrialFilterTest, WhatMakesNoSenseIsNamedWithItsPlace) {
  for (const auto& [text, part] : std::map<std::string, std::string>{{"", "at character 1"},
                                                                     {"lr", "one of < <="},
                                                                     {"lr<", "a value"},
                                                                     {"lr<1 state=failed", "at character 6"},
                                                                     {"lr<1 and", "a name"},
                                                                     {"(lr<1", "\")\""},
                                                                     {"lr<>1", "one of < <="},
                                                                     {"cause='open", "a closing '"},
                                                                     {"lr<1; drop table trials", "found \";\""},
                                                                     {"lr < (1)", "a value"}}) {
    const Result<TrialFilter> filter = TrialFilter::parse(text);
    ASSERT_FALSE(filter.has_value()) << text;
    EXPECT_EQ(filter.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(filter.error().message, HasSubstr(part)) << text;
  }
}

TEST(TrialFilterTest, EndlessNestingIsRefused) {
  EXPECT_FALSE(TrialFilter::parse(std::string(100'000, '(') + "lr<1").has_value());
  std::string nots;
  for (int i = 0; i < 100'000; ++i) nots += "not ";
  EXPECT_FALSE(TrialFilter::parse(nots + "lr<1").has_value());
}

}  // namespace
}  // namespace manta::trial_filter_test
