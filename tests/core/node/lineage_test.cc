// SPDX-License-Identifier: Apache-2.0
// Which calls make an object again.
#include "core/node/lineage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace manta::lineage_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::uint64_t kPlenty = std::uint64_t{1} << 30;

class FakeBlock final : public StoreBlock {
 public:
  FakeBlock(std::uint64_t offset, std::size_t size) : StoreBlock(offset, size, nullptr, nullptr) {}
};

// A task with arguments, and the result that it has had.
class LineageTest : public ::testing::Test {
 protected:
  static Call call_of(std::string_view name, const std::vector<ObjectPtr>& arguments = {}) {
    Call call{.type = MessageType::kRunTask, .function = 1, .name = name, .task = std::make_shared<TaskSpec>()};
    for (const ObjectPtr& argument : arguments) call.late.push_back({.position = 0, .object = argument});
    return call;
  }
  ObjectPtr made_by(std::string_view name, const std::vector<ObjectPtr>& arguments = {}) {
    ObjectPtr result = make_object();
    lineage_.remember(call_of(name, arguments), std::span(&result, 1));
    return result;
  }
  static std::vector<std::string> names(const Lineage::Plan& plan) {
    std::vector<std::string> names;
    for (const Call& call : plan.calls) names.emplace_back(call.name);
    return names;
  }

  Lineage lineage_{kPlenty};
};

TEST_F(LineageTest, ATaskIsRunAgainWithItsArguments) {
  const ObjectPtr argument = make_object();
  Call call = call_of("f", {argument});
  call.add_bytes(std::as_bytes(std::span("abc")));
  const ObjectPtr lost = make_object();
  lineage_.remember(call, std::span(&lost, 1));

  const Lineage::Plan plan = lineage_.plan(lost).value();

  ASSERT_THAT(names(plan), ElementsAre("f"));
  const Call& again = plan.calls.front();
  EXPECT_EQ(again.values, call.values);
  EXPECT_EQ(again.value_count, 1);
  EXPECT_EQ(again.task, call.task);
  EXPECT_EQ(again.late[0].object, argument);
  EXPECT_EQ(again.result, plan.made);
  EXPECT_NE(plan.made, lost);
}

TEST_F(LineageTest, OneOfSeveralResultsIsItsOwn) {
  const std::vector<ObjectPtr> results = {make_object(), make_object(), make_object()};
  lineage_.remember(call_of("f"), results);

  const Lineage::Plan plan = lineage_.plan(results[2]).value();

  ASSERT_EQ(plan.calls.front().more_results.size(), 2u);
  EXPECT_EQ(plan.made, plan.calls.front().more_results[1]);
}

TEST_F(LineageTest, NoArgumentIsKept) {
  auto argument = make_object();
  const std::weak_ptr<ObjectState> watch = argument;
  const ObjectPtr lost = made_by("f", {argument});

  argument.reset();

  EXPECT_TRUE(watch.expired());
  const auto plan = lineage_.plan(lost);
  EXPECT_EQ(plan.error().code, ErrorCode::kObjectLost);
  EXPECT_THAT(plan.error().message, HasSubstr("made by f"));
}

TEST_F(LineageTest, ArgumentsThatAreGoneAreMadeFirst) {
  auto first = made_by("first");
  auto second = made_by("second", {first, first});
  const ObjectPtr kept = made_by("kept");
  const ObjectPtr lost = made_by("last", {second, kept, first});
  first.reset();
  second.reset();

  const Lineage::Plan plan = lineage_.plan(lost).value();

  ASSERT_THAT(names(plan), ElementsAre("first", "second", "last"));
  EXPECT_EQ(plan.calls[1].late[0].object, plan.calls[0].result);
  EXPECT_EQ(plan.calls[1].late[1].object, plan.calls[0].result);
  EXPECT_EQ(plan.calls[2].late[0].object, plan.calls[1].result);
  EXPECT_EQ(plan.calls[2].late[1].object, kept);
  EXPECT_EQ(plan.calls[2].late[2].object, plan.calls[0].result);
  EXPECT_EQ(plan.made, plan.calls[2].result);
}

