// SPDX-License-Identifier: Apache-2.0
#include "schedulers/make_scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace manta::make_scheduler_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const Objective kLoss{"loss", Mode::kMin};

std::string saved(std::string_view text, std::optional<std::int64_t> max_iterations = std::nullopt) {
  const auto scheduler = make_scheduler(text, kLoss, max_iterations);
  return scheduler ? (*scheduler)->save().json : to_string(scheduler.error());
}

std::string message_of(std::string_view text) {
  const auto scheduler = make_scheduler(text, kLoss);
  EXPECT_FALSE(scheduler.has_value()) << text;
  if (scheduler) return "";
  EXPECT_EQ(scheduler.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(scheduler.error().message, HasSubstr("\"" + std::string(text) + "\""));
  return scheduler.error().message;
}

// The number of rungs tells max_t.
std::size_t rungs_of(const std::string& json) {
  const std::size_t begin = json.find("\"rungs\":[") + 9;
  std::size_t count = 0;
  for (std::size_t place = begin; json.compare(place, 2, "[]") == 0; place += 3) ++count;
  return count;
}

TEST(MakeSchedulerTest, KnowsFifoAndAsha) {
  EXPECT_THAT(saved("fifo"), StartsWith("{\"FifoScheduler\":"));
  EXPECT_THAT(saved("asha"),
              AllOf(StartsWith("{\"AshaScheduler\":"), HasSubstr("\"eta\":4"), HasSubstr("\"grace\":1")));
}

TEST(MakeSchedulerTest, KnowsTheOthers) {
  EXPECT_THAT(saved("asha-promote:eta=3"), AllOf(StartsWith("{\"AshaPromoteScheduler\":"), HasSubstr("\"eta\":3")));
  EXPECT_THAT(saved("median:grace=2,samples=5"), StartsWith("{\"MedianScheduler\":"));
  EXPECT_THAT(saved("i-epoch:i=3,best=4"), AllOf(StartsWith("{\"IEpochScheduler\":"), HasSubstr("\"i\":3")));
}

TEST(MakeSchedulerTest, ReadsTheOptionsOfAsha) {
  const std::string json = saved("asha:eta=3,grace=2,max_t=18");

  EXPECT_THAT(json, AllOf(HasSubstr("\"eta\":3"), HasSubstr("\"grace\":2")));
  EXPECT_EQ(rungs_of(json), 3u);  // 2, 6, 18.
}

TEST(MakeSchedulerTest, TheExperimentsMaxIterationsIsTheDefaultOfMaxT) {
  EXPECT_EQ(rungs_of(saved("asha")), 4u);               // 1, 4, 16, 64 of 100.
  EXPECT_EQ(rungs_of(saved("asha", 300)), 5u);          // … 256.
  EXPECT_EQ(rungs_of(saved("asha:max_t=4", 300)), 2u);  // What is written wins.
}

TEST(MakeSchedulerTest, AnUnknownSchedulerIsAnsweredWithThoseThereAre) {
  for (const std::string text : {"", "ASHA", "hyper", " fifo", "asha2"}) {
    EXPECT_THAT(message_of(text), AllOf(HasSubstr("fifo"), HasSubstr("asha"), HasSubstr("i-epoch")));
  }
}

TEST(MakeSchedulerTest, AMistypedNameOrOptionIsAnsweredWithTheNearest) {
  EXPECT_THAT(message_of("asah"), HasSubstr("did you mean \"asha\"?"));
  EXPECT_THAT(message_of("hyperbnad:eta=3"), HasSubstr("did you mean \"hyperband\"?"));
  EXPECT_THAT(message_of("asha:grase=1"), HasSubstr("did you mean \"grace\"?"));
}

TEST(MakeSchedulerTest, AnUnknownOptionIsAnsweredWithThoseThereAreAndTheirRanges) {
  EXPECT_THAT(message_of("asha:grase=1"), AllOf(HasSubstr("\"grase\""), HasSubstr("grace (1 to max_t)"),
                                                HasSubstr("eta (2 to 1000)"), HasSubstr("max_t (1 to 1000000000)")));
}

TEST(MakeSchedulerTest, WhatIsNotNameEqualsNumberIsRefused) {
  for (const std::string text : {"asha:", "asha:eta", "asha:=3", "asha:eta=3,", "asha:eta=3,,max_t=9"}) {
    EXPECT_THAT(message_of(text), HasSubstr("name=number")) << text;
  }
  for (const std::string text : {"asha:eta=", "asha:eta=3.5", "asha:eta=four", "asha:eta= 4", "asha:eta=4x",
                                 "asha:max_t=99999999999999999999"}) {
    EXPECT_THAT(message_of(text), HasSubstr("no whole number")) << text;
  }
}

TEST(MakeSchedulerTest, AnOptionGivenTwiceIsRefused) {
  EXPECT_THAT(message_of("asha:eta=3,eta=4"), HasSubstr("eta is given twice"));
}

TEST(MakeSchedulerTest, ANumberOutOfRangeIsRefusedWithTheRange) {
  EXPECT_THAT(message_of("asha:eta=1"), HasSubstr("eta is 1; it must be 2 to 1000"));
  EXPECT_THAT(message_of("asha:eta=1001"), HasSubstr("2 to 1000"));
  EXPECT_THAT(message_of("asha:grace=0"), HasSubstr("grace is 0; it must be 1 to 100"));
  EXPECT_THAT(message_of("asha:grace=10,max_t=9"), HasSubstr("grace is 10; it must be 1 to 9"));
  EXPECT_THAT(message_of("asha:max_t=0"), HasSubstr("max_t is 0"));
  EXPECT_THAT(message_of("asha:max_t=-5"), HasSubstr("max_t is -5"));
  EXPECT_THAT(message_of("asha:max_t=1000000001"), HasSubstr("1 to 1000000000"));
}

TEST(MakeSchedulerTest, TheLimitsThemselvesAreTaken) {
  EXPECT_EQ(rungs_of(saved("asha:grace=1,eta=1000,max_t=1000000000")), 4u);
  EXPECT_EQ(rungs_of(saved("asha:grace=1,eta=2,max_t=1")), 1u);
}

TEST(MakeSchedulerTest, FifoTakesNoOptions) { EXPECT_THAT(message_of("fifo:eta=3"), HasSubstr("no options")); }

}  // namespace
}  // namespace manta::make_scheduler_test
