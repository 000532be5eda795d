// SPDX-License-Identifier: Apache-2.0
// Objects whose spill files are damaged or gone: what tasks made is made anew, all else is said to be lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/api/actor.h"
#include "core/api/make_array.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "tests/support/later_runtimes.h"
#include "tests/support/temporary_folder.h"

namespace manta::recompute_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::size_t kStore = std::size_t{8} << 20;
constexpr std::size_t kPiece = std::size_t{1} << 20;
constexpr int kMany = 24;  // Three times what there is room for.
using Array = SharedArray<char>;
using Refs = std::vector<ObjectRef<Array>>;

Array filled(std::size_t size, int value) {
  auto array = make_array<char>({size}).value();
  std::fill(array.begin(), array.end(), static_cast<char>(value));
  return std::move(array).seal();
}
// Notes in `diary` that it ran.
int note(const std::string& diary) {
  std::ofstream(diary, std::ios::app) << 'x';
  return static_cast<int>(std::filesystem::file_size(diary));
}
Array make(const std::string& diary, int value) {
  note(diary);
  return filled(kPiece, value);
}
Array next_of(const std::string& diary, const Array& array) {
  note(diary);
  return filled(kPiece, array[0] + 1);
}
Array make_larger_each_time(const std::string& diary) {
  const int runs = note(diary);
  return filled(kPiece + static_cast<std::size_t>(runs), 1);
}
Array make_once(const std::string& diary) {
  if (note(diary) > 1) throw std::logic_error("once is enough");
  return filled(kPiece, 1);
}
std::tuple<Array, Array> make_two(const std::string& diary, int value) {
  return {make(diary, value), filled(kPiece, value + 100)};
}
int value_of(const Array& array) {
  const bool is_whole = std::all_of(array.begin(), array.end(), [&](char c) { return c == array[0]; });
  return is_whole ? array[0] : -1;
}
class Maker {
 public:
  Array make(int value) { return filled(kPiece, value); }
};

class RecomputeTest : public ::testing::Test {
 protected:
  Runtime start(RuntimeOptions options = {}) {
    options.cpus = 2;
    options.object_store_bytes = kStore;
    options.spill_directory = folder_.path();
    return init(g_argc, g_argv, options).value();
  }
  std::string diary() const { return diary_.path() + "/runs"; }
  int runs() const {
    return std::filesystem::exists(diary()) ? static_cast<int>(std::filesystem::file_size(diary())) : 0;
  }
  std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path()))
      if (entry.is_regular_file()) found.push_back(entry.path());
    return found;
  }
  void damage_all() const {
    for (const auto& file : files()) {
      const auto size = std::filesystem::file_size(file);
      std::ofstream(file, std::ios::binary) << std::string(size, '!');
    }
  }
  void remove_all() const {
    for (const auto& file : files()) std::filesystem::remove(file);
  }
  // What else fills the store, so that what was there goes to disk.
  static Refs fill_store() {
    Refs refs;
    for (int i = 0; i < kMany; ++i) refs.push_back(put(filled(kPiece, i)));
    return refs;
  }
  Refs make_many() const {
    Refs refs;
    for (int i = 0; i < kMany; ++i) refs.push_back(remote<make>(diary(), i));
    for (const auto& ref : refs) EXPECT_TRUE(get(ref));
    return refs;
  }
  // The error of a result that was lost on disk.
  template <class Make>
  Error error_of_lost(Make&& make_one) {
    const ObjectRef<Array> ref = make_one();
    EXPECT_TRUE(get(ref));
    const Refs others = fill_store();
    damage_all();
    const auto lost = get(ref);
    EXPECT_FALSE(lost);
    if (lost) return {};
    EXPECT_EQ(lost.error().code, ErrorCode::kObjectLost);
    return lost.error();
  }

  TemporaryFolder folder_;
  TemporaryFolder diary_;
};

