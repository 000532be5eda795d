// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/control/control_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace manta::control_request_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(ControlRequestTest, ARequestComesOutAsItWentIn) {
  const ControlRequest request{.verb = "clone",
                               .trials = {{3}, {7}},
                               .config = {{"model/act", std::string("a\nb")}, {"lr", 0.1}},
                               .options = {{"samples", "3"}},
                               .text = "text with \"quotes\" and \xff"};
  const std::string line = to_json(request);
  EXPECT_EQ(line.find('\n'), std::string::npos);

  const ControlRequest read = parse_control_request(line).value();

  EXPECT_EQ(read.verb, request.verb);
  EXPECT_EQ(read.trials, request.trials);
  EXPECT_EQ(read.config, request.config);
  EXPECT_EQ(read.options, request.options);
  EXPECT_THAT(read.text, HasSubstr("text with \"quotes\" and "));
}

TEST(ControlRequestTest, NonsenseIsOfAnotherVersion) {
  for (const char* line :
       {"", "x", "[]", "{}", R"({"manta_control": 2})", R"({"manta_control": 1})",
        R"({"manta_control": 1, "verb": 1, "trials": [], "config": "{}", "options": [], "text": ""})",
        R"({"manta_control":1,"verb":"","trials":["a"],"config":"{}","options":[],"text":""})"}) {
    const auto request = parse_control_request(line);
    ASSERT_FALSE(request.has_value()) << line;
    EXPECT_EQ(request.error().code, ErrorCode::kIncompatible) << line;
  }
}

TEST(ControlRequestTest, AnswersAndErrorsComeOutAsTheyWentIn) {
  EXPECT_EQ(parse_control_answer(answer_json(std::string("one\ntwo"))).value(), "one\ntwo");

  const auto error = parse_control_answer(answer_json(Error{ErrorCode::kFailedPrecondition, "not now"}));

  ASSERT_FALSE(error.has_value());
  EXPECT_EQ(error.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(error.error().message, "not now");
  EXPECT_EQ(parse_control_answer("nonsense").error().code, ErrorCode::kIncompatible);
}

TEST(ControlRequestTest, WholeNumbersBecomeRealOnesWhereTheSpaceHasThem) {
  const Space space = parse_space(R"({"lr": {"float": [0, 1]}, "units": {"int": [1, 9]}})").value();

  const Config config = coerced({{"lr", std::int64_t{1}}, {"units", std::int64_t{2}}}, space);

  EXPECT_EQ(config, (Config{{"lr", 1.0}, {"units", std::int64_t{2}}}));
}

TEST(SetOptionsTest, LimitsAreSetAndSaid) {
  TuneOptions options;

  const auto text = set_options({{"samples", "200"}, {"time_budget", "2h"}, {"stop", "a>1"}, {"stop", "b<2"}}, options,
                                /*is_running=*/true);

  ASSERT_TRUE(text.has_value()) << text.error().message;
  EXPECT_EQ(options.samples, 200);
  EXPECT_EQ(options.time_budget_seconds, 7200);
  EXPECT_THAT(options.stop, ::testing::ElementsAre("a>1", "b<2"));
  EXPECT_THAT(*text, AllOf(HasSubstr("samples is 200\n"), HasSubstr("from the next --resume on")));
}

TEST(SetOptionsTest, AMistakeChangesNothingAndIsNamed) {
  TuneOptions options;
  const auto error = [&](std::vector<std::pair<std::string, std::string>> values) {
    const auto text = set_options(values, options, true);
    return text ? "" : text.error().message;
  };

  EXPECT_THAT(error({{"samples", "5"}, {"sample", "5"}}), HasSubstr("did you mean \"samples\"?"));
  EXPECT_THAT(error({{"seed", "5"}}), HasSubstr("seed stays as it is"));
  EXPECT_THAT(error({{"samples", "no"}}), HasSubstr("samples: \"no\" is not an integer"));
  EXPECT_EQ(options.samples, TuneOptions().samples);
}

}  // namespace
}  // namespace manta::control_request_test
