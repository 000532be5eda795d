// SPDX-License-Identifier: Apache-2.0
// More than the store holds: objects go to disk and come back, puts wait, and nothing is lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <thread>
#include <vector>

#include "core/api/actor.h"
#include "core/api/make_array.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "tests/support/gate.h"
#include "tests/support/later_runtimes.h"
#include "tests/support/temporary_folder.h"

namespace manta::spill_test {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kStore = std::size_t{8} << 20;
constexpr std::size_t kPiece = std::size_t{1} << 20;
using Array = SharedArray<char>;

Array make(std::size_t count, int value) {
  auto array = make_array<char>({count}).value();
  std::fill(array.begin(), array.end(), static_cast<char>(value));
  return std::move(array).seal();
}
Result<Array> try_make(std::size_t count, int value) {
  MANTA_ASSIGN_OR_RETURN(auto array, make_array<char>({count}));
  std::fill(array.begin(), array.end(), static_cast<char>(value));
  return std::move(array).seal();
}
bool is_full_of(const Array& array, int value) {
  return std::all_of(array.begin(), array.end(), [&](char c) { return c == static_cast<char>(value); });
}
int value_of(const Array& array) { return array.size() == kPiece && is_full_of(array, array[0]) ? array[0] : -1; }
int value_of_two(const Array& a, const Array& b) { return value_of(a) * 1000 + value_of(b); }
int one() { return 1; }

struct Refs {
  std::vector<ObjectRef<Array>> refs;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(refs);
  }
};
std::vector<int> values_of(const Refs& refs) {
  std::vector<int> values;
  for (const auto& ref : refs.refs) {
    const auto array = get(ref);
    values.push_back(array ? value_of(*array) : -2);
  }
  return values;
}
Refs put_many(int count) {
  Refs refs;
  for (int i = 0; i < count; ++i) refs.refs.push_back(put(make(kPiece, i)));
  return refs;
}
int put_many_and_read(int count) {
  const Refs refs = put_many(count);
  const std::vector<int> values = values_of(refs);
  for (int i = 0; i < count; ++i)
    if (values[static_cast<std::size_t>(i)] != i) return i;
  return count;
}

// Three arrays and a large vector: all of its bytes lie beside it.
struct Album {
  std::vector<Array> pages;
  std::vector<int> numbers;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(pages, numbers);
  }
};
constexpr std::size_t kPage = kPiece / 4;
Album make_album(int value) {
  Album album{.numbers = std::vector<int>(kPage / sizeof(int), value)};
  for (int i = 0; i < 3; ++i) album.pages.push_back(make(kPage, value + i));
  return album;
}
bool is_album(const Album& album, int value) {
  bool is_right = album.pages.size() == 3 && album.numbers == std::vector<int>(kPage / sizeof(int), value);
  for (std::size_t i = 0; is_right && i < 3; ++i)
    is_right = album.pages[i].size() == kPage && is_full_of(album.pages[i], value + static_cast<int>(i));
  return is_right;
}
struct Albums {
  std::vector<ObjectRef<Album>> refs;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(refs);
  }
};
int count_right(const Albums& albums) {
  int right = 0;
  for (std::size_t i = 0; i < albums.refs.size(); ++i) {
    const auto album = get(albums.refs[i]);
    if (album && is_album(*album, static_cast<int>(i))) ++right;
  }
  return right;
}
Albums put_albums(int count) {
  Albums albums;
  for (int i = 0; i < count; ++i) albums.refs.push_back(put(make_album(i)));
  return albums;
}
// Reads what it has put twice: what was let go of comes back.
int put_albums_and_read_twice(int count) {
  const Albums albums = put_albums(count);
  const int first = count_right(albums);
  return count_right(albums) == first ? first : -1;
}

class Librarian {
 public:
  void keep(const Albums& albums) { albums_ = albums; }
  int count() { return count_right(albums_); }

 private:
  Albums albums_;
};

class Reader {
 public:
  int add(const Array& array) {
    seen_.push_back(value_of(array));
    return seen_.back();
  }
  std::vector<int> seen() { return seen_; }
  void keep(const Refs& refs) { refs_ = refs; }
  std::vector<int> read() { return values_of(refs_); }

