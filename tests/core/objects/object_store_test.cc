// SPDX-License-Identifier: Apache-2.0
// Making room: who leaves, who comes back, who waits.
#include "core/objects/object_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <future>

#include "tests/support/temporary_folder.h"

namespace manta::object_store_test {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kCapacity = 64 * 1024;
constexpr std::size_t kQuarter = kCapacity / 4;

class ObjectStoreTest : public ::testing::Test {
 protected:
  void open(ObjectStore::Options options) {
    options.capacity = kCapacity;
    store_ = ObjectStore::open(options).value();
  }
  void SetUp() override { open({.spill_parent = folder_.path()}); }
  void TearDown() override {
    if (store_) store_->close();
  }

  // A block full of `value`.
  BlockPtr make(std::size_t size, int value) {
    BlockPtr block = store_->allocate(size).value();
    std::fill_n(block->writable_data(), size, static_cast<std::byte>(value));
    return block;
  }
  BlockPtr make_kept(std::size_t size, int value) { return store_->keep(make(size, value)); }
  Result<ObjectStore::Blocks> hold(ObjectStore::Blocks blocks) {
    std::promise<Result<ObjectStore::Blocks>> held;
    store_->hold(std::move(blocks), [&](Result<ObjectStore::Blocks> outcome) { held.set_value(std::move(outcome)); });
    return held.get_future().get();
  }
  static bool is_full_of(const BlockPtr& block, int value) {
    const auto bytes = block->bytes();
    return std::all_of(bytes.begin(), bytes.end(), [&](std::byte b) { return b == static_cast<std::byte>(value); });
  }

  TemporaryFolder folder_;
  std::shared_ptr<ObjectStore> store_;
};

TEST_F(ObjectStoreTest, ABlockIsKeptOnce) {
  const BlockPtr block = make(100, 1);

  const BlockPtr kept = store_->keep(block);

  EXPECT_NE(kept, block);
  EXPECT_EQ(store_->keep(block), kept);
  EXPECT_EQ(store_->keep(kept), kept);
  EXPECT_EQ(resident(kept), block);
  EXPECT_EQ(kept->size(), 100u);
}

TEST_F(ObjectStoreTest, TheLongestUnusedLeavesForANewOne) {
  std::vector<BlockPtr> kept;
  for (int i = 0; i < 4; ++i) kept.push_back(make_kept(kQuarter, i));
  EXPECT_TRUE(resident(kept[0]));  // A use.

  const BlockPtr fifth = make(kQuarter, 4);

  EXPECT_TRUE(is_full_of(fifth, 4));
  EXPECT_FALSE(kept[1]->movable()->peek()) << "it was used least of late";
  EXPECT_TRUE(kept[0]->movable()->peek());
  EXPECT_TRUE(kept[2]->movable()->peek());
  EXPECT_EQ(store_->usage().spilled, kQuarter);
}

TEST_F(ObjectStoreTest, WhatLeftComesBackAsItWas) {
  std::vector<BlockPtr> kept;
  for (int i = 0; i < 40; ++i) kept.push_back(make_kept(kQuarter / 2, i));

  for (int i = 0; i < 40; ++i) {
    const auto held = hold({kept[static_cast<std::size_t>(i)]});
    ASSERT_TRUE(held) << held.error().message;
    EXPECT_TRUE(is_full_of(held->front(), i));
  }
}

TEST_F(ObjectStoreTest, SmallObjectsShareAFile) {
  std::vector<BlockPtr> kept;
  for (int i = 0; i < 64; ++i) kept.push_back(make_kept(kCapacity / 64, i));

  const BlockPtr large = make(kCapacity / 2, 100);

  const auto folder = std::filesystem::directory_iterator(folder_.path())->path();
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()), 1);
  EXPECT_TRUE(is_full_of(hold({kept[0]})->front(), 0));
}

TEST_F(ObjectStoreTest, WhatSomebodyReadsStays) {
  std::vector<BlockPtr> kept;
  for (int i = 0; i < 4; ++i) kept.push_back(make_kept(kQuarter, i));
  const BlockPtr reader = resident(kept[0]);
  for (int i = 1; i < 4; ++i) EXPECT_TRUE(resident(kept[static_cast<std::size_t>(i)]));

  const BlockPtr fifth = make(kQuarter, 4);

  EXPECT_EQ(resident(kept[0]), reader);
}

