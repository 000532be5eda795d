// SPDX-License-Identifier: Apache-2.0
// The store as a worker sees it: what it asks the node for, and what it tells it.
#include "core/worker/worker_store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <optional>
#include <vector>

namespace manta::worker_store_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr std::size_t kCapacity = std::size_t{64} << 20;
constexpr std::size_t kPage = 4096;

// In place of the node: lends the store from its beginning, a page or more at a time, and writes down what it hears.
class WorkerStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    node_ = SharedMemory::create("test", kCapacity).value();
    UniqueFd fd(::fcntl(node_.fd(), F_DUPFD_CLOEXEC, 0));
    store_.emplace(
        SharedMemory::map(std::move(fd), kCapacity, SharedMemory::Access::kRead).value(),
        WorkerStore::Callbacks{
            .request = [this](std::size_t size) { return lend(size); },
            .discard = [this](std::uint64_t offset, std::size_t size) { discarded_.emplace_back(offset, size); },
            .release = [this](std::uint64_t offset) { released_.push_back(offset); }});
  }
  Result<WorkerStore::Range> lend(std::size_t size) {
    if (refuse_) return Error{ErrorCode::kExhausted, "full"};
    const std::size_t whole = (size + kPage - 1) / kPage * kPage;
    const WorkerStore::Range range{next_, whole};
    next_ += whole;
    return range;
  }

  SharedMemory node_;
  std::uint64_t next_ = 0;
  bool refuse_ = false;
  std::vector<std::pair<std::uint64_t, std::size_t>> discarded_;
  std::vector<std::uint64_t> released_;
  std::optional<WorkerStore> store_;
};

TEST_F(WorkerStoreTest, WhatIsWrittenIsSeenByTheNode) {
  const auto block = store_->allocate(100).value();
  block->writable_data()[99] = std::byte{7};

  EXPECT_EQ(block->size(), 100u);
  EXPECT_EQ(node_.data()[block->offset() + 99], std::byte{7});
  EXPECT_EQ(store_->view(block->offset(), 100)->bytes()[99], std::byte{7});
}

TEST_F(WorkerStoreTest, OneRangeServesManyBlocksOneAfterTheOther) {
  const auto first = store_->allocate(100).value();
  const auto second = store_->allocate(1).value();
  const auto third = store_->allocate(64).value();

  EXPECT_EQ(second->offset(), first->offset() + 128);
  EXPECT_EQ(third->offset(), first->offset() + 192);
  EXPECT_EQ(next_, kPage);
}

TEST_F(WorkerStoreTest, ABlockThatFillsTheRangeExactlyLeavesNothingToGiveBack) {
  const auto first = store_->allocate(kPage).value();
  const auto second = store_->allocate(kPage).value();

  EXPECT_EQ(second->offset(), kPage);
  EXPECT_THAT(discarded_, IsEmpty());
}

TEST_F(WorkerStoreTest, TheRestOfARangeThatIsTooSmallGoesBack) {
  const auto first = store_->allocate(64).value();
  const auto second = store_->allocate(kPage).value();

  EXPECT_THAT(discarded_, ElementsAre(Pair(64, kPage - 64)));
}

TEST_F(WorkerStoreTest, ARefusalIsPassedOnAndTheNextRequestMayDoBetter) {
  refuse_ = true;
  EXPECT_EQ(store_->allocate(1).error().code, ErrorCode::kExhausted);

  refuse_ = false;
  EXPECT_TRUE(store_->allocate(1));
}

TEST_F(WorkerStoreTest, ABlockThatNobodyGivesIsDiscarded) {
  auto block = store_->allocate(100).value();

  block.reset();

  EXPECT_THAT(discarded_, ElementsAre(Pair(0, 100)));
}

TEST_F(WorkerStoreTest, ABlockThatIsGivenAndNotHeldEndsInSilence) {
  auto block = store_->allocate(100).value();
  WorkerStore::give(block);
  EXPECT_FALSE(WorkerStore::hold_if_used(block, 1));

  block.reset();

  EXPECT_THAT(discarded_, IsEmpty());
  EXPECT_THAT(released_, IsEmpty());
}

