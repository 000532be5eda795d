// SPDX-License-Identifier: Apache-2.0
// Constraints: what they say, and what is refused.
#include "tune/space/expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "core/base/random.h"

namespace manta::expression_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<ExpressionName> kNames{{.name = "a", .may_be_number = true},
                                         {.name = "b", .may_be_number = true},
                                         {.name = "flag", .may_be_bool = true},
                                         {.name = "model/act", .may_be_text = true}};
using Values = std::vector<std::optional<Value>>;
const Values kValues{Value(std::int64_t{3}), Value(0.5), Value(true), Value(std::string("relu"))};

bool holds(std::string_view text, const Values& values = kValues) {
  const Result<Expression> expression = Expression::parse(text, kNames);
  EXPECT_TRUE(expression.has_value()) << expression.error().message;
  return expression && expression->holds(values);
}

std::string error_of(std::string_view text) {
  const Result<Expression> expression = Expression::parse(text, kNames);
  return expression ? "" : expression.error().message;
}

TEST(ExpressionTest, OperatorsBindAsInArithmetic) {
  for (const char* text : {"2 + 3 * 4 == 14",
                           "(2 + 3) * 4 == 20",
                           "10 - 3 - 2 == 5",
                           "2 ** 3 ** 2 == 512",
                           "-2 ** 2 == -4",
                           "2 ** -1 == 0.5",
                           "7 / 2 == 3.5",
                           "7 % 4 == 3",
                           "-7 % 4 == 1",
                           "7 % -4 == -1",
                           "1 < 2 < 3",
                           "not 3 < 2 < 5",
                           "true or false and false",
                           "not false and true",
                           "min(3, 1, 2) == 1",
                           "max(3, 1) == 3",
                           "min(4) == 4",
                           "abs(-2) == 2",
                           "log(exp(2)) == 2",
                           "sqrt(9) == 3",
                           "1e3 == 1000",
                           ".5 == b",
                           "+a == 3"}) {
    EXPECT_TRUE(holds(text)) << text;
  }
}

TEST(ExpressionTest, NamesStandForTheValuesOfParameters) {
  EXPECT_TRUE(holds("a * b <= 1.5"));
  EXPECT_FALSE(holds("a * b < 1.5"));
  EXPECT_TRUE(holds("flag and {model/act} == 'relu'"));
  EXPECT_TRUE(holds("{model/act} != \"tanh\""));
  EXPECT_THAT(Expression::parse("{model/act} == 'x' or a > a", kNames)->names(), ElementsAre(0u, 3u));
}

TEST(ExpressionTest, AnInactiveParameterFulfilsIt) {
  Values values = kValues;
  values[0].reset();

  EXPECT_TRUE(holds("a < 0", values));
  EXPECT_TRUE(holds("a < 0 and b > 1", values));
  EXPECT_FALSE(holds("b > 1", values));
}

TEST(ExpressionTest, WhatCannotBeComputedIsNotFulfilled) {
  EXPECT_FALSE(holds("a / (b - b) > 0"));
  EXPECT_FALSE(holds("not a / (b - b) > 0"));
  EXPECT_FALSE(holds("log(-a) < 1"));
  EXPECT_FALSE(holds("10 ** 400 > 1"));
  EXPECT_TRUE(holds("b - b == 0 or a / (b - b) > 0")) << "the second half is not looked at";
}

TEST(ExpressionTest, MistakesAreToldWithTheirColumn) {
  EXPECT_THAT(error_of("a + c < 2"), AllOf(HasSubstr("column 5"), HasSubstr("no parameter \"c\"")));
  EXPECT_THAT(error_of("flog and true"), HasSubstr("did you mean \"flag\"?"));
  EXPECT_THAT(error_of("a = 3"), HasSubstr("equality is written =="));
  EXPECT_THAT(error_of("a <"), HasSubstr("ends where a value is needed"));
  EXPECT_THAT(error_of("(a < 1"), HasSubstr("expected )"));
  EXPECT_THAT(error_of("a b"), HasSubstr("an operator"));
  EXPECT_THAT(error_of("system('x') < 1"), HasSubstr("unknown function \"system\""));
  EXPECT_THAT(error_of("abs(a, b) < 1"), HasSubstr("takes one number"));
  EXPECT_THAT(error_of("{model/act == 'x'"), HasSubstr("this { has no }"));
  EXPECT_THAT(error_of("a == 'x"), HasSubstr("no closing quote"));
  EXPECT_THAT(error_of("a < 1e999"), HasSubstr("no finite number"));
}

TEST(ExpressionTest, TypesAreCheckedBeforeAnythingIsDrawn) {
  EXPECT_THAT(error_of("a + b"), HasSubstr("a number stands where true or false is needed"));
  EXPECT_THAT(error_of("flag + 1 < 2"), HasSubstr("true or false stands where a number is needed"));
  EXPECT_THAT(error_of("a == 'x'"), HasSubstr("a number cannot be compared with text"));
  EXPECT_THAT(error_of("{model/act} < 'x'"), HasSubstr("only numbers have an order"));
  EXPECT_THAT(error_of("a and flag"), HasSubstr("is needed"));
}

TEST(ExpressionTest, LengthAndDepthAreBounded) {
  EXPECT_THAT(error_of(std::string(1001, '1')), HasSubstr("longer than 1000"));
  EXPECT_THAT(error_of(std::string(500, '(')), HasSubstr("nested deeper than 50"));
  EXPECT_THAT(error_of(std::string(500, '-')), HasSubstr("nested deeper than 50"));
  std::string words;
  for (int i = 0; i < 200; ++i) words += "not ";
  EXPECT_THAT(error_of(words + "flag"), HasSubstr("nested deeper than 50"));
}

TEST(ExpressionTest, NoTextOfItsWordsHoldsTogetherWithItsNegation) {
  const std::array<const char*, 16> words{"a",    "b", "flag", "{model/act}", "(", ")",     "+",    "-",
                                          " ** ", "<", "==",   " and ",       "'", " not ", "min(", "1.5"};
  int parsed = 0;
  for (std::uint64_t number = 0; number < 10000; ++number) {
    RandomStream random(1, number);
    std::string text;
    for (std::uint64_t i = 1 + random.below(9); i > 0; --i) text += words[random.below(words.size())];
    const Result<Expression> expression = Expression::parse(text, kNames);
    if (!expression) continue;
    ++parsed;
    // Never both; neither where it cannot be computed.
    EXPECT_FALSE(expression->holds(kValues) && holds("not (" + text + ")")) << text;
  }
  EXPECT_GT(parsed, 50);
}

}  // namespace
}  // namespace manta::expression_test
