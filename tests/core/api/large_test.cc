// SPDX-License-Identifier: Apache-2.0
// Values of more than 2 and 4 GiB: they are passed and read where they lie. Only the pages that are touched take
// memory.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "core/api/actor.h"
#include "core/api/make_array.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "tests/support/later_runtimes.h"
#include "tests/support/sanitizer.h"

namespace manta::large_test {
namespace {

constexpr std::size_t kGibi = std::size_t{1} << 30;
using Array = SharedArray<std::int64_t>;

// Marks of where they stand, far apart.
Array marked(std::size_t bytes) {
  auto array = make_array<std::int64_t>({bytes / sizeof(std::int64_t)}).value();
  for (std::size_t i = 0; i < array.size(); i += kGibi / 16) array[i] = static_cast<std::int64_t>(i);
  array[array.size() - 1] = -1;
  return std::move(array).seal();
}
bool has_marks(const Array& array, std::size_t bytes) {
  if (array.size() != bytes / sizeof(std::int64_t) || array[array.size() - 1] != -1) return false;
  for (std::size_t i = 0; i + 1 < array.size(); i += kGibi / 16)
    if (array[i] != static_cast<std::int64_t>(i)) return false;
  return true;
}

struct Bundle {
  std::string name;
  Array array;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(name, array);
  }
};
bool bundle_has_marks(const Bundle& bundle, std::size_t bytes) { return has_marks(bundle.array, bytes); }

class Keeper {
 public:
  bool keep(Array array, std::size_t bytes) {
    kept_ = std::move(array);
    return has_marks(kept_, bytes);
  }
  Array give() const { return kept_; }

 private:
  Array kept_;
};

class LargeTest : public ::testing::TestWithParam<std::size_t> {
 protected:
  const Runtime runtime_ = init(g_argc, g_argv, {.cpus = 2, .object_store_bytes = 7 * kGibi, .spill_bytes = 0}).value();
};
INSTANTIATE_TEST_SUITE_P(Sizes, LargeTest, ::testing::Values(kGibi, 2 * kGibi + 4096, 5 * kGibi));

TEST_P(LargeTest, AGetIsAViewOfTheStore) {
  const Array array = marked(GetParam());
  const auto ref = put(array);

  EXPECT_EQ(get(ref)->data(), array.data());
  EXPECT_EQ(get(ref)->block(), array.block());
}

TEST_P(LargeTest, AnArgumentIsReadWhereItLies) {
  const Array array = marked(GetParam());

  EXPECT_TRUE(get(remote<has_marks>(array, GetParam())).value());
  EXPECT_TRUE(get(remote<has_marks>(put(array), GetParam())).value());
  EXPECT_TRUE(get(remote<bundle_has_marks>(Bundle{"large", array}, GetParam())).value());
}

TEST_P(LargeTest, AResultIsReadWhereItLies) {
  const auto ref = remote<marked>(GetParam());

  EXPECT_TRUE(has_marks(get(ref).value(), GetParam()));
  EXPECT_TRUE(get(remote<has_marks>(ref, GetParam())).value());
}

TEST_P(LargeTest, AnActorKeepsAndGivesIt) {
  const Array array = marked(GetParam());
  const auto keeper = actor<Keeper>();

  EXPECT_TRUE(get(keeper.call<&Keeper::keep>(array, GetParam())).value());
  EXPECT_EQ(get(keeper.call<&Keeper::give>())->data(), array.data());
}

// Of the store that this process made, in memory.
std::size_t store_memory() {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
    struct stat info {};
    if (target.find("memfd:manta-store") == std::string::npos || ::stat(entry.path().c_str(), &info) != 0) continue;
    return static_cast<std::size_t>(info.st_blocks) * 512;
  }
  return 0;
}

// With room for others: tests run side by side.
bool has_memory(std::size_t bytes) {
  std::ifstream file("/proc/meminfo");
  std::string name;
  std::size_t kibibytes = 0;
  while (file >> name && name != "MemAvailable:") file.ignore(100, '\n');
  file >> kibibytes;
  return kibibytes * 1024 > bytes + bytes / 2;
}

TEST(LargerTest, AStoreThatHeldFourGigabytesAndHoldsFourMegabytesUsesThoseOnly) {
  if (kIsSanitized || !has_memory(4 * kGibi)) GTEST_SKIP() << "it takes 4 GiB, and more under a sanitizer";
  const Runtime runtime = init(g_argc, g_argv, {.cpus = 1, .object_store_bytes = 5 * kGibi, .spill_bytes = 0}).value();
  constexpr std::size_t kLittle = std::size_t{4} << 20;
  std::vector<SharedArray<char>> arrays;
  for (std::size_t bytes = 0; bytes < 4 * kGibi; bytes += 64 * kLittle) {
    auto array = make_array<char>({64 * kLittle}).value();
    for (std::size_t i = 0; i < array.size(); i += 4096) array[i] = 1;
    arrays.push_back(std::move(array).seal());
  }
  auto kept = make_array<char>({kLittle}).value();
  std::fill(kept.begin(), kept.end(), 'k');
  const SharedArray<char> little = std::move(kept).seal();
  ASSERT_GE(store_memory(), 4 * kGibi);

  arrays.clear();

  while (store_memory() > 2 * kLittle) std::this_thread::yield();
  EXPECT_EQ(std::count(little.data(), little.data() + little.size(), 'k'), static_cast<std::ptrdiff_t>(kLittle));
}

std::uint64_t sum_of_ends(const std::vector<std::uint8_t>& bytes) {
  return bytes.front() + bytes.back() + bytes.size();
}

TEST(LargerTest, AVectorOfTwoGigabytesIsAnArgument) {
  if (kIsSanitized || !has_memory(6 * kGibi)) GTEST_SKIP() << "it takes 6 GiB, and more under a sanitizer";
  const Runtime runtime = init(g_argc, g_argv, {.cpus = 1, .object_store_bytes = 3 * kGibi, .spill_bytes = 0}).value();
  std::vector<std::uint8_t> bytes(2 * kGibi + 1);
  bytes.front() = 3;
  bytes.back() = 4;

  EXPECT_EQ(get(remote<sum_of_ends>(bytes)).value(), 7 + bytes.size());
}

TEST(LargerTest, MoreThanTheStoreHoldsIsSaidAtOnce) {
  const Runtime runtime = init(g_argc, g_argv, {.cpus = 1, .object_store_bytes = kGibi}).value();

  EXPECT_EQ(make_array<char>({5 * kGibi}).error().code, ErrorCode::kExhausted);
}

}  // namespace
}  // namespace manta::large_test
