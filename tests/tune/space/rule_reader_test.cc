// SPDX-License-Identifier: Apache-2.0
// Conditions, constraints, defaults and first points as a document writes them, and each mistake in them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/search_space.h"

namespace manta::rule_reader_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string error_of(const std::string& json) {
  const Result<Space> space = parse_space(json);
  if (space) return "";
  EXPECT_EQ(space.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(space.error().message, StartsWith("space: "));
  return space.error().message.substr(7);
}

// Of a parameter with this condition, beside an optimizer, a number of layers and a group.
std::string error_of_when(const std::string& condition) {
  return error_of(R"({"optimizer": {"choice": ["sgd", "adam"]}, "layers": {"int": [1, 9]}, "model": {"act": {"choice":
    ["relu", 1]}}, "rate": {"float": [0, 1]}, "x": {"float": [0, 1], "when": )" +
                  condition + "}}");
}

std::string parameter_of(const std::string& json, const std::string& name) {
  return parameter_json(*space_of(json).find(name));
}

TEST(ConditionReaderTest, AValueAListAndARangeAreRead) {
  EXPECT_EQ(error_of_when(R"({"optimizer": "sgd"})"), "");
  EXPECT_EQ(error_of_when(R"({"optimizer": ["sgd", "adam"], "layers": {">=": 2, "<": 8}, "model/act": 1})"), "");
  EXPECT_EQ(parameter_of(R"({"n": {"int": [1, 9]}, "x": {"float": [0, 1], "when": {"n": {">": 2, "<=": 8}}}})", "x"),
            R"({"float":[0.0,1.0],"when":{"n":{">":2.0,"<=":8.0}}})");
}

TEST(ConditionReaderTest, AGroupHandsItsConditionDown) {
  const std::string json =
      R"({"kind": {"choice": ["svm", "tree"]}, "svm": {"when": {"kind": "svm"}, "c": {"float": [0, 1]},
    "kernel": {"choice": ["rbf", "poly"]}, "fixed": 3, "degree": {"int": [2, 5], "when": {"svm/kernel": "poly"}}}})";

  EXPECT_EQ(parameter_of(json, "svm/c"), R"({"float":[0.0,1.0],"when":{"kind":"svm"}})");
  EXPECT_EQ(parameter_of(json, "svm/degree"), R"({"int":[2,5],"when":{"kind":"svm","svm/kernel":"poly"}})");
  EXPECT_EQ(space_of(json).find("svm/fixed")->when, space_of(json).find("svm/c")->when);
}

TEST(ConditionReaderTest, ItsFormIsChecked) {
  EXPECT_THAT(error_of_when("3"), AllOf(StartsWith("x/when: 3 stands here"), HasSubstr(R"({"optimizer": "sgd"})")));
  EXPECT_THAT(error_of_when("{}"), StartsWith("x/when: {} stands here"));
  EXPECT_THAT(error_of_when(R"({"optimizer": []})"), StartsWith("x/when/optimizer: the list is empty"));
  EXPECT_THAT(error_of_when(R"({"optimizer": null})"), StartsWith("x/when/optimizer: null stands here"));
  EXPECT_THAT(error_of_when(R"({"optimizer": [[1]]})"), StartsWith("x/when/optimizer[0]: an array stands here"));
  EXPECT_THAT(error_of_when(R"({"layers": {}})"), HasSubstr("an empty object"));
  EXPECT_THAT(error_of_when(R"({"layers": {"=": 2}})"), StartsWith("x/when/layers/=: a range has the bounds"));
  EXPECT_THAT(error_of_when(R"({"layers": {"<": "2"}})"), HasSubstr("a bound is a number"));
  EXPECT_THAT(error_of_when(R"({"layers": {">": 2, ">=": 3}})"), HasSubstr("two lower bounds"));
  EXPECT_THAT(error_of_when(R"({"layers": {"<": 2, "<=": 3}})"), HasSubstr("two upper bounds"));
  EXPECT_THAT(error_of_when(R"({"layers": {">": 3, "<": 3}})"), HasSubstr("no number lies in the range"));
}

