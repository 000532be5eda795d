// SPDX-License-Identifier: Apache-2.0
// Two nodes that know nothing of each other: what one has named means nothing of the other's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/api/actor.h"
#include "core/api/remote.h"
#include "core/base/node_id.h"
#include "tests/support/in_process/in_process_world.h"

namespace manta::two_nodes_story_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr NodeId kFirst{1};
constexpr NodeId kSecond{GlobalId::kNodeMax};

class Counter {
 public:
  explicit Counter(int start = 0) : count_(start) {}
  int add(int by) { return count_ += by; }
  Result<int> add_to(const Actor<Counter>& other) { return get(other.call<&Counter::add>(1)); }
  bool is_alive(const Actor<Counter>& other) { return other.is_alive(); }
  Result<bool> is_death_expected(const Actor<Counter>& other) {
    const auto death = get(other.monitor());
    if (!death) return death.error();
    return death->is_expected;
  }
  std::vector<int> all(const std::vector<ObjectRef<int>>& refs) {
    std::vector<int> values;
    for (const ObjectRef<int>& ref : refs) values.push_back(get(ref).value_or(-1));
    return values;
  }
  std::size_t length(const std::string& text) { return text.size(); }
  Result<std::size_t> length_of(const std::vector<ObjectRef<std::string>>& refs) {
    const auto text = get(refs.at(0));
    if (!text) return text.error();
    return text->size();
  }

 private:
  int count_;
};

class Reader {
 public:
  explicit Reader(const std::vector<int>& values) : count_(values.size()) {}
  std::size_t count() { return count_; }

 private:
  std::size_t count_;
};

class TwoNodesStoryTest : public ::testing::Test {
 protected:
  // What `run` calls are calls of the first node's driver; all else is the second's.
  template <class Run>
  auto on_first(Run&& run) {
    const CallerScope scope(first_.node().shared_from_this());
    return run();
  }

  InProcessWorld first_{{.node = kFirst}};
  InProcessWorld second_{{.node = kSecond}};
};

TEST_F(TwoNodesStoryTest, EachNamesItsOwn) {
  const auto there = on_first([] { return actor<Counter>(1); });
  const auto here = actor<Counter>(2);

  EXPECT_EQ(GlobalId::node(first_.node().status()->actors.at(0).id), kFirst);
  EXPECT_EQ(GlobalId::node(second_.node().status()->actors.at(0).id), kSecond);
  EXPECT_EQ(second_.node().status()->node, GlobalId::kNodeMax);
  EXPECT_EQ(get(here.call<&Counter::add>(1)).value(), 3);
  EXPECT_EQ(on_first([&] { return get(there.call<&Counter::add>(1)); }).value(), 2);
}

TEST_F(TwoNodesStoryTest, AHandleOfTheOtherCallsNobodyHereAndSaysWhoseItIs) {
  const auto there = on_first([] { return actor<Counter>(100); });
  const auto here = actor<Counter>(1);
  const auto caller = actor<Counter>(0);

  const auto refused = get(caller.call<&Counter::add_to>(there));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(refused.error().message,
              AllOf(HasSubstr("actor 1 of node 1"), HasSubstr(to_string(kSecond)), HasSubstr("Counter::add")));
  EXPECT_FALSE(get(caller.call<&Counter::is_alive>(there)).value());
  EXPECT_FALSE(get(caller.call<&Counter::is_death_expected>(there)).value());
  EXPECT_EQ(get(caller.call<&Counter::add_to>(here)).value(), 2);
}

TEST_F(TwoNodesStoryTest, ARefOfTheOtherIsNotTakenForOneOfTheSameNumber) {
  const auto there = on_first([this] {
    const auto ref = put(11);
    static_cast<void>(first_.node().name_of(ref.state()));
    return ref;
  });
  const auto here = put(22);
  const auto names = second_.node().names_of({here.state(), there.state()});
  ASSERT_EQ(names[0].id.number, names[1].id.number);
  const auto reader = actor<Counter>();

  EXPECT_EQ(get(reader.call<&Counter::all>(std::vector{here, there})).value(), (std::vector{22, 11}));
}

TEST_F(TwoNodesStoryTest, WhatLiesInTheOthersStoreIsNotLookedForInThisOne) {
  const auto there = on_first([] { return put(std::string(100'000, 'x')); });
  const auto reader = actor<Counter>();

  const auto argument = get(reader.call<&Counter::length>(there));
  const auto within = get(reader.call<&Counter::length_of>(std::vector{there}));

  for (const auto& refused : {argument, within}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kFailedPrecondition);
    EXPECT_THAT(refused.error().message, AllOf(HasSubstr("another runtime"), HasSubstr(to_string(kSecond))));
  }
  const auto copy = put(get(there).value());
  EXPECT_EQ(get(reader.call<&Counter::length>(copy)).value(), 100'000u);
}

TEST_F(TwoNodesStoryTest, AConstructorDoesNotGetIt) {
  const auto there = on_first([] { return put(std::vector<int>(100'000, 7)); });

  const auto reader = actor<Reader>(there);

  EXPECT_THAT(get(reader.call<&Reader::count>()).error().message, HasSubstr("another runtime"));
}

// Its memory is damaged: whatever it names, this node looks it up in what it has given that worker.
TEST_F(TwoNodesStoryTest, AWorkerThatNamesWhatTheOtherHasIsEndedAndTheNameTold) {
  const auto caller = actor<Counter>(0);
  const auto here = actor<Counter>(1);
  second_.tamper_by([](MessageHeader& header) {
    if (header.type == MessageType::kCallActor) header.a = GlobalId::of(kFirst, GlobalId::local(header.a));
  });

  const auto lost = get(caller.call<&Counter::add_to>(here));

  ASSERT_FALSE(lost);
  EXPECT_THAT(lost.error().message, HasSubstr("it was never given actor"));
  EXPECT_THAT(lost.error().message, HasSubstr("of node 1"));
  EXPECT_EQ(get(here.call<&Counter::add>(1)).value(), 2);
}

}  // namespace
}  // namespace manta::two_nodes_story_test
