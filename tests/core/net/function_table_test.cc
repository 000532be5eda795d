// SPDX-License-Identifier: Apache-2.0
// Functions by number.
#include "core/net/function_table.h"

#include <gtest/gtest.h>

namespace manta::function_table_test {
namespace {

void one(CallContext& context) { context.outcome = EncodedValue{{std::byte{1}}, nullptr}; }
void two(CallContext& context) { context.outcome = EncodedValue{{std::byte{2}}, nullptr}; }

TEST(FunctionTableTest, ARegisteredFunctionIsFoundByItsNumber) {
  const std::uint64_t id = register_function(&one, "test.one");

  const FunctionEntry* entry = find_function(id);

  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->invoke, &one);
  EXPECT_EQ(entry->name, "test.one");
}

TEST(FunctionTableTest, AnUnknownNumberIsNone) { EXPECT_EQ(find_function(12345), nullptr); }

TEST(FunctionTableTest, AFunctionThatIsRegisteredAgainKeepsItsNumber) {
  EXPECT_EQ(register_function(&one, "test.again"), register_function(&one, "test.again"));
}

TEST(FunctionTableTest, TwoFunctionsOfOneNameDiffer) {
  EXPECT_NE(register_function(&one, "test.name"), register_function(&two, "test.name"));
}

TEST(FunctionTableTest, OneFunctionUnderTwoNamesDiffers) {
  EXPECT_NE(register_function(&one, "test.a"), register_function(&one, "test.b"));
}

}  // namespace
}  // namespace manta::function_table_test
