// SPDX-License-Identifier: Apache-2.0
// Documents that are no spaces: each mistake gets one message with its path, what stands there and what is allowed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tune/space/json_check.h"
#include "tune/space/space.h"

namespace manta::parse_space_error_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string error_of(std::string_view json) {
  const Result<Space> space = parse_space(json);
  if (space) return "";
  EXPECT_EQ(space.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(space.error().message, StartsWith("space: "));
  EXPECT_THAT(space.error().message, Not(HasSubstr("\n")));
  return space.error().message.substr(7);
}

// The message for a parameter "x".
std::string error_of_x(const std::string& parameter) { return error_of("{\"x\": " + parameter + "}"); }

TEST(ParseSpaceErrorTest, BrokenJsonIsToldWithLineAndColumn) {
  EXPECT_THAT(error_of(""), StartsWith("not valid JSON at line 1, column 1"));
  EXPECT_THAT(error_of("{\n  \"lr\": ,\n}"), StartsWith("not valid JSON at line 2, column 9: "));
  EXPECT_THAT(error_of("{\"a\": 1"), HasSubstr("end of input"));
  EXPECT_THAT(error_of("{\"a\": 1} x"), StartsWith("not valid JSON at line 1, column 10"));
  EXPECT_THAT(error_of("{\"a\": NaN}"), StartsWith("not valid JSON at line 1, column 7"));
  EXPECT_THAT(error_of("{\"a\": 1, // no\n}"), StartsWith("not valid JSON at line 1, column 10"));
  EXPECT_THAT(error_of("{\"a\": {\"float\": [0, 1e999]}}"),
              AllOf(StartsWith("not valid JSON at line 1"), HasSubstr("1e999")));
}

TEST(ParseSpaceErrorTest, BytesThatAreNoUtf8AreRefusedAndNotRepeated) {
  const std::string message = error_of("{\"a\": \"\xff\"}");

  EXPECT_THAT(message,
              AllOf(StartsWith("not valid JSON at line 1, column 8"), HasSubstr("UTF-8"), Not(HasSubstr("\xff"))));
  EXPECT_THAT(error_of("{\"\xc3(\": 1}"), HasSubstr("UTF-8"));
}

TEST(ParseSpaceErrorTest, TheTopLevelIsAnObjectWithParameters) {
  EXPECT_THAT(error_of("[1, 2]"), AllOf(StartsWith("expected an object such as"), HasSubstr("found an array, [1, 2]")));
  EXPECT_THAT(error_of("null"), HasSubstr("found null"));
  EXPECT_THAT(error_of("7"), HasSubstr("found an integer, 7"));
  EXPECT_THAT(error_of("{}"), AllOf(HasSubstr("the space is empty"), HasSubstr("one parameter at least")));
  EXPECT_THAT(error_of(R"({"$schema": "x"})"), HasSubstr("the space is empty"));
  EXPECT_THAT(error_of(R"({"$schema": []})"), HasSubstr("$schema"));
  EXPECT_THAT(error_of(R"({"float": [0, 1]})"), HasSubstr("one parameter without a name"));
}

TEST(ParseSpaceErrorTest, UnknownKeysAreNamedWithTheNearestKnown) {
  EXPECT_THAT(error_of_x(R"({"float": [0, 1], "lgo": true})"),
              AllOf(StartsWith("x/lgo: unknown key"), HasSubstr("did you mean \"log\"?"), HasSubstr("allowed are")));
  EXPECT_THAT(error_of_x(R"({"choice": [0, 1], "weights": 1})"),
              AllOf(StartsWith("x/weights: unknown key in a parameter; allowed are"), Not(HasSubstr("did you mean"))));
  EXPECT_THAT(error_of_x(R"({"flaot": [0, 1]})"),
              AllOf(StartsWith("x/flaot: an array stands here, [0, 1]"), HasSubstr("did you mean \"float\"?")));
  EXPECT_THAT(error_of_x(R"({"uniform": [0, 1]})"),
              AllOf(StartsWith("x/uniform: an array stands here"), HasSubstr("choice")));
}

TEST(ParseSpaceErrorTest, WhatIsNoParameterIsRefused) {
  EXPECT_THAT(error_of_x("null"), AllOf(StartsWith("x: null stands here"), HasSubstr("write a value")));
  EXPECT_THAT(error_of_x("[1, 2]"),
              AllOf(StartsWith("x: an array stands here, [1, 2]"), HasSubstr(R"({"choice": [a, b]})")));
  EXPECT_THAT(error_of_x("{}"), StartsWith("x: an empty object stands here"));
  EXPECT_THAT(error_of_x(R"({"y": {}})"), StartsWith("x/y: an empty object stands here"));
  EXPECT_THAT(error_of_x("18446744073709551616"), HasSubstr("beyond 64 bits"));
}

TEST(ParseSpaceErrorTest, TwoKindsAreTooMany) {
  EXPECT_THAT(error_of_x(R"({"float": [0, 1], "int": [0, 1]})"),
              StartsWith("x: has two kinds, float and int; keep one"));
}

TEST(ParseSpaceErrorTest, BoundsAreTwoNumbersInRisingOrder) {
  EXPECT_THAT(error_of_x(R"({"float": [0.1, 1e-5]})"),
              AllOf(StartsWith("x/float: the bounds [0.1, 1e-05] are reversed"), HasSubstr("[1e-05, 0.1]")));
  EXPECT_THAT(error_of_x(R"({"int": [5, 2]})"),
              AllOf(StartsWith("x/int: the bounds [5, 2] are reversed"), HasSubstr("[2, 5]")));
  EXPECT_THAT(error_of_x(R"({"float": [2, 2]})"),
              AllOf(StartsWith("x/float: both bounds are 2.0"), HasSubstr("bare 2.0")));
  EXPECT_THAT(error_of_x(R"({"int": [2, 2]})"), StartsWith("x/int: both bounds are 2; write low < high"));
  EXPECT_THAT(error_of_x(R"({"float": []})"), AllOf(StartsWith("x/float: 0 values"), HasSubstr("exactly two numbers")));
  EXPECT_THAT(error_of_x(R"({"int": [1]})"), AllOf(StartsWith("x/int: 1 values"), HasSubstr("[low, high]")));
  EXPECT_THAT(error_of_x(R"({"float": [1, 2, 3]})"), StartsWith("x/float: 3 values stand in [1, 2, 3]"));
  EXPECT_THAT(error_of_x(R"({"float": 3})"), AllOf(StartsWith("x/float: 3 stands here"), HasSubstr("[low, high]")));
  EXPECT_THAT(error_of_x(R"({"float": {"low": 0}})"), StartsWith(R"(x/float: {"low": 0} stands here)"));
}

TEST(ParseSpaceErrorTest, ABoundIsANumber) {
  EXPECT_THAT(error_of_x(R"({"float": ["0", 1]})"),
              AllOf(StartsWith("x/float[0]: \"0\" is a string"), HasSubstr("finite number")));
  EXPECT_THAT(error_of_x(R"({"float": [0, "inf"]})"), StartsWith("x/float[1]: \"inf\" is a string"));
  EXPECT_THAT(error_of_x(R"({"int": [0, null]})"), StartsWith("x/int[1]: null"));
  EXPECT_THAT(error_of_x(R"({"int": [true, 2]})"), StartsWith("x/int[0]: true is a boolean"));
}

TEST(ParseSpaceErrorTest, TheBoundsOfAnIntAreWholeAndWithinTwoToThe53) {
  EXPECT_THAT(error_of_x(R"({"int": [0, 1.5]})"),
              AllOf(StartsWith("x/int[1]: 1.5 is not a whole number"), HasSubstr("float")));
  EXPECT_THAT(error_of_x(R"({"int": [0, 9007199254740993]})"),
              AllOf(StartsWith("x/int[1]: 9007199254740993 is too large"), HasSubstr("2^53")));
  EXPECT_THAT(error_of_x(R"({"int": [-9007199254740993, 0]})"), StartsWith("x/int[0]: -9007199254740993 is too large"));
  EXPECT_THAT(error_of_x(R"({"int": [0, 1e30]})"), StartsWith("x/int[1]: 1e+30 is too large"));
}

TEST(ParseSpaceErrorTest, ALogarithmNeedsAPositiveLowerBoundAndNoStep) {
  EXPECT_THAT(error_of_x(R"({"float": [0, 1], "log": true})"),
              AllOf(StartsWith("x/float[0]: 0 has no place"), HasSubstr("greater than 0")));
  EXPECT_THAT(error_of_x(R"({"float": [-1, 1], "log": true})"), StartsWith("x/float[0]: -1"));
  EXPECT_THAT(error_of_x(R"({"int": [0, 8], "log": true})"), AllOf(StartsWith("x/int[0]: 0"), HasSubstr("at least 1")));
  EXPECT_THAT(error_of_x(R"({"float": [1, 2], "log": true, "step": 0.5})"), StartsWith("x: has both log and step"));
  EXPECT_THAT(error_of_x(R"({"int": [1, 3], "log": true, "step": 1})"), StartsWith("x: has both log and step"));
  EXPECT_THAT(error_of_x(R"({"float": [1, 2], "log": 1})"),
              AllOf(StartsWith("x/log: 1 stands here"), HasSubstr("true or false")));
}

TEST(ParseSpaceErrorTest, AStepIsPositiveAndDividesTheRange) {
  EXPECT_THAT(error_of_x(R"({"float": [0, 1], "step": 0})"),
              AllOf(StartsWith("x/step: 0 is no step"), HasSubstr("greater than 0")));
  EXPECT_THAT(error_of_x(R"({"int": [0, 4], "step": -2})"), StartsWith("x/step: -2 is no step"));
  EXPECT_THAT(error_of_x(R"({"int": [0, 4], "step": 0.5})"), StartsWith("x/step: 0.5 is not a whole number"));
  EXPECT_THAT(error_of_x(R"({"float": [0, 1], "step": "a"})"), StartsWith("x/step: \"a\" is a string"));
  EXPECT_THAT(error_of_x(R"({"float": [0, 1], "step": 0.3})"),
              AllOf(StartsWith("x/step: 0.3 does not divide the range [0.0, 1.0]"), HasSubstr("0.8999")));
  EXPECT_THAT(error_of_x(R"({"float": [0, 1], "step": 2})"), StartsWith("x/step: 2.0 does not divide"));
  EXPECT_THAT(error_of_x(R"({"int": [1, 10], "step": 2})"),
              AllOf(StartsWith("x/step: 2 does not divide the range [1, 10]"), HasSubstr("end at 9")));
  EXPECT_THAT(error_of_x(R"({"int": [1, 10], "step": 20})"), StartsWith("x/step: 20 does not divide"));
  EXPECT_THAT(error_of_x(R"({"float": [0, 1], "step": 1e-13})"),
              AllOf(StartsWith("x/step: 1e-13 is too small"), HasSubstr("10^12")));
}

TEST(ParseSpaceErrorTest, OptionsBelongToFloatAndIntOnly) {
  for (const std::string kind : {"choice", "ordinal", "grid", "normal"}) {
    EXPECT_THAT(error_of_x("{\"" + kind + "\": [0, 1], \"log\": true}"),
                AllOf(StartsWith("x/log: is an option of float and int only"), HasSubstr(kind)));
    EXPECT_THAT(error_of_x("{\"step\": 1, \"" + kind + "\": [0, 1]}"),
                StartsWith("x/step: is an option of float and int"));
  }
}

TEST(ParseSpaceErrorTest, AListHasDifferentScalars) {
  for (const std::string kind : {"choice", "ordinal", "grid"}) {
    const auto error = [&](const std::string& list) { return error_of_x("{\"" + kind + "\": " + list + "}"); };
    EXPECT_THAT(error("[]"), AllOf(StartsWith("x/" + kind + ": the list is empty"), HasSubstr("one value at least")));
    EXPECT_THAT(error("3"), AllOf(StartsWith("x/" + kind + ": 3 stands here"), HasSubstr("list of values")));
    EXPECT_THAT(error("[1, 2, 1]"), StartsWith("x/" + kind + "[2]: 1 stands in the list already"));
    EXPECT_THAT(error("[1, 1.0]"), StartsWith("x/" + kind + "[1]: 1.0 stands in the list already"));
    EXPECT_THAT(error(R"(["a", "a"])"), StartsWith("x/" + kind + "[1]: \"a\" stands in the list already"));
    EXPECT_THAT(error("[1, null]"), StartsWith("x/" + kind + "[1]: null stands here"));
    EXPECT_THAT(error("[[1, 2]]"), StartsWith("x/" + kind + "[0]: an array stands here, [1, 2]; a value must be"));
    EXPECT_THAT(error("[{}]"), StartsWith("x/" + kind + "[0]: an object stands here"));
    EXPECT_THAT(error("[18446744073709551615]"), HasSubstr("beyond 64 bits"));
  }
}

TEST(ParseSpaceErrorTest, ANormalHasAPositiveDeviationAndStaysFinite) {
  EXPECT_THAT(error_of_x(R"({"normal": [0, 0]})"),
              AllOf(StartsWith("x/normal[1]: 0 is no standard deviation"), HasSubstr("greater than 0")));
  EXPECT_THAT(error_of_x(R"({"normal": [0, -1]})"), StartsWith("x/normal[1]: -1"));
  EXPECT_THAT(error_of_x(R"({"normal": [0]})"), HasSubstr("[mean, stddev]"));
  EXPECT_THAT(error_of_x(R"({"normal": ["m", 1]})"), StartsWith("x/normal[0]: \"m\" is a string"));
  EXPECT_THAT(error_of_x(R"({"normal": [0, 1e308]})"), StartsWith("x/normal: [0, 1e+308] reaches beyond"));
}

TEST(ParseSpaceErrorTest, NamesAreNotEmptyNotTooLongAndWithoutSlashOrControlCharacters) {
  EXPECT_THAT(error_of(R"({"": 1})"), StartsWith("\"\": the name is empty"));
  EXPECT_THAT(error_of(R"({"a/b": 1})"), AllOf(StartsWith("\"a/b\": a name must not contain '/'"), HasSubstr("nest")));
  EXPECT_THAT(error_of(R"({"g": {"a\nb": 1}})"), StartsWith(R"(g/"a\nb": a name must not contain control)"));
  EXPECT_THAT(error_of(R"({"a\u007f": 1})"), HasSubstr("control"));
  EXPECT_THAT(error_of(R"({"a\u009b": 1})"), HasSubstr("control"));
  const std::string half(101, 'n');
  EXPECT_THAT(error_of("{\"" + half + "\": {\"" + half + "\": 1}}"),
              AllOf(HasSubstr("203 characters"), HasSubstr("200")));
  EXPECT_THAT(error_of("{\"" + std::string(201, 'n') + "\": 1}"), HasSubstr("201 characters"));
}

TEST(ParseSpaceErrorTest, AKeyThatStandsTwiceIsToldAtEveryLevel) {
  EXPECT_THAT(error_of(R"({"a": 1, "b": 2, "a": 3})"), StartsWith("a: this key stands twice"));
  EXPECT_THAT(error_of(R"({"g": {"a": 1, "a": 1}})"), StartsWith("g/a: this key stands twice"));
  EXPECT_THAT(error_of_x(R"({"float": [0, 1], "float": [0, 2]})"), StartsWith("x/float: this key stands twice"));
  EXPECT_THAT(error_of_x(R"({"choice": [{"k": 1, "k": 2}]})"), StartsWith("x/choice[0]/k: this key stands twice"));
  EXPECT_EQ(error_of(R"({"g": {"a": 1}, "h": {"a": 1}})"), "") << "equal keys of different objects are no mistake";
}

TEST(ParseSpaceErrorTest, NestingStopsAtSixtyFourLevels) {
  std::string groups;
  for (int level = 0; level < 65; ++level) groups += "{\"a\":";
  EXPECT_THAT(error_of(groups + "1" + std::string(65, '}')),
              AllOf(StartsWith("a/a"), HasSubstr("deeper than 64 levels")));
  EXPECT_THAT(error_of(std::string(500000, '[')), HasSubstr("deeper than 64 levels"));
}

TEST(ParseSpaceErrorTest, ADocumentLargerThanOneMebibyteIsRefused) {
  std::string json = R"({"a": 1})";
  json.resize((std::size_t{1} << 20) + 1, ' ');

  EXPECT_THAT(error_of(json), AllOf(HasSubstr("1048577 bytes"), HasSubstr("1048576")));
}

TEST(ParseSpaceErrorTest, LongThingsAreCutInMessages) {
  std::string list = "[0";
  for (int i = 1; i < 1000; ++i) list += "," + std::to_string(i);
  EXPECT_LT(error_of_x(list + "]").size(), 300u);
  EXPECT_LT(error_of("{\"" + std::string(100000, 'n') + "\": 1}").size(), 300u);
  EXPECT_THAT(error_of("[\"" + std::string(59, 'n') + "é\"]"), HasSubstr("n…")) << "not in the midst of a character";
}

TEST(CheckJsonTest, ItRefusesWhatParseSpaceWouldRefuseBeforeItsMeaning) {
  EXPECT_TRUE(check_json(R"({"space": {"a": 1}, "samples": null})").has_value());
  EXPECT_THAT(check_json(R"({"space": {"a": 1, "a": 2}})").error().message,
              StartsWith("space/a: this key stands twice"));
  EXPECT_THAT(check_json("{").error().message, StartsWith("not valid JSON"));
  EXPECT_THAT(check_json(std::string((std::size_t{1} << 20) + 1, ' ')).error().message, HasSubstr("1 MiB"));
}

}  // namespace
}  // namespace manta::parse_space_error_test
