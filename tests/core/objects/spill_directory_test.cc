// SPDX-License-Identifier: Apache-2.0
#include "core/objects/spill_directory.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/support/temporary_folder.h"

namespace manta::spill_directory_test {
namespace {

using ::testing::HasSubstr;
using Pieces = std::vector<std::span<const std::byte>>;

std::vector<std::byte> bytes_of(std::size_t count, int value) {
  return std::vector<std::byte>(count, static_cast<std::byte>(value));
}
std::size_t entries(const std::string& folder) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

class SpillDirectoryTest : public ::testing::Test {
 protected:
  std::vector<SpilledBytes> write(const Pieces& pieces) { return directory_->write(pieces).value(); }

  TemporaryFolder parent_;
  std::shared_ptr<SpillDirectory> directory_ = std::make_shared<SpillDirectory>(parent_.path());
};

TEST_F(SpillDirectoryTest, WhatWasWrittenIsRead) {
  const auto first = bytes_of(3'000'000, 1);
  const auto second = bytes_of(10, 2);

  const auto written = write({first, second});

  auto back = bytes_of(second.size(), 0);
  ASSERT_TRUE(written[1].read(back));
  EXPECT_EQ(back, second);
  back.resize(first.size());
  ASSERT_TRUE(written[0].read(back));
  EXPECT_EQ(back, first);
  EXPECT_EQ(written[0].file, written[1].file);
  EXPECT_EQ(directory_->bytes(), first.size() + second.size());
}

TEST_F(SpillDirectoryTest, NothingIsThereBeforeTheFirstAndAfterTheLastFile) {
  EXPECT_EQ(entries(parent_.path()), 0u);
  const auto data = bytes_of(10, 1);
  auto written = write({data});
  const std::string path = directory_->path();
  ASSERT_EQ(entries(path), 1u);
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0700u);

  written.clear();
  EXPECT_EQ(entries(path), 0u);
  EXPECT_EQ(directory_->bytes(), 0u);
  directory_.reset();

  EXPECT_EQ(entries(parent_.path()), 0u);
}

TEST_F(SpillDirectoryTest, FilesThatGoAreRemovedWhenItIsTimeTo) {
  int noted = 0;
  directory_->defer_removal([&] { ++noted; });
  const auto data = bytes_of(10, 1);
  auto written = write({data});

  written.clear();

  EXPECT_EQ(noted, 1);
  EXPECT_EQ(entries(directory_->path()), 1u);
  directory_->reap();
  EXPECT_EQ(entries(directory_->path()), 0u);
}

TEST_F(SpillDirectoryTest, ADamagedFileIsLost) {
  const auto data = bytes_of(5000, 1);
  const auto written = write({data});
  const std::string path = written[0].file->path();
  {
    std::fstream file(path, std::ios::in | std::ios::out);
    file.seekp(4321);
    file.put(2);
  }

  auto back = bytes_of(data.size(), 0);
  const auto read = written[0].read(back);

  EXPECT_EQ(read.error().code, ErrorCode::kObjectLost);
  EXPECT_THAT(read.error().message, HasSubstr(path));
  EXPECT_THAT(read.error().message, HasSubstr("checksum"));
}

TEST_F(SpillDirectoryTest, AFileThatIsCutShortOrGoneIsLost) {
  const auto data = bytes_of(5000, 1);
  const auto written = write({data});
  auto back = bytes_of(data.size(), 0);

  std::filesystem::resize_file(written[0].file->path(), 4999);
  EXPECT_THAT(written[0].read(back).error().message, HasSubstr("cut short"));
  std::filesystem::remove(written[0].file->path());
  EXPECT_THAT(written[0].read(back).error().message, HasSubstr("No such file"));
}

TEST_F(SpillDirectoryTest, TheLimitIsKept) {
  directory_ = std::make_shared<SpillDirectory>(parent_.path(), 100);
  const auto data = bytes_of(60, 1);
  auto written = write({data});

  EXPECT_EQ(directory_->write(Pieces{data}).error().code, ErrorCode::kExhausted);
  written.clear();

  EXPECT_TRUE(directory_->write(Pieces{data}));
}

TEST_F(SpillDirectoryTest, AParentThatIsNoneIsAnErrorThatNamesIt) {
  directory_ = std::make_shared<SpillDirectory>(parent_.path() + "/nowhere");
  const auto data = bytes_of(60, 1);

  const auto written = directory_->write(Pieces{data});

  EXPECT_EQ(written.error().code, ErrorCode::kStorage);
  EXPECT_THAT(written.error().message, HasSubstr(parent_.path() + "/nowhere"));
}

TEST_F(SpillDirectoryTest, ADirectoryThatWasRemovedIsMadeAnew) {
  const auto data = bytes_of(60, 1);
  const auto written = write({data});
  std::filesystem::remove_all(directory_->path());

  EXPECT_FALSE(directory_->write(Pieces{data}));
  const auto again = write({data});

  auto back = bytes_of(data.size(), 0);
  EXPECT_TRUE(again[0].read(back));
}

TEST_F(SpillDirectoryTest, WhatAKilledProcessLeftIsSweptAndWhatALivingOneHasIsNot) {
  const auto data = bytes_of(60, 1);
  const auto mine = write({data});
  const pid_t child = ::fork();
  if (child == 0) {
    const auto directory = std::make_shared<SpillDirectory>(parent_.path());
    const auto left = directory->write(Pieces{data});
    ::kill(::getpid(), SIGKILL);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  ASSERT_EQ(entries(parent_.path()), 2u);

  EXPECT_EQ(SpillDirectory::sweep(parent_.path()), 1);

  EXPECT_EQ(entries(parent_.path()), 1u);
  auto back = bytes_of(data.size(), 0);
  EXPECT_TRUE(mine[0].read(back));
}

TEST_F(SpillDirectoryTest, WhatLooksLeftBehindButIsLockedIsNotSwept) {
  const std::string path = parent_.path() + "/manta-spill.1.1.0a0b0c0d.0";
  std::filesystem::create_directory(path);
  const UniqueFd lock(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_EQ(::flock(lock.get(), LOCK_EX), 0);

  EXPECT_EQ(SpillDirectory::sweep(parent_.path()), 0);
  ASSERT_EQ(::flock(lock.get(), LOCK_UN), 0);

  EXPECT_EQ(SpillDirectory::sweep(parent_.path()), 1);
}

TEST_F(SpillDirectoryTest, OtherThingsAreNotSwept) {
  std::filesystem::create_directory(parent_.path() + "/manta-spill.x");
  std::filesystem::create_directory(parent_.path() + "/other");
  std::filesystem::create_symlink(parent_.path() + "/other", parent_.path() + "/manta-spill.1.1.0a0b0c0d.0");

  EXPECT_EQ(SpillDirectory::sweep(parent_.path()), 0);
  EXPECT_EQ(SpillDirectory::sweep(parent_.path() + "/nowhere"), 0);

  EXPECT_EQ(entries(parent_.path()), 3u);
}

}  // namespace
}  // namespace manta::spill_directory_test
