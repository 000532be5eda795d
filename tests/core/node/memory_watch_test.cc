// SPDX-License-Identifier: Apache-2.0
// When workers with a limit are looked at, and what is said of them.
#include "core/node/memory_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <map>

namespace manta::memory_watch_test {
namespace {

constexpr std::uint64_t kMebi = std::uint64_t{1} << 20;
constexpr TimePoint kStart{std::chrono::hours(1)};

class MemoryWatchTest : public ::testing::Test {
 protected:
  std::vector<MemoryWatch::Excess> look_at_next() { return watch_.look(watch_.next().value()); }

  static std::optional<std::uint64_t> value_of(const std::map<pid_t, std::uint64_t>& values, pid_t pid) {
    const auto it = values.find(pid);
    return it == values.end() ? std::nullopt : std::optional(it->second);
  }
  std::optional<std::uint64_t> exact_value_of(pid_t pid) {
    ++exact_readings_;
    return value_of(exact_, pid);
  }

  std::map<pid_t, std::uint64_t> quick_;
  std::map<pid_t, std::uint64_t> exact_;
  int exact_readings_ = 0;
  MemoryWatch watch_{{.quick = [this](pid_t pid) { return value_of(quick_, pid); },
                      .exact = [this](pid_t pid) { return exact_value_of(pid); }}};
};

TEST_F(MemoryWatchTest, WithoutLimitedWorkersItIsNeverCalled) {
  EXPECT_FALSE(watch_.next());
  watch_.add(1, 10, kMebi, kStart);
  EXPECT_EQ(watch_.next(), kStart);
  watch_.remove(1);
  EXPECT_FALSE(watch_.next());
}

TEST_F(MemoryWatchTest, WhoHasAsMuchAsItMayGoesOn) {
  quick_[10] = 64 * kMebi;
  watch_.add(1, 10, 64 * kMebi, kStart);

  EXPECT_TRUE(look_at_next().empty());
  EXPECT_EQ(exact_readings_, 0);
}

TEST_F(MemoryWatchTest, WhoHasMoreIsNamedOnceWithWhatItHas) {
  quick_[10] = exact_[10] = 65 * kMebi;
  quick_[20] = kMebi;
  watch_.add(1, 10, 64 * kMebi, kStart);
  watch_.add(2, 20, 64 * kMebi, kStart);

  const auto excesses = look_at_next();

  ASSERT_EQ(excesses.size(), 1u);
  EXPECT_EQ(excesses.front().worker, 1u);
  EXPECT_EQ(excesses.front().found, 65 * kMebi);
  EXPECT_EQ(excesses.front().limit, 64 * kMebi);
  EXPECT_TRUE(watch_.look(kStart + std::chrono::hours(1)).empty());
}

TEST_F(MemoryWatchTest, WhatIsSharedWithItsParentIsNotItsOwn) {
  quick_[10] = 100 * kMebi;
  exact_[10] = 40 * kMebi;
  watch_.add(1, 10, 64 * kMebi, kStart);
  EXPECT_TRUE(look_at_next().empty());
  EXPECT_TRUE(look_at_next().empty());
  EXPECT_EQ(exact_readings_, 1) << "what it inherits is known from the first time";

  quick_[10] = 125 * kMebi;
  exact_[10] = 65 * kMebi;
  EXPECT_EQ(look_at_next().size(), 1u);
}

TEST_F(MemoryWatchTest, WithoutTheExactNumberTheQuickOneIsBelieved) {
  quick_[10] = 65 * kMebi;
  watch_.add(1, 10, 64 * kMebi, kStart);

  EXPECT_EQ(look_at_next().size(), 1u);
}

TEST_F(MemoryWatchTest, ItLooksSoonWhereLittleRoomIsLeftAndSeldomWhereThereIsMuch) {
  const auto pause_with = [this](std::uint64_t room) {
    quick_[10] = 0;
    watch_.add(1, 10, room, kStart);
    look_at_next();
    return watch_.next().value() - kStart;
  };

  EXPECT_EQ(pause_with(std::uint64_t{1} << 40), std::chrono::milliseconds(250));
  EXPECT_EQ(pause_with(100'000'000), std::chrono::milliseconds(25));
  EXPECT_EQ(pause_with(1), std::chrono::milliseconds(5));
}

TEST_F(MemoryWatchTest, AProcessThatIsGoneHasNothing) {
  watch_.add(1, 10, 1, kStart);
  EXPECT_TRUE(look_at_next().empty());
}

TEST(MemoryWatchOfProcessesTest, ThisProcessHasMoreThanAByte) {
  MemoryWatch watch;
  watch.add(1, ::getpid(), 1, kStart);

  const auto excesses = watch.look(kStart);

  ASSERT_EQ(excesses.size(), 1u);
  EXPECT_GT(excesses.front().found, 4096u);
}

}  // namespace
}  // namespace manta::memory_watch_test
