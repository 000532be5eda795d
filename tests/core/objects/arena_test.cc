// SPDX-License-Identifier: Apache-2.0
// The object store's allocator: ranges, their return, and being full.
#include "core/objects/arena.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <thread>
#include <vector>

#include "core/base/random.h"

namespace manta::arena_test {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kCapacity = 64 * 1024;

std::shared_ptr<Arena> make_arena(std::size_t capacity = kCapacity, std::size_t warm = 0) {
  return Arena::create(capacity, warm).value();
}

TEST(ArenaTest, ABlockIsWritableAlignedAndFreedWithItsLastHolder) {
  const auto arena = make_arena();
  auto block = arena->allocate(100).value();
  std::fill_n(block->writable_data(), 100, std::byte{5});
  BlockPtr copy = block;

  EXPECT_EQ(block->size(), 100u);
  EXPECT_EQ(block->bytes()[99], std::byte{5});
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block->data()) % Arena::kAlignment, 0u);
  EXPECT_EQ(arena->used(), 128u);
  block.reset();
  EXPECT_EQ(arena->used(), 128u);
  copy.reset();
  EXPECT_EQ(arena->used(), 0u);
}

TEST(ArenaTest, CapacityIsWholePagesAndOneAtLeast) {
  EXPECT_EQ(make_arena(10'000)->capacity(), 8192u);
  EXPECT_EQ(make_arena(1)->capacity(), 4096u);
}

TEST(ArenaTest, AllOfItCanBeTakenAndNotAByteMore) {
  const auto arena = make_arena();
  const auto all = arena->allocate(kCapacity);
  ASSERT_TRUE(all);

  const auto more = arena->allocate(1);

  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, ErrorCode::kExhausted);
  EXPECT_THAT(more.error().message, HasSubstr("65536 of 65536"));
}

TEST(ArenaTest, MoreThanThereEverIsIsExhaustedHoweverMuch) {
  const auto arena = make_arena();
  for (const std::size_t size : {kCapacity + 1, SIZE_MAX - 64, SIZE_MAX})
    EXPECT_EQ(arena->allocate(size).error().code, ErrorCode::kExhausted) << size;
  EXPECT_EQ(arena->used(), 0u);
}

TEST(ArenaTest, NoBytesTakeAndGiveBackWhatOneByteTakes) {
  const auto arena = make_arena();
  auto block = arena->allocate(0).value();
  EXPECT_EQ(arena->used(), Arena::kAlignment);

  block.reset();

  EXPECT_EQ(arena->used(), 0u);
  EXPECT_TRUE(arena->allocate(kCapacity));
}

TEST(ArenaTest, NeighboursMergeInWhateverOrderTheyReturn) {
  std::vector<int> order = {0, 1, 2, 3};
  do {
    const auto arena = make_arena();
    std::vector<BlockPtr> blocks;
    for (int i = 0; i < 4; ++i) blocks.push_back(arena->allocate(kCapacity / 4).value());

    for (const int i : order) blocks[static_cast<std::size_t>(i)].reset();

    EXPECT_TRUE(arena->allocate(kCapacity));
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(ArenaTest, TheLowestFreeRangeIsUsedFirst) {
  const auto arena = make_arena();
  auto first = arena->allocate(64).value();
  const auto second = arena->allocate(64).value();
  first.reset();

  EXPECT_EQ(arena->allocate(64).value()->offset(), 0u);
}

TEST(ArenaTest, AnAlignedRangeLeavesWhatIsBeforeItFree) {
  const auto arena = make_arena();
  const auto first = arena->allocate(64).value();

  const Arena::Range range = arena->reserve(4096, 4096).value();
  const auto between = arena->allocate(64).value();

  EXPECT_EQ(range.offset, 4096u);
  EXPECT_EQ(between->offset(), 64u);
  arena->release(range);
}

TEST(ArenaTest, ARangeComesBackInPieces) {
  const auto arena = make_arena();
  const Arena::Range range = arena->reserve(kCapacity).value();
  auto block = arena->adopt(range.offset + 64, 128);
  arena->release({range.offset, 64});
  arena->release({range.offset + 192, kCapacity - 192});
  EXPECT_EQ(arena->used(), 128u);

  block.reset();

  EXPECT_EQ(arena->used(), 0u);
  EXPECT_TRUE(arena->reserve(kCapacity));
}

TEST(ArenaTest, WarmPagesKeepTheirBytesAndColdOnesAreGivenBack) {
  const auto warm = make_arena(kCapacity, kCapacity);
  const auto cold = make_arena(kCapacity, 0);
  for (const auto& arena : {warm, cold}) {
    auto block = arena->allocate(8192).value();
    std::fill_n(block->writable_data(), 8192, std::byte{5});
    block.reset();
  }

  EXPECT_EQ(warm->allocate(8192).value()->bytes()[0], std::byte{5});
  EXPECT_EQ(cold->allocate(8192).value()->bytes()[0], std::byte{0});
}

// Pages of `arena` that the system has in use.
std::size_t pages_in_use(const Arena& arena) {
  struct stat status {};
  EXPECT_EQ(::fstat(arena.fd(), &status), 0);
  return static_cast<std::size_t>(status.st_blocks) * 512 / 4096;
}

BlockPtr written_block(Arena& arena, std::size_t size) {
  BlockPtr block = arena.allocate(size).value();
  std::fill_n(block->writable_data(), size, std::byte{5});
  return block;
}

TEST(ArenaTest, APageGoesBackWithTheLastThatHasAPartOfIt) {
  const auto arena = make_arena(kCapacity, 0);
  auto first = written_block(*arena, 3000);
  auto second = written_block(*arena, 3000);
  const auto third = written_block(*arena, 3000);

  first.reset();
  EXPECT_EQ(pages_in_use(*arena), 3u);
  second.reset();

  EXPECT_EQ(pages_in_use(*arena), 2u);
  EXPECT_EQ(third->bytes()[0], std::byte{5});
}

TEST(ArenaTest, OfWhatReturnsInPartsNoMoreStaysWarmThanIsSaid) {
  constexpr std::size_t kWarm = 4 * 4096;
  const auto arena = make_arena(kCapacity, kWarm);
  auto first = written_block(*arena, kWarm);
  auto second = written_block(*arena, kWarm);
  auto last = written_block(*arena, 4096);

  second.reset();
  EXPECT_EQ(pages_in_use(*arena), 9u);
  last.reset();
  EXPECT_EQ(pages_in_use(*arena), 8u);
  first.reset();

  EXPECT_EQ(pages_in_use(*arena), 4u);
}

TEST(ArenaTest, OfAnObjectThatIsLargerThanWhatStaysWarmItsBeginningStays) {
  const auto arena = make_arena(kCapacity, 8192);

  written_block(*arena, kCapacity).reset();

  EXPECT_EQ(pages_in_use(*arena), 2u);
  EXPECT_EQ(arena->allocate(1).value()->bytes()[0], std::byte{5});
}

TEST(ArenaTest, ABlockIsFoundByItsBytesOnly) {
  const auto arena = make_arena();
  const auto block = arena->allocate(64).value();
  const int elsewhere = 0;

  EXPECT_EQ(arena->block_of(block->data() + 63, block), block);
  EXPECT_EQ(arena->block_of(&elsewhere, block), nullptr);
  EXPECT_EQ(arena->block_of(block->data(), nullptr), nullptr);
}

TEST(ArenaTest, ABlockOutlivesTheArenasOtherHolders) {
  auto arena = make_arena();
  const auto block = arena->allocate(64).value();
  arena.reset();

  block->writable_data()[0] = std::byte{1};

  EXPECT_EQ(block->bytes()[0], std::byte{1});
}

TEST(ArenaTest, RandomTakingAndReturningNeverOverlapsAndLosesNothing) {
  const auto arena = make_arena();
  RandomStream random(1, 1);
  std::map<std::uint64_t, BlockPtr> blocks;
  for (int i = 0; i < 5'000; ++i) {
    if (random.below(2) == 0 && !blocks.empty()) {
      blocks.erase(std::next(blocks.begin(), static_cast<std::ptrdiff_t>(random.below(blocks.size()))));
    } else if (auto block = arena->allocate(1 + random.below(4000))) {
      const auto after = blocks.lower_bound((*block)->offset());
      if (after != blocks.end()) {
        ASSERT_LE((*block)->offset() + (*block)->size(), after->first);
      }
      if (after != blocks.begin()) {
        ASSERT_LE(std::prev(after)->first + std::prev(after)->second->size(), (*block)->offset());
      }
      blocks[(*block)->offset()] = *block;
    }
  }
  blocks.clear();

  EXPECT_EQ(arena->used(), 0u);
  EXPECT_TRUE(arena->allocate(kCapacity));
}

TEST(ArenaTest, ThreadsShareIt) {
  const auto arena = make_arena(std::size_t{1} << 20);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&arena, i] {
      const auto mark = static_cast<std::byte>(i + 1);
      for (int round = 0; round < 500; ++round) {
        const auto block = arena->allocate(1000).value();
        std::fill_n(block->writable_data(), 1000, mark);
        ASSERT_TRUE(std::all_of(block->data(), block->data() + 1000, [&](std::byte b) { return b == mark; }));
      }
    });
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(arena->used(), 0u);
}

TEST(ArenaDeathTest, ARangeThatIsFreedTwiceStops) {
  const auto arena = make_arena();
  const Arena::Range first = arena->reserve(64).value();
  const Arena::Range second = arena->reserve(64).value();
  arena->release(first);

  EXPECT_DEATH(arena->release(first), "freed twice");
  arena->release(second);
}

TEST(ArenaTest, TheDefaultCapacityIsAPartOfMemory) { EXPECT_GT(default_store_capacity(), std::size_t{1} << 20); }

}  // namespace
}  // namespace manta::arena_test