TEST_F(ObjectStoreTest, FilesGoWithTheirObjects) {
  {
    std::vector<BlockPtr> kept;
    for (int i = 0; i < 20; ++i) kept.push_back(make_kept(kQuarter, i));
    EXPECT_EQ(store_->usage().spilled, 16 * kQuarter);
  }

  EXPECT_EQ(store_->usage().spilled, 0u);
  EXPECT_EQ(store_->usage().used, 0u);
  store_->close();
  store_.reset();
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(ObjectStoreTest, WhoFindsNoRoomGetsItWhenAReaderLetsGo) {
  std::vector<BlockPtr> held;
  for (int i = 0; i < 4; ++i) held.push_back(make(kQuarter, i));
  auto waits = std::async(std::launch::async, [&] { return store_->allocate(kQuarter); });
  while (store_->usage().waiting == 0) std::this_thread::yield();

  held.pop_back();

  EXPECT_TRUE(waits.get());
}

TEST_F(ObjectStoreTest, WhoFindsNoRoomGetsItWhenAViewOfAKeptObjectEnds) {
  std::vector<BlockPtr> kept;
  std::vector<BlockPtr> views;
  for (int i = 0; i < 4; ++i) {
    views.push_back(make(kQuarter, i));
    kept.push_back(store_->keep(views.back()));
  }
  auto waits = std::async(std::launch::async, [&] { return store_->allocate(kQuarter); });
  while (store_->usage().waiting == 0) std::this_thread::yield();

  views.clear();

  EXPECT_TRUE(waits.get());
}

TEST_F(ObjectStoreTest, WhoFindsNoRoomInTimeIsToldWhatTakesIt) {
  open({.spill_parent = folder_.path(), .room_timeout = std::chrono::milliseconds(1)});
  const BlockPtr reader = make(3 * kQuarter, 1);

  const auto refused = store_->allocate(2 * kQuarter);

  EXPECT_EQ(refused.error().code, ErrorCode::kExhausted);
  EXPECT_THAT(refused.error().message, HasSubstr("no room for 32 KiB"));
  EXPECT_THAT(refused.error().message, HasSubstr("of 64 KiB, 48 KiB are being read or filled"));
  EXPECT_EQ(store_->usage().waiting, 0u);
}

TEST_F(ObjectStoreTest, MoreThanThereEverIsIsRefusedAtOnce) {
  EXPECT_EQ(store_->allocate(kCapacity + 1).error().code, ErrorCode::kExhausted);
  EXPECT_EQ(store_->allocate(SIZE_MAX).error().code, ErrorCode::kExhausted);
}

TEST_F(ObjectStoreTest, WithoutATimeoutNobodyWaits) {
  open({.spill_parent = folder_.path(), .room_timeout = Duration::zero()});
  const BlockPtr kept = make_kept(kCapacity, 1);

  EXPECT_EQ(store_->allocate(1).error().code, ErrorCode::kExhausted);
}

TEST_F(ObjectStoreTest, ADiskThatRefusesLosesNothingAndIsNamed) {
  const std::string nowhere = folder_.path() + "/nowhere";
  open({.spill_parent = nowhere, .room_timeout = std::chrono::milliseconds(1)});
  const BlockPtr kept = make_kept(kCapacity, 7);

  testing::internal::CaptureStderr();
  const auto refused = store_->allocate(1);
  const auto again = store_->allocate(1);
  const std::string said = testing::internal::GetCapturedStderr();

  EXPECT_EQ(refused.error().code, ErrorCode::kExhausted);
  EXPECT_THAT(refused.error().message, HasSubstr(nowhere));
  EXPECT_THAT(said, HasSubstr(nowhere));
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << "it says so once: " << said;
  EXPECT_TRUE(is_full_of(resident(kept), 7));
}

TEST_F(ObjectStoreTest, AFullDiskHoldsNoCopiesOfWhatIsInMemory) {
  open({.spill_parent = folder_.path(), .spill_limit = kCapacity});
  std::vector<BlockPtr> kept;
  for (int i = 0; i < 7; ++i) kept.push_back(make_kept(kQuarter, i));  // Four in memory, three on disk.

  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 7; ++i) {
      const auto held = hold({kept[static_cast<std::size_t>(i)]});
      ASSERT_TRUE(held) << held.error().message;
      EXPECT_TRUE(is_full_of(held->front(), i));
    }
  }
}

TEST_F(ObjectStoreTest, TheDiskIsUsedAgainOnceItTakesObjects) {
  const std::string later = folder_.path() + "/later";
  open({.spill_parent = later});
  const BlockPtr kept = make_kept(kCapacity, 7);
  testing::internal::CaptureStderr();
  auto waits = std::async(std::launch::async, [&] { return store_->allocate(1); });
  while (store_->usage().waiting == 0) std::this_thread::yield();

  std::filesystem::create_directory(later);

  EXPECT_TRUE(waits.get());
  testing::internal::GetCapturedStderr();
}

