// SPDX-License-Identifier: Apache-2.0
// Documents taken over, written and compared.
#include "tune/cli/experiment_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace manta::experiment_document_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string error_of(std::string_view json) {
  RunRequest request;
  const Result<void> applied = apply_document(json, "e.json", request);
  return applied ? "" : applied.error().message;
}

TEST(ApplyDocumentTest, ADocumentWithoutTheKeySpaceIsASpace) {
  RunRequest request;
  const std::string text = R"( {"lr": {"float": [0, 1]}} )";

  ASSERT_TRUE(apply_document(text, "space.json", request).has_value());

  EXPECT_EQ(request.tune.space, text);
  EXPECT_EQ(request.tune.metric, "");
}

TEST(ApplyDocumentTest, ADocumentWithTheKeySpaceSetsItsOptions) {
  RunRequest request;

  const Result<void> applied = apply_document(R"({
    "$schema": "experiment.schema.json", "space": {"b": {"int": [1, 2]}, "a": 1}, "metric": "loss", "mode": "max",
    "samples": 7, "stop": ["loss<1", "acc>2"], "time_budget": "5m", "cpus_per_trial": 2, "allow_failed": 0.1,
    "max_iterations": null, "progress": "none"})",
                                              "e.json", request);

  ASSERT_TRUE(applied.has_value()) << applied.error().message;
  EXPECT_EQ(request.tune.space, R"({"b":{"int":[1,2]},"a":1})") << "the order of the parameters is the document's";
  EXPECT_EQ(request.tune.metric, "loss");
  EXPECT_EQ(request.tune.mode, Mode::kMax);
  EXPECT_EQ(request.tune.samples, 7);
  EXPECT_THAT(request.tune.stop, ElementsAre("loss<1", "acc>2"));
  EXPECT_EQ(request.tune.time_budget_seconds, 300);
  EXPECT_EQ(request.tune.cpus_per_trial, 2);
  EXPECT_FALSE(request.tune.max_iterations.has_value());
  EXPECT_EQ(request.console.progress, ProgressStyle::kNone);
}

TEST(ApplyDocumentTest, SeveralMetricsMayStandAsAnObject) {
  RunRequest request;

  ASSERT_TRUE(apply_document(R"({"space": {"a": 1}, "metric": {"error": "min", "val:acc": "max"},
    "metric_constraint": ["ms <= 20", "mb < 1"]})",
                             "e.json", request));

  EXPECT_EQ(request.tune.metric, "error:min,val:acc:max");
  EXPECT_EQ(request.tune.metric_constraint, (std::vector<std::string>{"ms <= 20", "mb < 1"}));
}

TEST(ApplyDocumentTest, OneStopConditionMayStandWithoutAList) {
  RunRequest request;

  ASSERT_TRUE(apply_document(R"({"space": {}, "stop": "loss<1", "time_budget": 90})", "e.json", request).has_value());

  EXPECT_THAT(request.tune.stop, ElementsAre("loss<1"));
  EXPECT_EQ(request.tune.time_budget_seconds, 90);
}

TEST(ApplyDocumentTest, SchedulersAndSearchersMayStandAsObjects) {
  RunRequest request;

  ASSERT_TRUE(apply_document(R"({"space": {}, "searcher": {"nsga2": {"population": 40}},
    "scheduler": [{"asha": {"eta": 3, "grace": 2}}, {"patience": {"reports": 5}}]})",
                             "e.json", request));

  EXPECT_EQ(request.tune.searcher, "nsga2:population=40");
  EXPECT_EQ(request.tune.scheduler, "asha:grace=2,eta=3 + patience:reports=5");
}

TEST(ApplyDocumentTest, AMistakeInASchedulersOptionsIsNamedWithItsPath) {
  EXPECT_EQ(error_of(R"({"space": {}, "scheduler": [{"asha": {"grace": 0}}]})"),
            "e.json: scheduler[0]/asha/grace: is 0; it must be 1 to 1000000000");
  EXPECT_THAT(error_of(R"({"space": {}, "scheduler": {"asha": {"grace": 1, "grace": 2}}})"), HasSubstr("grace"))
      << "a key twice";
}

