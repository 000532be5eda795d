// SPDX-License-Identifier: Apache-2.0
// What a worker may do with the store, and what it may not.
#include "core/node/worker_memory.h"

#include <gtest/gtest.h>

namespace manta::worker_memory_test {
namespace {

constexpr std::size_t kCapacity = std::size_t{4} << 20;
constexpr std::size_t kChunk = std::size_t{1} << 20;

class WorkerMemoryTest : public ::testing::Test {
 protected:
  std::shared_ptr<Arena> arena_ = Arena::create(kCapacity, 0).value();
  std::unique_ptr<WorkerMemory> memory_ = std::make_unique<WorkerMemory>(arena_);
};

TEST_F(WorkerMemoryTest, ASmallRequestGetsAWholeChunk) {
  const auto range = memory_->lend(100);

  ASSERT_TRUE(range);
  EXPECT_EQ(range->size, kChunk);
  EXPECT_EQ(range->offset % 4096, 0u);
}

TEST_F(WorkerMemoryTest, ALargeRequestGetsWholePages) { EXPECT_EQ(memory_->lend(kChunk + 1)->size, kChunk + 4096); }

TEST_F(WorkerMemoryTest, WhereNoChunkIsLeftASmallRequestGetsWhatItNeeds) {
  const auto most = arena_->allocate(kCapacity - 8192).value();

  EXPECT_EQ(memory_->lend(5000)->size, 8192u);
  EXPECT_EQ(memory_->lend(1).error().code, ErrorCode::kExhausted);
}

TEST_F(WorkerMemoryTest, NothingIsLentThatIsSmallerThanAskedFor) {
  EXPECT_EQ(memory_->lend(kCapacity)->size, kCapacity);
  memory_ = std::make_unique<WorkerMemory>(arena_);

  EXPECT_EQ(memory_->lend(kCapacity + 1).error().code, ErrorCode::kExhausted);
  EXPECT_EQ(memory_->lend(SIZE_MAX).error().code, ErrorCode::kExhausted);
}

TEST_F(WorkerMemoryTest, AllReturnsWithTheWorker) {
  const auto range = memory_->lend(100).value();
  memory_->hold(memory_->adopt(range.offset + 64, 100));
  ASSERT_EQ(arena_->used(), kChunk);

  memory_.reset();

  EXPECT_EQ(arena_->used(), 0u);
}

TEST_F(WorkerMemoryTest, AnAdoptedObjectOutlivesTheWorker) {
  const auto range = memory_->lend(100).value();
  auto block = memory_->adopt(range.offset, 100);
  memory_.reset();

  EXPECT_EQ(arena_->used(), 128u);
  block.reset();
  EXPECT_EQ(arena_->used(), 0u);
}

TEST_F(WorkerMemoryTest, ARangeIsCutAtItsBeginningMiddleAndEnd) {
  const auto range = memory_->lend(kChunk).value();
  const auto middle = memory_->adopt(range.offset + 4096, 64);
  const auto begin = memory_->adopt(range.offset, 64);
  const auto end = memory_->adopt(range.offset + kChunk - 64, 64);
  ASSERT_TRUE(middle && begin && end);

  EXPECT_TRUE(memory_->take_back(range.offset + 64, 4096 - 64));
  EXPECT_TRUE(memory_->take_back(range.offset + 4096 + 64, kChunk - 4096 - 128));

  EXPECT_EQ(arena_->used(), 3 * 64u);
}

TEST_F(WorkerMemoryTest, WhatTheWorkerDoesNotHaveIsNonsense) {
  const auto range = memory_->lend(kChunk).value();
  const auto other = arena_->allocate(64).value();
  ASSERT_TRUE(memory_->adopt(range.offset + 128, 64));

  EXPECT_EQ(memory_->adopt(other->offset(), 64), nullptr);
  EXPECT_EQ(memory_->adopt(range.offset + 128, 64), nullptr) << "twice";
  EXPECT_EQ(memory_->adopt(range.offset + 64, 128), nullptr) << "reaches into what it gave";
  EXPECT_EQ(memory_->adopt(range.offset + 32, 32), nullptr) << "not aligned";
  EXPECT_EQ(memory_->adopt(range.offset, 0), nullptr) << "empty";
  EXPECT_FALSE(memory_->take_back(range.offset + kChunk - 64, 128)) << "beyond its end";
  EXPECT_FALSE(memory_->take_back(kCapacity, 64));
}

TEST_F(WorkerMemoryTest, SizesThatOverflowAreNonsense) {
  const auto range = memory_->lend(kChunk).value();
  for (const std::size_t size : {SIZE_MAX, SIZE_MAX - 63, SIZE_MAX - 127, SIZE_MAX / 2}) {
    EXPECT_EQ(memory_->adopt(range.offset + 128, size), nullptr) << size;
    EXPECT_FALSE(memory_->take_back(range.offset + 128, size)) << size;
  }
  memory_.reset();

  EXPECT_EQ(arena_->used(), 0u);
}

TEST_F(WorkerMemoryTest, WhatIsHeldTwiceIsReleasedTwice) {
  auto block = arena_->allocate(64).value();
  const std::uint64_t offset = block->offset();
  memory_->hold(block);
  memory_->hold(block);
  block.reset();

  EXPECT_TRUE(memory_->release(offset));
  EXPECT_NE(memory_->held(offset), nullptr);
  EXPECT_TRUE(memory_->release(offset));
  EXPECT_EQ(memory_->held(offset), nullptr);
  EXPECT_FALSE(memory_->release(offset));
  EXPECT_EQ(arena_->used(), 0u);
}

}  // namespace
}  // namespace manta::worker_memory_test
