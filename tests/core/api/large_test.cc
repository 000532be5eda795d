// SPDX-License-Identifier: Apache-2.0
// Values of more than 2 and 4 GiB: they are passed and read where they lie. Only the pages that are touched take
// memory.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/api/actor.h"
#include "core/api/make_array.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"

namespace manta {
namespace {

int g_argc = 0;
char** g_argv = nullptr;

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

TEST(LargerTest, MoreThanTheStoreHoldsIsSaidAtOnce) {
  const Runtime runtime = init(g_argc, g_argv, {.cpus = 1, .object_store_bytes = kGibi}).value();

  EXPECT_EQ(make_array<char>({5 * kGibi}).error().code, ErrorCode::kExhausted);
}

}  // namespace
}  // namespace manta

// A runtime at the very beginning, so that the fork server and the workers that later ones start never get beyond.
int main(int argc, char** argv) {
  manta::g_argc = argc;
  manta::g_argv = argv;
  {
    const auto runtime = manta::init(argc, argv);
    if (!runtime) return 1;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
