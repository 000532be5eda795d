// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/internal/named_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "schedulers/make_scheduler.h"

namespace manta::named_request_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Result<std::string> read(const std::string& json, OptionKind kind = OptionKind::kScheduler) {
  return internal::named_request(nlohmann::ordered_json::parse(json), kind, "scheduler");
}

std::string text_of(const std::string& json) {
  const Result<std::string> text = read(json);
  EXPECT_TRUE(text.has_value()) << json << ": " << text.error().message;
  return text.value_or("");
}

std::string error_of(const std::string& json, OptionKind kind = OptionKind::kScheduler) {
  const Result<std::string> text = read(json, kind);
  EXPECT_FALSE(text.has_value()) << json << " is " << text.value_or("");
  if (text) return "";
  EXPECT_EQ(text.error().code, ErrorCode::kInvalidArgument);
  return text.error().message;
}

// A value that is allowed, as JSON.
std::string allowed(const OptionRange& option) {
  if (option.kind == OptionRange::Kind::kText) return "\"runs/x\"";
  return option.kind == OptionRange::Kind::kWhole ? std::to_string(option.low) : "0.25";
}

TEST(NamedRequestTest, AnObjectIsANameWithItsOptions) {
  EXPECT_EQ(text_of(R"({"asha": {"grace": 2, "eta": 3}})"), "asha:grace=2,eta=3");
  EXPECT_EQ(text_of(R"({"fifo": {}})"), "fifo");
  EXPECT_EQ(text_of(R"({"asha": null})"), "asha");
  EXPECT_EQ(text_of(R"({"asha": {"grace": null}})"), "asha");
  EXPECT_EQ(text_of(R"({"pbt-replay": {"from": "runs/pbt"}})"), "pbt-replay:from=runs/pbt");
}

TEST(NamedRequestTest, OptionsStandInTheOrderOfTheirTable) {
  EXPECT_EQ(text_of(R"({"asha": {"max_t": 9, "eta": 3, "grace": 2}})"), "asha:grace=2,eta=3,max_t=9");
}

TEST(NamedRequestTest, AStringStaysAsItIs) { EXPECT_EQ(text_of(R"("asha:grace=2 + median")"), "asha:grace=2 + median"); }

TEST(NamedRequestTest, AListIsAskedTogether) {
  EXPECT_EQ(text_of(R"([{"hyperband": {"eta": 3}}, "median", {"threshold": {"at": 3, "value": 0.9}}])"),
            "hyperband:eta=3 + median + threshold:at=3,value=0.9");
  EXPECT_EQ(text_of(R"(["asha"])"), "asha");
}

TEST(NamedRequestTest, NumbersAreWrittenSoThatTheyReadBack) {
  EXPECT_EQ(text_of(R"({"threshold": {"value": 1e30}})"), "threshold:value=1e30");
  EXPECT_EQ(text_of(R"({"threshold": {"value": -0.1}})"), "threshold:value=-0.1");
  EXPECT_EQ(text_of(R"({"threshold": {"value": 3}})"), "threshold:value=3");
}

TEST(NamedRequestTest, WhatTheTablesAllowIsTakenByThoseWhoReadIt) {
  const Space space = parse_space(R"({"x": {"float": [0, 1]}})").value();
  for (const SchedulerKind& kind : scheduler_kinds()) {
    if (kind.name == "pbt-replay") continue;  // Wants the experiment that it names.
    std::string options;
    for (const OptionRange& option : kind.options)
      options += (options.empty() ? "\"" : ", \"") + std::string(option.name) + "\": " + allowed(option);
    const std::string text = text_of("{\"" + std::string(kind.name) + "\": {" + options + "}}");

    const auto made = make_scheduler(text, {.objective = {"loss", Mode::kMin}, .space = &space});

    EXPECT_TRUE(made.has_value()) << text << ": " << made.error().message;
  }
}

TEST(NamedRequestTest, AnUnknownNameIsAnsweredWithTheNearestAndAll) {
  EXPECT_THAT(error_of(R"({"asah": {}})"),
              AllOf(StartsWith("scheduler/asah: there is no such scheduler"), HasSubstr("did you mean \"asha\"?"),
                    HasSubstr("known are fifo, asha, ")));
  EXPECT_THAT(error_of(R"([{"asha": {}}, {"medain": {}}])"),
              AllOf(StartsWith("scheduler[1]/medain: "), HasSubstr("\"median\"")));
}

TEST(NamedRequestTest, AnUnknownOptionIsAnsweredWithTheNearestAndAll) {
  EXPECT_THAT(error_of(R"({"asha": {"grase": 2}})"),
              AllOf(StartsWith("scheduler/asha/grase: unknown option"), HasSubstr("did you mean \"grace\"?"),
                    HasSubstr("asha has grace, eta, max_t, cost")));
  EXPECT_THAT(error_of(R"({"fifo": {"grace": 2}})"), AllOf(HasSubstr("fifo has none"), Not(HasSubstr("did you mean"))));
}