 private:
  std::vector<int> seen_;
  Refs refs_;
};

class SpillTest : public ::testing::Test {
 protected:
  Runtime start(RuntimeOptions options = {}) {
    options.cpus = options.cpus.value_or(2);
    options.object_store_bytes = kStore;
    if (options.spill_directory.empty()) options.spill_directory = folder_.path();
    return init(g_argc, g_argv, options).value();
  }
  // As put, but nothing of it is kept in this process.
  static Refs put_pieces(int count) {
    Refs refs;
    for (int i = 0; i < count; ++i) refs.refs.push_back(put(make(kPiece, i)));
    return refs;
  }
  static std::vector<int> up_to(int count) {
    std::vector<int> numbers(static_cast<std::size_t>(count));
    std::iota(numbers.begin(), numbers.end(), 0);
    return numbers;
  }
  // Files of spilled objects.
  std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path()))
      if (entry.is_regular_file()) found.push_back(entry.path());
    return found;
  }
  // Until somebody waits for room.
  static void await_waiting() {
    while (status()->store_waiting == 0) std::this_thread::yield();
  }

  TemporaryFolder folder_;
};

constexpr int kMany = 40;  // Five times what there is room for.

TEST_F(SpillTest, WhatTheDriverPutsBeyondTheStoreComesBackFromDisk) {
  const Runtime runtime = start();
  const Refs refs = put_pieces(kMany);
  EXPECT_GT(status()->store_bytes_spilled, 0u);

  EXPECT_EQ(values_of(refs), up_to(kMany));
}

TEST_F(SpillTest, ResultsBeyondTheStoreComeBackFromDisk) {
  const Runtime runtime = start();
  Refs refs;
  for (int i = 0; i < kMany; ++i) refs.refs.push_back(remote<make>(kPiece, i));

  EXPECT_EQ(values_of(refs), up_to(kMany));
}

TEST_F(SpillTest, TasksReadArgumentsThatAreOnDisk) {
  const Runtime runtime = start();
  const Refs refs = put_pieces(kMany);
  std::vector<ObjectRef<int>> values;
  for (std::size_t i = 0; i < refs.refs.size(); ++i)
    values.push_back(remote<value_of_two>(refs.refs[i], refs.refs[refs.refs.size() - 1 - i]));

  for (int i = 0; i < kMany; ++i) EXPECT_EQ(get(values[static_cast<std::size_t>(i)]).value(), i * 1000 + kMany - 1 - i);
}

TEST_F(SpillTest, AnActorsCallsKeepTheirOrder) {
  const Runtime runtime = start();
  const Refs refs = put_pieces(kMany);
  const auto reader = actor<Reader>();

  for (const auto& ref : refs.refs) reader.call<&Reader::add>(ref);

  EXPECT_EQ(get(reader.call<&Reader::seen>()).value(), up_to(kMany));
}

TEST_F(SpillTest, AWorkerGetsRefsWhoseObjectsAreOnDisk) {
  const Runtime runtime = start();
  const Refs refs = put_pieces(kMany);

  EXPECT_EQ(get(remote<values_of>(refs)).value(), up_to(kMany));
}

TEST_F(SpillTest, ATaskPutsMoreThanTheStoreHoldsAndReadsItAgain) {
  const Runtime runtime = start();

  EXPECT_EQ(get(remote<put_many_and_read>(kMany)).value(), kMany);
}

TEST_F(SpillTest, WhatATaskPutOutlivesIt) {
  const Runtime runtime = start();

  const Refs refs = get(remote<put_many>(kMany)).value();

  EXPECT_EQ(values_of(refs), up_to(kMany));
}

TEST_F(SpillTest, AnActorThatKeepsRefsDoesNotKeepTheirBytesInMemory) {
  const Runtime runtime = start();
  const auto reader = actor<Reader>();
  const Refs first = put_pieces(6);
  ASSERT_TRUE(get(reader.call<&Reader::keep>(first)));
  ASSERT_EQ(get(reader.call<&Reader::read>()).value(), up_to(6));

  const Refs more = put_pieces(kMany);

  EXPECT_EQ(values_of(more), up_to(kMany));
  EXPECT_EQ(get(reader.call<&Reader::read>()).value(), up_to(6));
}