TEST(ConditionReaderTest, AConditionThatCanNeverHoldIsTold) {
  EXPECT_THAT(error_of_when(R"({"optimizer": "rmsprop"})"),
              AllOf(StartsWith("x/when/optimizer: optimizer never is \"rmsprop\""), HasSubstr("sgd")));
  EXPECT_THAT(error_of_when(R"({"layers": 10})"), HasSubstr("layers never is 10"));
  EXPECT_THAT(error_of_when(R"({"layers": {">": 9}})"), HasSubstr("would never take part"));
  EXPECT_THAT(error_of_when(R"({"layers": {">": 2, "<": 3}})"), HasSubstr("would never take part"));
  EXPECT_EQ(error_of_when(R"({"layers": {">": 2, "<": 4}})"), "") << "3";
  EXPECT_THAT(error_of_when(R"({"rate": {">": 1}})"), HasSubstr("would never take part"));
  EXPECT_EQ(error_of_when(R"({"rate": {">=": 1}})"), "");
  EXPECT_EQ(error_of_when(R"({"rate": {">": 0.2, "<": 0.3}})"), "");
  EXPECT_THAT(error_of_when(R"({"optimizer": {">": 0}})"), HasSubstr("would never take part"));
  EXPECT_EQ(error_of_when(R"({"model/act": {">=": 1}})"), "");
}

TEST(ConditionReaderTest, ANameThatTheSpaceLacksIsTold) {
  EXPECT_THAT(error_of_when(R"({"optimiser": "sgd"})"),
              AllOf(StartsWith("x/when/optimiser: the space has no parameter"), HasSubstr("\"optimizer\"")));
  EXPECT_THAT(error_of_when(R"({"act": "relu"})"), HasSubstr("names are whole"));
}

TEST(ConditionReaderTest, ACycleIsTold) {
  EXPECT_THAT(error_of_when(R"({"x": 0.5})"), HasSubstr("x/when: the condition depends on its own parameter: x -> x"));
  EXPECT_THAT(error_of(R"({"a": {"int": [0, 1], "when": {"b": 1}}, "b": {"int": [0, 1], "when": {"c": 1}},
                           "c": {"int": [0, 1], "when": {"b": 0}}})"),
              HasSubstr("b -> c -> b"));
}

TEST(ConditionReaderTest, AChainMayBeAsLongAsADocument) {
  std::string json = R"({"p0": {"choice": [0, 1]})";
  for (int i = 1; i < 5000; ++i) {
    json += ", \"p" + std::to_string(i) + R"(": {"choice": [0, 1], "when": {"p)" + std::to_string(i - 1) + "\": 1}}";
  }

  EXPECT_EQ(space_of(json + "}").activity_order().size(), 5000u);
}

TEST(ConditionReaderTest, RulesHaveTheirPlace) {
  EXPECT_THAT(error_of(R"({"a": 1, "when": {"a": 1}})"), StartsWith("when: belongs to a parameter"));
  EXPECT_THAT(error_of(R"({"a": 1, "default": 1})"), StartsWith("default: belongs to a parameter"));
  EXPECT_THAT(error_of(R"({"a": 1, "confidence": "low"})"), StartsWith("confidence: belongs to a parameter"));
  EXPECT_THAT(error_of(R"({"a": {"float": [0, 1], "constraints": ["a < 1"]}})"),
              StartsWith("a/constraints: belongs to the whole space"));
  EXPECT_THAT(error_of(R"({"a": {"float": [0, 1], "start": []}})"), StartsWith("a/start: belongs to the whole space"));
  EXPECT_THAT(error_of(R"({"a": 1, "g": {"when": {"a": 1}}})"), StartsWith("g: a condition of nothing stands here"));
}

TEST(ConstraintReaderTest, ExpressionsAreRead) {
  const Space space = space_of(R"({"a": {"int": [1, 9]}, "g": {"b": {"float": [0, 1]}},
                                   "constraints": ["a < 5", "a * {g/b} <= 3"]})");

  ASSERT_EQ(space.constraints().size(), 2u);
  EXPECT_EQ(space.constraints()[1].text(), "a * {g/b} <= 3");
  EXPECT_EQ(space.parameters().size(), 2u);
}

TEST(ConstraintReaderTest, ItsFormAndNamesAreChecked) {
  EXPECT_THAT(error_of(R"({"a": {"int": [1, 9]}, "constraints": "a < 5"})"),
              StartsWith("constraints: \"a < 5\" stands"));
  EXPECT_THAT(error_of(R"({"a": {"int": [1, 9]}, "constraints": [3]})"), StartsWith("constraints[0]: 3 stands here"));
  EXPECT_THAT(error_of(R"({"a": {"int": [1, 9]}, "constraints": ["a < 5", "aa < 5"]})"),
              AllOf(StartsWith("constraints[1]: "), HasSubstr("no parameter \"aa\"")));
  EXPECT_THAT(error_of(R"({"a": {"int": [1, 9]}, "constraints": ["1 < 2"]})"), HasSubstr("names no parameter"));
  EXPECT_THAT(error_of(R"({"constraints": ["a < 5"]})"), HasSubstr("the space is empty"));
}

TEST(DefaultReaderTest, ADefaultIsKeptAsItsDomainWritesIt) {
  const Space space = space_of(R"({"f": {"float": [0, 2], "default": 1, "confidence": "high"},
    "n": {"int": [0, 9], "default": 3.0}, "c": {"choice": [1.0, "x"], "default": 1, "confidence": "low"}})");

  EXPECT_EQ(space.find("f")->default_value, Value(1.0));
  EXPECT_EQ(space.find("f")->confidence, Confidence::kHigh);
  EXPECT_EQ(space.find("n")->default_value, Value(std::int64_t{3}));
  EXPECT_EQ(space.find("n")->confidence, Confidence::kMedium);
  EXPECT_EQ(space.find("c")->default_value, Value(1.0));
  EXPECT_EQ(space.default_config(), (Config{{"f", 1.0}, {"n", std::int64_t{3}}, {"c", 1.0}}));
}