TEST_F(LineageTest, WhatIsBeingMadeAnewIsNotMadeTwice) {
  auto shared = made_by("shared");
  const ObjectPtr one = made_by("one", {shared});
  const ObjectPtr other = made_by("other", {shared});
  shared.reset();
  const Lineage::Plan first = lineage_.plan(one).value();

  const Lineage::Plan second = lineage_.plan(other).value();

  EXPECT_THAT(names(second), ElementsAre("other"));
  EXPECT_EQ(second.calls[0].late[0].object, first.calls[0].result);
}

TEST_F(LineageTest, AnObjectOfNoTaskIsNotKnown) {
  const auto plan = lineage_.plan(make_object());

  EXPECT_EQ(plan.error().code, ErrorCode::kObjectLost);
}

TEST_F(LineageTest, ALongChainIsMadeFromItsBeginning) {
  ObjectPtr last = made_by("step");
  constexpr std::size_t kLength = 20'000;
  for (std::size_t i = 1; i < kLength; ++i) last = made_by("step", {last});

  EXPECT_EQ(lineage_.plan(last)->calls.size(), kLength);
  EXPECT_EQ(lineage_.size(), kLength) << "each is needed for the next";
}

TEST_F(LineageTest, WhatNobodyCanAskForIsForgotten) {
  for (int i = 0; i < 10'000; ++i) made_by("f", {made_by("g")});

  EXPECT_LT(lineage_.size(), 300u);
  EXPECT_LT(lineage_.bytes(), 300'000u);
}

TEST_F(LineageTest, BeyondTheLimitTheOldestIsForgotten) {
  constexpr std::uint64_t kLimit = 100'000;
  lineage_ = Lineage(kLimit);
  std::vector<ObjectPtr> results;
  for (int i = 0; i < 1'000; ++i) {
    results.push_back(made_by("f"));
    EXPECT_LE(lineage_.bytes(), kLimit);
  }

  EXPECT_FALSE(lineage_.plan(results.front()));
  EXPECT_TRUE(lineage_.plan(results.back()));
  EXPECT_GT(lineage_.size(), 50u);
}

TEST_F(LineageTest, WithoutALimitNothingIsRemembered) {
  lineage_ = Lineage(0);
  const ObjectPtr lost = made_by("f");

  EXPECT_FALSE(lineage_.plan(lost));
  EXPECT_EQ(lineage_.size(), 0u);
}

TEST_F(LineageTest, ARefInsideAnArgumentMustStillBeThere) {
  auto nested = make_object();
  Call call = call_of("f");
  call.references.emplace_back(nested);
  const ObjectPtr lost = make_object();
  lineage_.remember(call, std::span(&lost, 1));
  call = {};

  EXPECT_EQ(lineage_.plan(lost)->calls[0].references.size(), 1u);
  nested.reset();

  EXPECT_THAT(lineage_.plan(lost).error().message, HasSubstr("a ref or a handle"));
}

TEST_F(LineageTest, AnArrayAmongTheArgumentsMustStillBeThere) {
  auto array = BlockPtr(std::make_shared<FakeBlock>(4096, 100'000));
  auto of_a_ref = BlockPtr(std::make_shared<FakeBlock>(8192, 100));
  Call call = call_of("f", {make_object()});
  call.add(EncodedValue{.block = array}, {});
  call.blocks.push_back(of_a_ref);  // As held for the time of the call.
  const ObjectPtr argument = call.late[0].object;
  const ObjectPtr lost = make_object();
  lineage_.remember(call, std::span(&lost, 1));
  call = {};
  of_a_ref.reset();

  const auto plan = lineage_.plan(lost);
  ASSERT_TRUE(plan) << "what an argument that is a ref had does not matter";
  ASSERT_EQ(plan->calls[0].blocks.size(), 1u);
  EXPECT_EQ(plan->calls[0].blocks[0], array);
  array.reset();
  EXPECT_TRUE(lineage_.plan(lost)) << "the plan has it";
}

TEST_F(LineageTest, AnArrayThatIsGoneIsNamedAsTheReason) {
  auto array = BlockPtr(std::make_shared<FakeBlock>(4096, 100'000));
  Call call = call_of("f");
  call.add(EncodedValue{.block = array}, {});
  const ObjectPtr lost = make_object();
  lineage_.remember(call, std::span(&lost, 1));
  call = {};

  array.reset();

  EXPECT_THAT(lineage_.plan(lost).error().message, HasSubstr("an array among its arguments is gone"));
}

}  // namespace
}  // namespace manta::lineage_test