TEST_F(SpillTest, WhatLiesInsideValuesGoesToDiskAndComesBackToo) {
  const Runtime runtime = start();
  const Albums albums = put_albums(kMany);
  EXPECT_GT(status()->store_bytes_spilled, 0u);
  for (const ObjectInfo& object : status().value().objects) EXPECT_EQ(object.bytes, 4 * kPage + 3 * 64);

  EXPECT_EQ(count_right(albums), kMany);
  EXPECT_EQ(get(remote<count_right>(albums)).value(), kMany);
  EXPECT_TRUE(get(remote<is_album>(albums.refs[0], 0)).value());
}

TEST_F(SpillTest, ResultsWithArraysInsideGoToDiskAndComeBack) {
  const Runtime runtime = start();
  Albums albums;
  for (int i = 0; i < kMany; ++i) {
    albums.refs.push_back(remote<make_album>(i));
    wait(std::vector{albums.refs.back()});  // Each takes room piece by piece: many at once would wait for each other.
  }

  EXPECT_EQ(count_right(albums), kMany);
  EXPECT_EQ(count_right(albums), kMany);
}

TEST_F(SpillTest, ATaskPutsMoreThanTheStoreHoldsInsideValues) {
  const Runtime runtime = start();

  EXPECT_EQ(get(remote<put_albums_and_read_twice>(kMany)).value(), kMany);
}

TEST_F(SpillTest, AnActorWithRefsDoesNotKeepWhatLiesInsideValuesInMemory) {
  const Runtime runtime = start();
  const auto librarian = actor<Librarian>();
  const Albums first = put_albums(6);
  ASSERT_TRUE(get(librarian.call<&Librarian::keep>(first)));
  ASSERT_EQ(get(librarian.call<&Librarian::count>()).value(), 6);

  const Albums more = put_albums(kMany);

  EXPECT_EQ(count_right(more), kMany);
  EXPECT_EQ(get(librarian.call<&Librarian::count>()).value(), 6);
}

TEST_F(SpillTest, WhatLiesInsideValuesOnDiskIsReadableAfterTheEnd) {
  Albums albums;
  {
    const Runtime runtime = start();
    albums = put_albums(kMany);
  }

  EXPECT_EQ(count_right(albums), kMany);
}

TEST_F(SpillTest, EverybodyReadsTheSameObjectsAtOnce) {
  const Runtime runtime = start({.cpus = 4});
  const Refs refs = put_pieces(kMany);
  std::vector<ObjectRef<std::vector<int>>> readers;
  for (int i = 0; i < 4; ++i) readers.push_back(remote<values_of>(refs));

  EXPECT_EQ(values_of(refs), up_to(kMany));
  for (const auto& reader : readers) EXPECT_EQ(get(reader).value(), up_to(kMany));
}

TEST_F(SpillTest, ADamagedFileIsSaidToBeAndHarmsNothingElse) {
  const Runtime runtime = start();
  const Refs refs = put_pieces(2 * static_cast<int>(kStore / kPiece));
  const auto first = files().front();
  {
    std::fstream file(first, std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(first) / 2));
    file.put('!');
  }

  int lost = 0;
  for (std::size_t i = 0; i < refs.refs.size(); ++i) {
    const auto value = get(remote<value_of>(refs.refs[i]));
    if (value) {
      EXPECT_EQ(*value, static_cast<int>(i));
      continue;
    }
    ++lost;
    EXPECT_EQ(value.error().code, ErrorCode::kObjectLost);
    EXPECT_THAT(value.error().message, HasSubstr(first.string()));
    EXPECT_THAT(value.error().message, HasSubstr("put, "));
    EXPECT_THAT(value.error().message, HasSubstr("made by process " + std::to_string(::getpid())));
    EXPECT_EQ(get(refs.refs[i]).error().code, ErrorCode::kObjectLost);
    EXPECT_EQ(get(remote<values_of>(Refs{{refs.refs[i]}})).value(), std::vector<int>{-2});
  }
  EXPECT_EQ(lost, 1);
}

