// SPDX-License-Identifier: Apache-2.0
// What a worker does to the store harms nobody but itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "core/api/actor.h"
#include "core/api/make_array.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "core/objects/object_store.h"
#include "tests/support/gate.h"

namespace manta::store_safety_test {
namespace {

using Array = SharedArray<char>;
constexpr std::size_t kSize = std::size_t{3} << 20;

Arena& store() { return *static_cast<ObjectStore&>(internal::current_caller()->allocator()).arena(); }
Array full_of(char value) { return Array(std::vector<char>(kSize, value)); }
bool is_full_of(const Array& array, char value) {
  return array.size() == kSize && std::all_of(array.begin(), array.end(), [&](char c) { return c == value; });
}

// How many bytes of the store this process may read, and how many it may write.
std::vector<std::size_t> mapped_bytes(const Array& array) {
  auto made = make_array<char>({kSize}).value();
  made[0] = array[0];
  std::vector<std::size_t> bytes = {0, 0};
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find("memfd:manta-store") == std::string::npos) continue;
    unsigned long begin = 0;
    unsigned long end = 0;
    char mode[5] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, mode) == 3)
      bytes[std::string(mode).find('w') != std::string::npos ? 1 : 0] += end - begin;
  }
  return bytes;
}
int write_into(const Array& array) {
  *const_cast<volatile char*>(array.data() + kSize / 2) = '!';
  return 1;
}
int fill_half(const std::string& gate) {
  auto array = make_array<char>({kSize}).value();
  std::fill_n(array.begin(), kSize / 2, 'h');
  Gate::stand_at(gate);
  return array[0];
}

class Keeper {
 public:
  bool keep(const Array& array, const std::vector<ObjectRef<Array>>& refs) {
    array_ = array;
    refs_ = refs;
    for (const auto& ref : refs_) arrays_.push_back(get(ref).value());
    return is_full_of(array_, 'k');
  }
  bool is_intact() const { return is_full_of(array_, 'k'); }

 private:
  Array array_;
  std::vector<ObjectRef<Array>> refs_;
  std::vector<Array> arrays_;
};

void await_used(std::size_t bytes) {
  while (store().used() > bytes) std::this_thread::yield();
}

TEST(StoreSafetyTest, AWorkerMapsTheStoreForReadingAndWritesOnlyWhereItWasLentARange) {
  const auto bytes = get(remote<mapped_bytes>(put(full_of('a')))).value();

  EXPECT_EQ(bytes[0], store().capacity());
  EXPECT_GE(bytes[1], kSize);
  EXPECT_LT(bytes[1], 2 * kSize);
}

// The kernel writes there for us, and says what would have killed us.
bool can_write(const Array& array) {
  int ends[2];
  if (::pipe(ends) != 0 || ::write(ends[1], "!", 1) != 1) return true;
  const ssize_t count = ::read(ends[0], const_cast<char*>(array.data()) + kSize / 2, 1);
  const bool is_refused = count < 0 && errno == EFAULT;
  ::close(ends[0]);
  ::close(ends[1]);
  return !is_refused;
}

TEST(StoreSafetyTest, NorCanTheDriverWriteWhereItReads) {
  const auto ref = put(full_of('d'));
  auto builder = make_array<char>({kSize}).value();
  std::fill(builder.begin(), builder.end(), 'm');
  const Array made = std::move(builder).seal();
  const Array by_task = get(remote<full_of>('t')).value();
  const Array from_store = get(ref).value();

  for (const Array* array : {&from_store, &made, &by_task}) {
    EXPECT_FALSE(can_write(*array));
    EXPECT_TRUE(is_full_of(*array, (*array)[0]));
  }
  EXPECT_TRUE(can_write(full_of('h'))) << "this one is the driver's own";
}

TEST(StoreSafetyTest, AWorkerThatWritesIntoAnArrayThatItGotDiesAlone) {
  const auto ref = put(full_of('k'));
  const auto keeper = actor<Keeper>();
  ASSERT_TRUE(get(keeper.call<&Keeper::keep>(ref, std::vector<ObjectRef<Array>>{})).value());

  const auto written = get(remote<write_into>(ref));

  EXPECT_EQ(written.error().code, ErrorCode::kWorkerDied) << written.error().message;
  EXPECT_TRUE(is_full_of(get(ref).value(), 'k'));
  EXPECT_TRUE(get(keeper.call<&Keeper::is_intact>()).value());
}

TEST(StoreSafetyTest, WhatAWorkerWasFillingWhenItDiedIsFree) {
  const std::size_t before = store().used();
  Gate gate;
  const auto filled = remote<fill_half>(gate.path());
  gate.meet();
  EXPECT_GE(store().used(), kSize);

  cancel(filled, {.force = true});

  EXPECT_EQ(get(filled).error().code, ErrorCode::kCancelled);
  await_used(before);
}

TEST(StoreSafetyTest, WhatAWorkerHeldWhenItDiedIsFreeOnceNobodyElseHasIt) {
  const std::size_t before = store().used();
  auto ref = put(full_of('k'));
  std::vector<ObjectRef<Array>> refs;
  for (int i = 0; i < 4; ++i) refs.push_back(put(full_of('k')));
  const auto keeper = actor<Keeper>();
  ASSERT_TRUE(get(keeper.call<&Keeper::keep>(ref, refs)).value());
  const std::size_t all = store().used();
  ref = {};
  refs.clear();
  EXPECT_GE(store().used(), all) << "the actor has them";

  keeper.kill();
  EXPECT_EQ(get(keeper.call<&Keeper::is_intact>()).error().code, ErrorCode::kActorDied);

  await_used(before);
}

}  // namespace
}  // namespace manta::store_safety_test