TEST(DefaultReaderTest, TheDefaultsHoldOnlyWhatTakesPart) {
  const std::string json =
      R"({"kind": {"choice": ["a", "b"], "default": "a"}, "x": {"float": [0, 1], "when": {"kind": "b"}},
                               "y": {"float": [0, 1], "when": {"kind": "a"} DEFAULT}, "fixed": 3})";
  const auto with = [&](const std::string& text) {
    std::string copy = json;
    return space_of(copy.replace(copy.find(" DEFAULT"), 8, text)).default_config();
  };

  EXPECT_EQ(with(", \"default\": 0.5"), (Config{{"kind", std::string("a")}, {"y", 0.5}, {"fixed", std::int64_t{3}}}));
  EXPECT_EQ(with(""), std::nullopt) << "y takes part and has none";
}

TEST(DefaultReaderTest, EachMistakeIsTold) {
  EXPECT_THAT(error_of(R"({"x": {"float": [0, 1], "default": 2}})"),
              StartsWith("x/default: 2 lies outside the domain {\"float\":[0.0,1.0]}"));
  EXPECT_THAT(error_of(R"({"x": {"float": [0, 1], "default": [1]}})"), StartsWith("x/default: an array stands here"));
  EXPECT_THAT(error_of(R"({"x": {"float": [0, 1], "default": 1, "confidence": "sure"}})"),
              AllOf(StartsWith("x/confidence: \"sure\""), HasSubstr("\"medium\"")));
  EXPECT_THAT(error_of(R"({"x": {"float": [0, 1], "confidence": "low"}})"), HasSubstr("no default to be confident of"));
  EXPECT_THAT(error_of(R"({"x": {"int": [0, 9], "default": 8}, "constraints": ["x < 5"]})"),
              AllOf(StartsWith("the defaults do not go together"), HasSubstr("x < 5")));
}

TEST(StartReaderTest, PointsMayBePartsAndAreNestedOrJoined) {
  const Space space = space_of(R"({"x": {"float": [0, 2]}, "g": {"n": {"int": [0, 9]}},
                                   "start": [{"x": 1}, {"g": {"n": 3}}, {"g/n": 4, "x": 0.5}, {}]})");

  EXPECT_THAT(space.start(), ElementsAre(Config{{"x", 1.0}}, Config{{"g/n", std::int64_t{3}}},
                                         Config{{"g/n", std::int64_t{4}}, {"x", 0.5}}, Config{}));
}

TEST(StartReaderTest, EachMistakeIsTold) {
  const auto error = [](const std::string& start) {
    return error_of(R"({"x": {"float": [0, 2]}, "start": )" + start + "}");
  };

  EXPECT_THAT(error(R"({"x": 1})"), StartsWith("start: {\"x\": 1} stands here"));
  EXPECT_THAT(error("[3]"), StartsWith("start[0]: expected an object"));
  EXPECT_THAT(error(R"([{"x": 1}, {"y": 1}])"), AllOf(StartsWith("start[1]: "), HasSubstr("no such parameter")));
  EXPECT_THAT(error(R"([{"x": 3}])"), AllOf(StartsWith("start[0]: "), HasSubstr("3 lies outside")));
}

}  // namespace
}  // namespace manta::rule_reader_test