TEST_F(SpillTest, FilesGoWithTheirObjectsAndTheDirectoryWithTheRuntime) {
  {
    const Runtime runtime = start();
    Refs refs = put_pieces(kMany);
    EXPECT_FALSE(files().empty());

    refs = {};
    while (!files().empty()) std::this_thread::yield();
  }

  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(SpillTest, WhatIsOnDiskIsReadableAfterTheEnd) {
  {
    Refs refs;
    {
      const Runtime runtime = start();
      refs = put_pieces(kMany);
    }
    EXPECT_EQ(values_of(refs), up_to(kMany));
  }

  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(SpillTest, APutWaitsForRoom) {
  const Runtime runtime = start({.spill_bytes = 0});
  auto held = make_array<char>({kStore / 4 * 3});
  ASSERT_TRUE(held);
  std::thread putter([] { EXPECT_TRUE(get(put(std::vector<char>(kStore / 2)))); });
  await_waiting();

  held = Error{};

  putter.join();
}

TEST_F(SpillTest, ATaskThatWaitsForRoomLendsItsCpu) {
  const Runtime runtime = start({.cpus = 1, .spill_bytes = 0});
  auto held = make_array<char>({kStore / 4 * 3});
  ASSERT_TRUE(held);
  const auto waits = remote<make>(kStore / 2, 7);
  await_waiting();

  EXPECT_EQ(get(remote<one>()).value(), 1);
  held = Error{};

  EXPECT_TRUE(is_full_of(get(waits).value(), 7));
}

TEST_F(SpillTest, AWorkerThatDiesWhileItWaitsForRoomLeavesNothing) {
  const Runtime runtime = start({.spill_bytes = 0});
  auto held = make_array<char>({kStore / 4 * 3});
  ASSERT_TRUE(held);
  const auto waits = remote<make>(kStore / 2, 7);
  await_waiting();

  cancel(waits, {.force = true});
  EXPECT_EQ(get(waits).error().code, ErrorCode::kCancelled);
  held = Error{};

  while (status()->store_waiting > 0 || status()->store_bytes_used > 0) std::this_thread::yield();
}

TEST_F(SpillTest, WhoFindsNoRoomInTimeIsToldWhatTakesIt) {
  const Runtime runtime = start({.put_timeout = std::chrono::milliseconds(1)});
  const auto held = make_array<char>({kStore / 4 * 3});
  ASSERT_TRUE(held);

  const auto by_driver = get(put(std::vector<char>(kStore / 2)));
  const auto by_task = get(remote<try_make>(kStore / 2, 1));

  for (const Error& error : {by_driver.error(), by_task.error()}) {
    EXPECT_EQ(error.code, ErrorCode::kExhausted);
    EXPECT_THAT(error.message, HasSubstr("no room for 4 MiB within 1 ms: of 8 MiB, 6 MiB are being read or filled"));
    EXPECT_THAT(error.message, HasSubstr("RuntimeOptions::object_store_bytes"));
  }
}

TEST_F(SpillTest, ADiskThatRefusesLosesNothing) {
  const Runtime runtime = start({.spill_bytes = kPiece / 2, .put_timeout = std::chrono::milliseconds(1)});
  Refs refs;
  ObjectRef<Array> refused;
  while (get(refused = put(SharedArray<char>(std::vector<char>(kPiece, static_cast<char>(refs.refs.size()))))))
    refs.refs.push_back(refused);

  EXPECT_EQ(get(refused).error().code, ErrorCode::kExhausted);
  EXPECT_THAT(get(refused).error().message, HasSubstr("the limit of 512 KiB in " + folder_.path()));
  EXPECT_GE(refs.refs.size(), 7u);
  EXPECT_EQ(values_of(refs), up_to(static_cast<int>(refs.refs.size())));
}

TEST_F(SpillTest, ImpossibleOptionsAreRefused) {
  EXPECT_EQ(init(g_argc, g_argv, {.spill_directory = "/no/such/place"}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(init(g_argc, g_argv, {.put_timeout = Duration(-1)}).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace manta::spill_test
