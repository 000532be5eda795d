// SPDX-License-Identifier: Apache-2.0
// The node looks at the workers that have something for it, and at no others.
#include "core/node/attention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

namespace manta::attention_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

struct FakeWorker {
  std::uint32_t flag = 0;
  bool is_watched = false;
  int name = 0;
};

class AttentionTest : public ::testing::Test {
 protected:
  FakeWorker& add(int name) {
    FakeWorker& worker = workers_.emplace_back(FakeWorker{.flag = attention_.choose_flag(), .name = name});
    attention_.add(worker);
    return worker;
  }
  std::vector<int> flagged() {
    std::vector<int> names;
    attention_.take_flagged([&](const FakeWorker& worker) { names.push_back(worker.name); });
    return names;
  }
  std::vector<int> watched() {
    std::vector<int> names;
    attention_.for_each_watched([&](const FakeWorker& worker) { names.push_back(worker.name); });
    return names;
  }

  ArrivalFlags flags_;
  std::deque<FakeWorker> workers_;
  Attention<FakeWorker> attention_{flags_};
};

TEST_F(AttentionTest, AWorkerThatSetItsFlagIsFoundOnce) {
  for (int i = 0; i < 200; ++i) add(i);

  flags_.set(workers_[3].flag);
  flags_.set(workers_[150].flag);

  EXPECT_TRUE(attention_.any_flagged());
  EXPECT_THAT(flagged(), ElementsAre(3, 150));
  EXPECT_FALSE(attention_.any_flagged());
  EXPECT_THAT(flagged(), IsEmpty());
}

TEST_F(AttentionTest, AFlagThatSomebodyHasClearedCanBeSetAgain) {
  FakeWorker& worker = add(5);
  flags_.set(worker.flag);
  for (auto& word : flags_.words) word.store(0);
  EXPECT_FALSE(attention_.any_flagged());

  attention_.flag(worker);

  EXPECT_THAT(flagged(), ElementsAre(5));
}

TEST_F(AttentionTest, AWatchedWorkersFlagIsLeftUntilOthersAreWatched) {
  FakeWorker& first = add(1);
  for (int i = 2; i < 10; ++i) add(i);
  attention_.watch(first);
  flags_.set(first.flag);

  EXPECT_THAT(watched(), ElementsAre(1));
  EXPECT_FALSE(attention_.any_flagged());
  EXPECT_THAT(flagged(), IsEmpty());

  for (std::size_t i = 1; i <= Attention<FakeWorker>::kWatched; ++i) attention_.watch(workers_[i]);

  EXPECT_THAT(watched(), UnorderedElementsAre(2, 3, 4, 5));
  EXPECT_FALSE(first.is_watched);
  EXPECT_THAT(flagged(), ElementsAre(1));
}

TEST_F(AttentionTest, ARemovedWorkerIsNeitherFoundNorWatchedAndItsFlagIsUsedAgain) {
  FakeWorker& first = add(1);
  add(2);
  attention_.watch(first);
  flags_.set(first.flag);

  attention_.remove(first);

  EXPECT_THAT(watched(), IsEmpty());
  EXPECT_THAT(flagged(), IsEmpty());
  EXPECT_EQ(attention_.choose_flag(), first.flag);
}

TEST_F(AttentionTest, OfMoreWorkersThanFlagsSomeShareOne) {
  for (std::size_t i = 0; i <= ArrivalFlags::kCount; ++i) add(static_cast<int>(i));
  FakeWorker& last = workers_.back();
  attention_.watch(last);

  flags_.set(last.flag);

  EXPECT_THAT(flagged(), UnorderedElementsAre(0, static_cast<int>(ArrivalFlags::kCount)));
}

TEST_F(AttentionTest, FlagsThatNoWorkerHasAreIgnored) {
  add(1);
  flags_.set(40);
  flags_.set(5000);

  EXPECT_THAT(flagged(), IsEmpty());
}

}  // namespace
}  // namespace manta::attention_test