TEST_F(WorkerStoreTest, ABlockThatIsStillUsedIsHeldOnceAndReleasedAtItsEnd) {
  auto block = store_->allocate(100).value();
  WorkerStore::give(block);
  BlockPtr user = block;

  EXPECT_TRUE(WorkerStore::hold_if_used(block, 1));
  EXPECT_FALSE(WorkerStore::hold_if_used(block, 1));
  block.reset();
  EXPECT_THAT(released_, IsEmpty());
  user.reset();

  EXPECT_THAT(released_, ElementsAre(0));
  EXPECT_THAT(discarded_, IsEmpty());
}

TEST_F(WorkerStoreTest, AnObjectOfTheNodesIsReleasedOnlyIfHeld) {
  auto passing = store_->view(0, 64);
  auto kept = store_->view(128, 64);
  const BlockPtr user = kept;
  EXPECT_FALSE(WorkerStore::hold_if_used(passing, 1));
  EXPECT_TRUE(WorkerStore::hold_if_used(kept, 1));

  passing.reset();
  kept.reset();

  EXPECT_THAT(released_, IsEmpty());
  EXPECT_EQ(user->offset(), 128u);
}

TEST_F(WorkerStoreTest, ABlockIsFoundByItsBytesOnly) {
  const auto made = store_->allocate(100).value();
  const auto given = store_->view(kPage, 64);
  const int elsewhere = 0;

  EXPECT_EQ(store_->block_of(made->data(), made), made);
  EXPECT_EQ(store_->block_of(made->data() + 99, made), made);
  EXPECT_EQ(store_->block_of(given->data(), given), given);
  EXPECT_EQ(store_->block_of(&elsewhere, made), nullptr);
}

TEST_F(WorkerStoreTest, AnEndedBlockIsNoLongerFound) {
  auto block = store_->allocate(100).value();
  const std::byte* data = block->data();
  block.reset();
  const auto other = store_->view(kPage, 64);

  EXPECT_EQ(store_->block_of(data, other), nullptr);
}

constexpr std::size_t kLarge = std::size_t{2} << 20;

TEST_F(WorkerStoreTest, TheRangeOfALargeBlockIsUsedThroughTheSameMappingAgain) {
  auto first = store_->allocate(kLarge + 100).value();
  const std::byte* const data = first->data();
  EXPECT_THAT(discarded_, ElementsAre(Pair(kLarge + 128, kPage - 128))) << "it has its range for itself";
  const auto elsewhere = store_->allocate(kLarge).value();
  first.reset();

  next_ = 0;
  const auto second = store_->allocate(kLarge + 200).value();

  EXPECT_EQ(second->data(), data);
  second->writable_data()[kLarge] = std::byte{7};
  EXPECT_EQ(node_.data()[kLarge], std::byte{7});
  EXPECT_EQ(store_->block_of(data, second), second);
}

TEST_F(WorkerStoreTest, ARangeOfAnotherSizeIsMappedAnew) {
  store_->allocate(kLarge).value().reset();

  next_ = 0;
  const auto second = store_->allocate(2 * kLarge).value();

  second->writable_data()[2 * kLarge - 1] = std::byte{7};
  EXPECT_EQ(node_.data()[2 * kLarge - 1], std::byte{7});
}

TEST_F(WorkerStoreTest, MappingsAreKeptForTheLastFewRangesOnly) {
  for (int round = 0; round < 3; ++round) {
    std::vector<BlockPtr> blocks;
    next_ = 0;
    for (int i = 0; i < 20; ++i) blocks.push_back(store_->allocate(kLarge).value());
    for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i]->writable_data()[0] = std::byte(i);
    for (std::size_t i = 0; i < blocks.size(); ++i) EXPECT_EQ(node_.data()[i * kLarge], std::byte(i));
  }
}

using WorkerStoreDeathTest = WorkerStoreTest;

TEST_F(WorkerStoreDeathTest, NobodyWritesToALargeBlockThatHasEnded) {
  auto block = store_->allocate(kLarge).value();
  std::byte* const data = block->writable_data();
  block.reset();

  EXPECT_DEATH(data[0] = std::byte{7}, "");
  EXPECT_EQ(node_.data()[0], std::byte{0});
}

TEST_F(WorkerStoreTest, ManyKeptArraysTakeNoDescriptors) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit low{.rlim_cur = 200, .rlim_max = limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  std::vector<BlockPtr> kept;

  for (int i = 0; i < 1'000; ++i) {
    auto block = store_->allocate(kPage);
    ASSERT_TRUE(block) << i << ": " << block.error().message;
    kept.push_back(*block);
  }

  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
}

}  // namespace
}  // namespace manta::worker_store_test
