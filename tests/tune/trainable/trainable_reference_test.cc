// SPDX-License-Identifier: Apache-2.0
// References and what they name.
#include "tune/trainable_reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace manta::trainable_reference_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TrainableEntry entry(std::string name) {
  return {std::move(name), [] { return std::unique_ptr<Trainable>(); }};
}

TEST(TrainableReferenceTest, ANameFindsItsEntry) {
  const auto found = find_trainable({entry("A"), entry("B")}, "B", "plugin x");

  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->name, "B");
}

TEST(TrainableReferenceTest, NoNameFindsTheOnlyOne) {
  const auto found = find_trainable({entry("A")}, "", "plugin x");

  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->name, "A");
}

TEST(TrainableReferenceTest, NoNameAmongSeveralListsThem) {
  const auto found = find_trainable({entry("A"), entry("B")}, "", "plugin x");

  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(found.error().message, AllOf(HasSubstr("plugin x"), HasSubstr("A, B")));
}

TEST(TrainableReferenceTest, AnUnknownNameListsThoseThereAre) {
  const auto found = find_trainable({entry("A"), entry("B")}, "C", "plugin x");

  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(found.error().message, AllOf(HasSubstr("\"C\""), HasSubstr("A, B")));
}

TEST(TrainableReferenceTest, AnEmptyTableSaysHowToFillIt) {
  const auto found = find_trainable({}, "", "this program");

  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(found.error().message, HasSubstr("MANTA_TRAINABLE"));
}

TEST(TrainableReferenceTest, ASourceThatKnowsAReferenceResolvesIt) {
  internal::register_trainable_source(
      {"test", [](std::string_view text) { return text.starts_with("test:"); },
       [](std::string_view text) -> Result<TrainableEntry> { return entry(std::string(text.substr(5))); }});

  EXPECT_TRUE(is_foreign_trainable("test:x"));
  EXPECT_FALSE(is_foreign_trainable("x"));
  const auto found = resolve_trainable("test:x");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->name, "x");
}

TEST(TrainableReferenceTest, AReferenceThatNoSourceKnowsIsANameOfThisProgram) {
  const auto found = resolve_trainable("Nowhere");

  ASSERT_FALSE(found.has_value());
  EXPECT_THAT(found.error().message, AllOf(HasSubstr("this program"), HasSubstr("\"Nowhere\"")));
}

}  // namespace
}  // namespace manta::trainable_reference_test