TEST(NamedRequestTest, AValueOutOfRangeIsToldWithTheRange) {
  EXPECT_EQ(error_of(R"({"asha": {"eta": 1}})"), "scheduler/asha/eta: is 1; it must be 2 to 1000");
  EXPECT_EQ(error_of(R"({"asha": {"grace": 0}})"), "scheduler/asha/grace: is 0; it must be 1 to 1000000000");
  EXPECT_EQ(error_of(R"({"asha": {"max_t": 18446744073709551615}})"),
            "scheduler/asha/max_t: is 18446744073709551615; it must be 1 to 1000000000");
  EXPECT_EQ(error_of(R"({"pbt": {"quantile": 0.6}})"), "scheduler/pbt/quantile: is 0.6; it must be 0 to 0.5");
  EXPECT_EQ(error_of(R"({"patience": {"delta": -1}})"), "scheduler/patience/delta: is -1; it must be a number from 0");
}

TEST(NamedRequestTest, ALimitThatIsAnotherOptionIsSaidSo) {
  EXPECT_EQ(error_of(R"({"asha": {"max_t": 9, "grace": 10}})"),
            "scheduler/asha/grace: is 10; it must be 1 to 9, which is max_t");
  EXPECT_EQ(error_of(R"({"asha": {"max_t": 18446744073709551615, "grace": 10}})").substr(0, 21), "scheduler/asha/max_t:");
}

TEST(NamedRequestTest, AValueOfAnotherTypeIsToldWithWhatIsExpected) {
  EXPECT_EQ(error_of(R"({"asha": {"grace": "2"}})"),
            "scheduler/asha/grace: expected a whole number, 1 to max_t; found \"2\"");
  EXPECT_THAT(error_of(R"({"asha": {"grace": 2.5}})"), HasSubstr("found 2.5"));
  EXPECT_EQ(error_of(R"({"pbt": {"quantile": true}})"),
            "scheduler/pbt/quantile: expected a number, 0 to 0.5; found true");
  EXPECT_EQ(error_of(R"({"threshold": {"value": [1]}})"), "scheduler/threshold/value: expected a number; found [1]");
  EXPECT_EQ(error_of(R"({"asha": {"cost": 1}})"), "scheduler/asha/cost: expected a string; found 1");
  EXPECT_THAT(error_of(R"({"asha": [2, 3]})"), AllOf(StartsWith("scheduler/asha: expected"), HasSubstr("[2,3]")));
  EXPECT_THAT(error_of("7"), AllOf(StartsWith("scheduler: expected a name, or an object"), HasSubstr("found 7")));
  EXPECT_THAT(error_of("{}"), StartsWith("scheduler: expected a name"));
  EXPECT_THAT(error_of("[null]"), StartsWith("scheduler[0]: expected a name"));
}

TEST(NamedRequestTest, ATextThatThePlainFormCannotHoldIsRefused) {
  for (const std::string text : {"a,b", "a+b", " a", "a "})
    EXPECT_THAT(error_of(R"({"pbt-replay": {"from": ")" + text + "\"}}"), HasSubstr("no comma, no plus")) << text;
  EXPECT_THAT(error_of(R"({"pbt-replay": {"from": ""}})"), HasSubstr("from: is empty; Directory of the experiment"));
}

TEST(NamedRequestTest, WhatIsRequiredIsAskedFor) {
  EXPECT_EQ(error_of(R"({"threshold": {"at": 3}})"),
            "scheduler/threshold: value is missing: How good, as a value of the metric; required");
  EXPECT_THAT(error_of(R"({"pbt-replay": null})"), StartsWith("scheduler/pbt-replay: from is missing"));
}

TEST(NamedRequestTest, SeveralStandInAListAndOnlyThoseThatStopFollow) {
  EXPECT_THAT(error_of(R"({"asha": {}, "median": {}})"),
              AllOf(StartsWith("scheduler: has 2 names in one object"), HasSubstr("[{\"asha\": {}}")));
  EXPECT_EQ(error_of(R"([{"asha": {}}, {"pbt": {}}])"),
            "scheduler[1]/pbt: it may do more than stop trials, so it has to stand first");
  EXPECT_EQ(error_of("[]"), "scheduler: the list is empty");
}

TEST(NamedRequestTest, ASearcherIsOneObject) {
  const auto searcher = OptionKind::kSearcher;

  EXPECT_EQ(read(R"({"nsga2": {"population": 40}})", searcher).value_or(""), "nsga2:population=40");
  EXPECT_EQ(read(R"("./libx.so:Mine:a, b")", searcher).value_or(""), "./libx.so:Mine:a, b");
  EXPECT_THAT(error_of(R"({"nsga2": {"population": 3}})", searcher), HasSubstr("is 3; it must be 4 to 1000"));
  EXPECT_THAT(error_of(R"({"nsga": {}})", searcher), AllOf(HasSubstr("no such searcher"), HasSubstr("\"nsga2\"")));
  EXPECT_THAT(error_of(R"({"gp": {}, "tpe": {}})", searcher), HasSubstr("one searcher is asked"));
  EXPECT_THAT(error_of(R"(["gp"])", searcher), HasSubstr("expected a name, or an object"));
}

}  // namespace
}  // namespace manta::named_request_test