TEST_F(ObjectStoreTest, ADamagedObjectIsLostForGood) {
  const BlockPtr kept = make_kept(kCapacity, 7);
  const BlockPtr other = make_kept(kCapacity, 8);
  std::filesystem::remove(kept->movable()->copy()->file->path());

  const auto held = hold({kept});

  EXPECT_EQ(held.error().code, ErrorCode::kObjectLost);
  EXPECT_EQ(hold({kept}).error().message, held.error().message);
  EXPECT_TRUE(hold({other}));
}

TEST_F(ObjectStoreTest, ALostObjectCanBeMadeAnewForAllWhoWait) {
  const BlockPtr kept = make_kept(kCapacity / 2, 7);
  const BlockPtr other = make(kCapacity, 8);
  std::filesystem::remove(kept->movable()->copy()->file->path());
  std::promise<BlockPtr> told;
  store_->on_lost([&](const BlockPtr& lost, const Error&) -> Result<void> {
    told.set_value(lost);
    return {};
  });
  std::promise<void> first;
  std::promise<void> second;
  store_->hold({kept}, [&](Result<ObjectStore::Blocks> held) {
    EXPECT_TRUE(held && is_full_of(held->front(), 9));
    first.set_value();
  });
  store_->hold({kept}, [&](Result<ObjectStore::Blocks> held) {
    EXPECT_TRUE(held && is_full_of(held->front(), 9));
    second.set_value();
  });
  const_cast<BlockPtr&>(other).reset();
  EXPECT_EQ(told.get_future().get(), kept);

  store_->recover(kept, make(kCapacity / 2, 9));

  first.get_future().get();
  second.get_future().get();
}

TEST_F(ObjectStoreTest, TwoThatWantMoreThanThereIsDoNotWaitForEachOther) {
  std::vector<BlockPtr> kept;
  for (int i = 0; i < 6; ++i) kept.push_back(make_kept(kCapacity / 3, i));
  std::vector<std::future<bool>> done;
  for (int round = 0; round < 20; ++round) {
    done.push_back(std::async(std::launch::async, [&, round] {
      const std::size_t a = static_cast<std::size_t>(round) % 6;
      const std::size_t b = (a + 1 + static_cast<std::size_t>(round) / 6) % 6;
      return hold({kept[a], kept[b]}).has_value();
    }));
  }

  for (auto& each : done) EXPECT_TRUE(each.get());
}

TEST_F(ObjectStoreTest, PagesOfFreedObjectsGoBackToTheSystem) {
  constexpr std::size_t kMany = std::size_t{400} << 20;
  constexpr std::size_t kLittle = std::size_t{4} << 20;
  store_ = ObjectStore::open({.capacity = kMany + 2 * kLittle,
                              .warm_bytes = std::size_t{256} << 20,
                              .spill_parent = folder_.path(),
                              .trim_after = std::chrono::milliseconds(1)})
               .value();
  const auto memory_used = [&] {
    struct stat info {};
    EXPECT_EQ(::fstat(store_->arena()->fd(), &info), 0);
    return static_cast<std::size_t>(info.st_blocks) * 512;
  };
  std::vector<BlockPtr> kept;
  for (std::size_t i = 0; i < kMany / kLittle; ++i) kept.push_back(make_kept(kLittle, 1));
  ASSERT_GE(memory_used(), kMany);

  std::swap(kept[kept.size() / 2], kept.front());
  kept.resize(1);

  while (memory_used() > kLittle + kLittle / 8) std::this_thread::yield();
  EXPECT_TRUE(is_full_of(resident(kept.front()), 1));
}

TEST_F(ObjectStoreTest, WhoWaitsAtTheEndIsCancelled) {
  const BlockPtr reader = make(kCapacity, 1);
  auto waits = std::async(std::launch::async, [&] { return store_->allocate(1); });
  while (store_->usage().waiting == 0) std::this_thread::yield();

  store_->close();

  EXPECT_EQ(waits.get().error().code, ErrorCode::kCancelled);
  EXPECT_EQ(store_->allocate(1).error().code, ErrorCode::kCancelled);
}

TEST_F(ObjectStoreTest, WhatLeftIsReadableAfterTheEnd) {
  const BlockPtr kept = make_kept(kCapacity, 7);
  const BlockPtr other = make_kept(kCapacity, 8);
  store_->close();
  store_.reset();

  const auto heap = kept->movable()->bring_to_heap();

  ASSERT_TRUE(heap);
  EXPECT_TRUE(is_full_of(*heap, 7));
  EXPECT_TRUE(is_full_of(other->movable()->bring_to_heap().value(), 8));
}

}  // namespace
}  // namespace manta::object_store_test