TEST(ApplyDocumentTest, AKeyTwiceInTheSpaceIsRefused) {
  RunRequest request;

  const Result<void> applied = apply_document(
      R"({"space": {"x": {"float": [0, 1]}, "x": {"float": [0, 2]}}, "metric": "m"})", "e.json", request);

  ASSERT_FALSE(applied.has_value());
  EXPECT_EQ(applied.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(applied.error().message.find("x"), std::string::npos);
}

TEST(ApplyDocumentTest, BrokenJsonIsToldWithItsPlace) {
  EXPECT_THAT(error_of("{\n\"lr\": }"), AllOf(HasSubstr("e.json is not JSON"), HasSubstr("line 2")));
  EXPECT_THAT(error_of(""), HasSubstr("e.json is not JSON"));
}

TEST(ApplyDocumentTest, WhatIsNoObjectIsRefused) { EXPECT_THAT(error_of("[1]"), HasSubstr("expected an object")); }

TEST(ApplyDocumentTest, AnUnknownKeyIsNamedWithTheNearest) {
  EXPECT_THAT(error_of(R"({"space": {}, "max_iteration": 3})"),
              AllOf(HasSubstr("max_iteration: unknown key"), HasSubstr("\"max_iterations\"")));
  EXPECT_THAT(error_of(R"({"space": {}, "resume": "x"})"), HasSubstr("unknown key"));
}

TEST(ApplyDocumentTest, AValueOfTheWrongFormOrRangeIsNamedWithItsKey) {
  EXPECT_THAT(error_of(R"({"space": {}, "samples": "7"})"),
              AllOf(HasSubstr("e.json: samples"), HasSubstr("an integer"), HasSubstr("\"7\"")));
  EXPECT_THAT(error_of(R"({"space": {}, "samples": 1.5})"), HasSubstr("an integer"));
  EXPECT_THAT(error_of(R"({"space": {}, "samples": 0})"), HasSubstr("at least 1"));
  EXPECT_THAT(error_of(R"({"space": {}, "metric": 1})"), HasSubstr("a string"));
  EXPECT_THAT(error_of(R"({"space": {}, "metric": {"a": "up"}})"), HasSubstr("an object such as"));
  EXPECT_THAT(error_of(R"({"space": {}, "metric": {}})"), HasSubstr("an object such as"));
  EXPECT_THAT(error_of(R"({"space": {}, "metric": {"a,b": "min"}})"), HasSubstr("an object such as"));
  EXPECT_THAT(error_of(R"({"space": {}, "metric": "a,a"})"), HasSubstr("there twice"));
  EXPECT_THAT(error_of(R"({"space": {}, "metric_constraint": "ms"})"), HasSubstr("there is no comparison"));
  EXPECT_THAT(error_of(R"({"space": {}, "stop": [1]})"), HasSubstr("strings"));
  EXPECT_THAT(error_of(R"({"space": {}, "deterministic": 1})"), HasSubstr("true or false"));
  EXPECT_THAT(error_of(R"({"space": {}, "time_budget": true})"), HasSubstr("5m"));
}

TuneOptions example() {
  TuneOptions options;
  options.space = R"({"lr": {"float": [0, 1]}, "model": {"act": {"choice": ["relu"]}}})";
  options.metric = "loss";
  options.stop = {"loss<0.1"};
  options.time_budget_seconds = 12.5;
  options.trainable = "./libx.so:Net";
  options.out = "runs/x";
  return options;
}

TEST(ToDocumentTest, ItReadsBackEqualButForWhereTheResultsAre) {
  TuneOptions options = example();
  options.deterministic = true;
  const auto document = to_document(options);
  ASSERT_TRUE(document.has_value());
  RunRequest read;

  ASSERT_TRUE(apply_document(*document, "stored", read).has_value());

  EXPECT_EQ(to_document(read.tune).value(), *document);
  EXPECT_EQ(read.tune.stop, example().stop);
  EXPECT_EQ(read.tune.time_budget_seconds, 12.5);
  EXPECT_EQ(read.tune.out, "");
  EXPECT_TRUE(read.tune.deterministic);
}

TEST(ToDocumentTest, ASpaceThatIsNoJsonIsRefused) {
  TuneOptions options = example();
  options.space = "{";

  EXPECT_FALSE(to_document(options).has_value());
}

TEST(ForbiddenChangesTest, EqualExperimentsHaveNone) {
  TuneOptions asked = example();
  asked.space = "{ \"lr\":{\"float\":[0,1]},\"model\":{\"act\":{\"choice\":[\"relu\"]}} }";

  EXPECT_THAT(forbidden_changes(example(), asked), IsEmpty()) << "white space is no change";
}

TEST(ForbiddenChangesTest, LimitsAndResourcesMayChange) {
  TuneOptions asked = example();
  asked.samples = 100;
  asked.max_iterations = 5;
  asked.stop = {};
  asked.time_budget_seconds.reset();
  asked.concurrency = 7;
  asked.cpus_per_trial = 3;
  asked.out = "elsewhere";

  EXPECT_THAT(forbidden_changes(example(), asked), IsEmpty());
}

TEST(ForbiddenChangesTest, OfADeterministicExperimentOnlyWhatNoDecisionDependsOnMayChange) {
  TuneOptions stored = example();
  stored.deterministic = true;
  TuneOptions asked = stored;
  asked.time_budget_seconds = 60;
  asked.keep_checkpoints = 5;
  EXPECT_THAT(forbidden_changes(stored, asked), IsEmpty());

  asked.samples = 100;
  asked.checkpoint_every = 2;
  EXPECT_THAT(forbidden_changes(stored, asked), ElementsAre("samples: 10 -> 100", "checkpoint_every: 0 -> 2"));
}

TEST(ForbiddenChangesTest, ARangeMayBeWidenedAndAChoiceAdded) {
  TuneOptions asked = example();
  asked.space = R"({"lr": {"float": [0, 2]}, "model": {"act": {"choice": ["relu", "tanh"]}}})";

  EXPECT_THAT(forbidden_changes(example(), asked), IsEmpty());
}

TEST(ForbiddenChangesTest, EachOtherChangeIsALineWithBothValues) {
  TuneOptions asked = example();
  asked.space = R"({"lr": {"float": [0, 0.5]}, "model": {"act": {"choice": ["relu"]}}, "new": 1})";
  asked.seed = 3;
  asked.scheduler = "asha";

  EXPECT_THAT(forbidden_changes(example(), asked),
              ElementsAre(R"(lr: {"float":[0.0,1.0]} -> {"float":[0.0,0.5]})", "new: (none) -> 1",
                          R"(scheduler: "fifo" -> "asha")", "seed: 0 -> 3"));
}

}  // namespace
}  // namespace manta::experiment_document_test
