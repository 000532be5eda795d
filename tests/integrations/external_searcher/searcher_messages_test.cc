// SPDX-License-Identifier: Apache-2.0
// What is said to a searcher program, and what its answers mean.
#include "integrations/external_searcher/searcher_messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace manta::searcher_messages_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const char* const kRules = R"({"lr": {"float": [0.1, 1], "log": true}, "model": {"act": {"choice": ["relu", "tanh"]}},
  "slope": {"float": [0, 1], "when": {"model/act": "relu"}}, "epochs": 20, "constraints": ["lr < 0.9"]})";

TEST(SearcherMessagesTest, TheStartHasAllThatMayBeChosenAndWhatFor) {
  const Space space = parse_space(kRules).value();

  const std::string line = start_message(
      {.space = &space, .objective = {"loss", Mode::kMax}, .seed = 7, .samples = 30, .max_iterations = 9});

  EXPECT_EQ(line, R"({"type":"start","protocol":1,"parameters":[{"name":"lr","float":[0.1,1.0],"log":true},)"
                  R"({"name":"model/act","choice":["relu","tanh"]},)"
                  R"({"name":"slope","float":[0.0,1.0],"when":{"model/act":"relu"}}],"constraints":["lr < 0.9"],)"
                  R"("objective":{"metric":"loss","mode":"max"},"seed":7,"samples":30,"max_iterations":9})");
}

TEST(SearcherMessagesTest, FurtherGoalsAreSaidAndToldOnlyWhereThereAre) {
  const Space space = parse_space(kRules).value();
  const SearcherSetup setup{.space = &space,
                            .further = {.objectives = {{"acc", Mode::kMax}},
                                        .constraints = {MetricCondition::parse("ms<=20").value()}}};
  const Config config{{"lr", 0.5}};
  const Metrics metrics{{"loss", 1}, {"acc", 0.5}};
  Outcome outcome{.trial = TrialId{3}, .config = config, .state = TrialState::kRunning, .value = 1};
  outcome.metrics = &metrics;

  EXPECT_THAT(start_message(setup), HasSubstr(R"("further_objectives":[{"metric":"acc","mode":"max"}],)"
                                              R"("metric_constraints":["ms <= 20"])"));
  EXPECT_THAT(further_metrics(setup), ElementsAre("acc", "ms"));
  EXPECT_THAT(tell_message(outcome, further_metrics(setup)), HasSubstr(R"("metrics":{"acc":0.5,"ms":null}})"));
  outcome.metrics = nullptr;
  EXPECT_THAT(tell_message(outcome, further_metrics(setup)), Not(HasSubstr("metrics")));
}

TEST(SearcherMessagesTest, AQuestionHasTheNumberAndTheAnswerThatItHadBefore) {
  EXPECT_EQ(ask_message(TrialId{3}, std::nullopt), R"({"type":"ask","trial":3})");
  EXPECT_EQ(ask_message(TrialId{3}, Config{{"model/act", std::string("relu")}}),
            R"({"type":"ask","trial":3,"config":{"model/act":"relu"}})");
}

TEST(SearcherMessagesTest, WhatIsToldIsANumberOrNull) {
  const Config config{{"lr", 0.5}};
  Outcome outcome{.trial = TrialId{3},
                  .config = config,
                  .state = TrialState::kRunning,
                  .iteration = 2,
                  .value = 0.25,
                  .seconds = 1.5};
  EXPECT_EQ(
      tell_message(outcome),
      R"({"type":"tell","trial":3,"config":{"lr":0.5},"state":"running","iteration":2,"value":0.25,"seconds":1.5})");

  for (const auto value : {std::optional<double>(), std::optional(std::numeric_limits<double>::quiet_NaN()),
                           std::optional(std::numeric_limits<double>::infinity())}) {
    outcome.value = value;
    EXPECT_THAT(tell_message(outcome), HasSubstr(R"("value":null)"));
  }
}

TEST(SearcherMessagesTest, AnswersAreRead) {
  EXPECT_EQ(read_answer(R"({"config":{"lr":0.5,"model/act":"relu"}})")->config,
            (Config{{"lr", 0.5}, {"model/act", std::string("relu")}}));
  EXPECT_EQ(read_answer(R"({"config":{"model":{"act":"relu"}}})")->config, (Config{{"model/act", std::string("relu")}}))
      << "nested as everywhere else";
  EXPECT_EQ(read_answer(R"({"wait":true})")->kind, SearcherAnswer::Kind::kWait);
  EXPECT_EQ(read_answer(R"({"end":true})")->kind, SearcherAnswer::Kind::kEnd);
  EXPECT_TRUE(read_ready(R"({"ready":true,"name":"mine"})").has_value());
}

TEST(SearcherMessagesTest, WhatIsNoAnswerIsQuoted) {
  for (const char* line : {"hello", "[1]", "{}", R"({"config":3})", R"({"wait":false})", "\xff"}) {
    const auto answer = read_answer(line);
    ASSERT_FALSE(answer.has_value()) << line;
    EXPECT_EQ(answer.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(answer.error().message, AllOf(HasSubstr(line), HasSubstr("expected is {\"config\"")));
  }
  EXPECT_FALSE(read_answer(R"({"config":{"lr":[1]}})").has_value());
  EXPECT_FALSE(read_ready(R"({"config":{}})").has_value());
}

TEST(SearcherMessagesTest, AProgramsOwnErrorIsSaidInItsWords) {
  const auto answer = read_answer(R"({"error":"no more memory"})");

  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::kSystem);
  EXPECT_EQ(answer.error().message, "the searcher program says: no more memory");
}

TEST(SearcherMessagesTest, ConstantsAreAddedAndWhatIsInactiveIsDropped) {
  const Space space = parse_space(kRules).value();

  const Config whole = whole_config(space, Config{{"lr", 0.5}, {"model/act", std::string("tanh")}, {"slope", 0.5}});

  EXPECT_EQ(whole, (Config{{"lr", 0.5}, {"model/act", std::string("tanh")}, {"epochs", std::int64_t{20}}}));
  EXPECT_TRUE(check_values(space, whole).has_value());
  EXPECT_TRUE(keeps_constraints(space, whole));
}

TEST(SearcherMessagesTest, WhatIsWrongWithAConfigurationIsNamed) {
  const Space space = parse_space(kRules).value();
  const auto error_of = [&](const Config& config) {
    const Result<void> checked = check_values(space, whole_config(space, config));
    return checked ? "" : checked.error().message;
  };

  EXPECT_THAT(error_of(Config{{"lr", 7.0}, {"model/act", std::string("tanh")}}),
              AllOf(HasSubstr("proposed {"), HasSubstr("lr: 7.0 lies outside")));
  EXPECT_THAT(error_of(Config{{"lr", 0.5}}), HasSubstr("model/act: missing"));
  EXPECT_THAT(error_of(Config{{"lr", 0.5}, {"model/act", std::string("relu")}}), HasSubstr("slope: missing"));
  EXPECT_THAT(error_of(Config{{"lr", 0.5}, {"model/act", std::string("tanh")}, {"rl", 1.0}}),
              HasSubstr("the space has no such parameter"));
  EXPECT_FALSE(keeps_constraints(space, Config{{"lr", 0.95}, {"model/act", std::string("tanh")}}));
}

}  // namespace
}  // namespace manta::searcher_messages_test
