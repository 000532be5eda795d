// SPDX-License-Identifier: Apache-2.0
// Pieces come and go on any thread, and no two users have the same one.
#include "core/base/pool_allocator.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace manta::pool_allocator_test {
namespace {

struct Thing {
  explicit Thing(std::uint64_t number) : first(number), last(number) {}
  std::uint64_t first;
  std::uint64_t padding[6] = {};
  std::uint64_t last;
};
using ThingPtr = std::shared_ptr<Thing>;

ThingPtr make(std::uint64_t number) { return std::allocate_shared<Thing>(PoolAllocator<Thing>(), number); }

TEST(PoolAllocatorTest, ThousandsKeepTheirOwnBytes) {
  constexpr std::uint64_t kCount = 10'000;
  for (int round = 0; round < 3; ++round) {
    std::vector<ThingPtr> things;
    for (std::uint64_t i = 0; i < kCount; ++i) things.push_back(make(i));
    for (std::uint64_t i = 0; i < kCount; ++i) ASSERT_EQ(things[i]->first, things[i]->last);
  }
}

TEST(PoolAllocatorTest, WhatOneThreadMakesAnotherLetsGo) {
  constexpr std::uint64_t kCount = 50'000;
  std::mutex mutex;
  std::vector<ThingPtr> things;
  bool done = false;
  std::thread ending([&] {
    for (bool last = false; !last;) {
      std::vector<ThingPtr> taken;
      {
        const std::lock_guard lock(mutex);
        taken.swap(things);
        last = done;
      }
      for (const ThingPtr& thing : taken) EXPECT_EQ(thing->first, thing->last);
    }
  });
  for (std::uint64_t i = 0; i < kCount; ++i) {
    const std::lock_guard lock(mutex);
    things.push_back(make(i));
  }
  {
    const std::lock_guard lock(mutex);
    done = true;
  }
  ending.join();
}

TEST(PoolAllocatorTest, WhatOutlivesItsThreadIsLetGoOfByAnother) {
  std::vector<ThingPtr> things;
  std::thread([&] {
    for (std::uint64_t i = 0; i < 5'000; ++i) things.push_back(make(i));
  }).join();

  for (const ThingPtr& thing : things) ASSERT_EQ(thing->first, thing->last);
  things.clear();
}

}  // namespace
}  // namespace manta::pool_allocator_test
