// SPDX-License-Identifier: Apache-2.0
// Values or errors.
#include "core/base/result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace manta::result_test {
namespace {

using ::testing::HasSubstr;

Result<int> half(int number) {
  if (number % 2 != 0) return Error{ErrorCode::kInvalidArgument, std::to_string(number) + " is odd"};
  return number / 2;
}

Result<int> quarter(int number) {
  MANTA_ASSIGN_OR_RETURN(const int first, half(number));
  MANTA_ASSIGN_OR_RETURN(const int second, half(first));
  return second;
}

Result<void> check_even(int number) {
  MANTA_RETURN_IF_ERROR(half(number));
  return {};
}

TEST(ResultTest, AValueIsHeldAndReachedEachWay) {
  Result<std::string> result = std::string("abc");

  EXPECT_TRUE(result.has_value());
  EXPECT_TRUE(static_cast<bool>(result));
  EXPECT_EQ(result.value(), "abc");
  EXPECT_EQ(*result, "abc");
  EXPECT_EQ(result->size(), 3u);
  EXPECT_EQ(result.value_or("else"), "abc");
}

TEST(ResultTest, AnErrorIsHeldInsteadOfAValue) {
  const Result<int> result = half(3);

  EXPECT_FALSE(result.has_value());
  EXPECT_FALSE(static_cast<bool>(result));
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(result.error().message, "3 is odd");
  EXPECT_EQ(result.value_or(-1), -1);
}

TEST(ResultTest, AValueThatCannotBeCopiedMovesOut) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);

  const std::unique_ptr<int> taken = std::move(result).value();

  EXPECT_EQ(*taken, 5);
}

TEST(ResultTest, AssignOrReturnGoesOnWithTheValueOrLeavesWithTheFirstError) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(7).error().message, "7 is odd");
  EXPECT_EQ(quarter(6).error().message, "3 is odd");
}

TEST(ResultTest, ReturnIfErrorPassesTheErrorOnToAnotherType) {
  EXPECT_TRUE(check_even(2).has_value());
  EXPECT_EQ(check_even(1).error().message, "1 is odd");
  EXPECT_EQ(check_even(1).error().code, ErrorCode::kInvalidArgument);
}

TEST(ResultTest, SuccessWithoutAValueIsTheDefault) {
  const Result<void> result;

  EXPECT_TRUE(result.has_value());
  result.value();
}

TEST(ResultDeathTest, AskingAnErrorForItsValueStopsWithItsText) {
  const Result<int> number = half(3);
  const Result<void> nothing = check_even(3);

  EXPECT_DEATH(static_cast<void>(number.value()), HasSubstr("invalid_argument: 3 is odd"));
  EXPECT_DEATH(nothing.value(), HasSubstr("invalid_argument: 3 is odd"));
}

TEST(ResultTest, IsResultTellsResultsFromOtherTypes) {
  EXPECT_TRUE(is_result<Result<int>>::value);
  EXPECT_TRUE(is_result<Result<void>>::value);
  EXPECT_FALSE(is_result<int>::value);
}

Result<std::vector<int>> three_numbers() { return std::vector<int>{1, 2, 3}; }

TEST(ResultTest, TheValueOfATemporaryOutlivesItInALoop) {
  int sum = 0;
  for (const int number : three_numbers().value()) sum += number;
  for (const int number : *three_numbers()) sum += number;

  EXPECT_EQ(sum, 12);
}

}  // namespace
}  // namespace manta::result_test