TEST_F(RecomputeTest, ResultsWhoseFilesAreDamagedAreMadeAnew) {
  const Runtime runtime = start();
  const Refs refs = make_many();
  ASSERT_EQ(runs(), kMany);
  damage_all();

  for (int i = 0; i < kMany; ++i) {
    const auto array = get(refs[static_cast<std::size_t>(i)]);
    ASSERT_TRUE(array) << array.error().message;
    EXPECT_EQ(value_of(*array), i);
  }
  EXPECT_GE(runs(), 2 * kMany - static_cast<int>(kStore / kPiece)) << "what found no room in memory ran twice";
}

TEST_F(RecomputeTest, AsArgumentsTheyAreMadeAnewToo) {
  const Runtime runtime = start();
  const Refs refs = make_many();
  remove_all();

  std::vector<ObjectRef<int>> values;
  for (const auto& ref : refs) values.push_back(remote<value_of>(ref));

  for (int i = 0; i < kMany; ++i) EXPECT_EQ(get(values[static_cast<std::size_t>(i)]).value(), i);
}

TEST_F(RecomputeTest, ArgumentsThatAreGoneAreMadeAnewFirst) {
  const Runtime runtime = start();
  auto first = remote<make>(diary(), 1);
  auto second = remote<next_of>(diary(), first);
  const auto third = remote<next_of>(diary(), second);
  ASSERT_TRUE(get(third));
  first = {};
  second = {};
  const Refs others = fill_store();
  damage_all();

  const auto array = get(third);

  ASSERT_TRUE(array) << array.error().message;
  EXPECT_EQ(value_of(*array), 3);
  EXPECT_EQ(runs(), 6);
}

TEST_F(RecomputeTest, OneOfSeveralResultsIsMadeAnew) {
  const Runtime runtime = start();
  const auto [one, other] = remote<make_two>(diary(), 5);
  ASSERT_TRUE(get(other));
  const Refs others = fill_store();
  damage_all();

  EXPECT_EQ(value_of(get(other).value()), 105);
  EXPECT_EQ(value_of(get(one).value()), 5);
}

TEST_F(RecomputeTest, ATaskThatIsNotToRunAgainLosesItsResult) {
  const Runtime runtime = start();

  const Error lost = error_of_lost([&] { return remote<make>.with({.recompute = false})(diary(), 1); });

  EXPECT_THAT(lost.message, AllOf(HasSubstr("make, "), HasSubstr("recompute = false")));
  EXPECT_EQ(runs(), 1);
}

TEST_F(RecomputeTest, WhatIsForgottenIsSaidToBe) {
  const Runtime runtime = start({.lineage_bytes = 0});

  const Error lost = error_of_lost([&] { return remote<make>(diary(), 1); });

  EXPECT_THAT(lost.message, AllOf(HasSubstr("make, "), HasSubstr("forgotten beyond 0 bytes"),
                                  HasSubstr("RuntimeOptions::lineage_bytes")));
}

TEST_F(RecomputeTest, WhatWasPutNamesItsOwner) {
  const Runtime runtime = start();

  const Error lost = error_of_lost([&] { return put(filled(kPiece, 1)); });

  EXPECT_THAT(lost.message, AllOf(HasSubstr("(put, "), HasSubstr("made by process " + std::to_string(::getpid())),
                                  HasSubstr("can only be put again")));
}

TEST_F(RecomputeTest, TheResultOfAnActorIsLost) {
  const Runtime runtime = start();
  const auto maker = actor<Maker>();

  const Error lost = error_of_lost([&] { return maker.call<&Maker::make>(1); });

  EXPECT_THAT(lost.message, HasSubstr("the results of actors are not made again"));
}

TEST_F(RecomputeTest, AnotherResultThanBeforeIsNotTakenForIt) {
  const Runtime runtime = start();

  const Error lost = error_of_lost([&] { return remote<make_larger_each_time>(diary()); });

  EXPECT_THAT(lost.message, HasSubstr("does not give the same each time"));
}

TEST_F(RecomputeTest, ATaskThatFailsTheSecondTimeIsTheReason) {
  const Runtime runtime = start();

  const Error lost = error_of_lost([&] { return remote<make_once>(diary()); });

  EXPECT_THAT(lost.message, AllOf(HasSubstr("making it anew failed"), HasSubstr("once is enough")));
}

}  // namespace
}  // namespace manta::recompute_test
