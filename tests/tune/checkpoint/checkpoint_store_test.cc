// SPDX-License-Identifier: Apache-2.0
#include "tune/checkpoint/checkpoint_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "tune/checkpoint/disk_error.h"

namespace manta::checkpoint_store_test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

Checkpoint checkpoint_of(const std::string& text, std::int64_t iteration) {
  const auto view = std::as_bytes(std::span(text));
  return {.iteration = iteration, .seconds = 1.5, .bytes = SharedArray<std::byte>({view.begin(), view.end()})};
}

std::string text_of(const Checkpoint& checkpoint) {
  return {reinterpret_cast<const char*>(checkpoint.bytes.data()), checkpoint.bytes.size()};
}

std::string slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void spill(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

class CheckpointStoreTest : public ::testing::Test {
 protected:
  CheckpointStoreTest() {
    std::string pattern = (fs::temp_directory_path() / "manta_checkpoint_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~CheckpointStoreTest() override { fs::remove_all(folder_); }

  CheckpointStore open() { return CheckpointStore::open(folder_ / "checkpoints").value(); }

  fs::path folder_;
  const CheckpointName name_ = {.trial = {3}, .attempt = 1, .iteration = 20};
};

TEST_F(CheckpointStoreTest, ReadsWhatWasWritten) {
  CheckpointStore store = open();

  ASSERT_TRUE(store.write(name_, checkpoint_of("weights", 20)));

  const auto read = store.read(name_);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(text_of(*read), "weights");
  EXPECT_EQ(read->iteration, 20);
  EXPECT_EQ(read->seconds, 1.5);
  EXPECT_TRUE(fs::exists(folder_ / "checkpoints/3/1-20.ckpt"));
}

TEST_F(CheckpointStoreTest, KeepsACheckpointWithoutBytes) {
  CheckpointStore store = open();

  ASSERT_TRUE(store.write(name_, checkpoint_of("", 20)));

  const auto read = store.read(name_);
  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(read->bytes.empty());
}

TEST_F(CheckpointStoreTest, ARevisionIsAFileOfItsOwn) {
  CheckpointStore store = open();
  CheckpointName taken_over = name_;
  taken_over.revision = 1;

  ASSERT_TRUE(store.write(name_, checkpoint_of("own", 20)));
  ASSERT_TRUE(store.write(taken_over, checkpoint_of("donor's", 20)));

  EXPECT_EQ(text_of(store.read(name_).value()), "own");
  EXPECT_EQ(text_of(store.read(taken_over).value()), "donor's");
  EXPECT_TRUE(fs::exists(folder_ / "checkpoints/3/1-20.1.ckpt"));
}

TEST_F(CheckpointStoreTest, AMissingOneIsNotFound) {
  const auto read = open().read(name_);

  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(read.error().message, HasSubstr("3/1-20.ckpt"));
}

TEST_F(CheckpointStoreTest, RefusesAFileWhereverItIsCut) {
  CheckpointStore store = open();
  ASSERT_TRUE(store.write(name_, checkpoint_of("weights", 20)));
  const std::string whole = slurp(store.path_of(name_));

  for (std::size_t size = 0; size < whole.size(); ++size) {
    spill(store.path_of(name_), whole.substr(0, size));
    const auto read = store.read(name_);
    ASSERT_FALSE(read.has_value()) << "cut to " << size << " of " << whole.size() << " bytes";
    EXPECT_EQ(read.error().code, ErrorCode::kStorage);
    EXPECT_THAT(read.error().message, HasSubstr("3/1-20.ckpt"));
  }
}

TEST_F(CheckpointStoreTest, RefusesAFileWhicheverBitIsFlipped) {
  CheckpointStore store = open();
  ASSERT_TRUE(store.write(name_, checkpoint_of("weights", 20)));
  std::string text = slurp(store.path_of(name_));

  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << bit % 8));
    spill(store.path_of(name_), text);
    EXPECT_FALSE(store.read(name_).has_value()) << "bit " << bit;
    text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << bit % 8));
  }
}

TEST_F(CheckpointStoreTest, RefusesTheFileOfAnotherTrialByName) {
  CheckpointStore store = open();
  const CheckpointName other = {.trial = {4}, .attempt = 1, .iteration = 20};
  ASSERT_TRUE(store.write(name_, checkpoint_of("three", 20)));
  ASSERT_TRUE(store.write(other, checkpoint_of("four", 20)));

  fs::copy_file(store.path_of(other), store.path_of(name_), fs::copy_options::overwrite_existing);

  const auto read = store.read(name_);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, ErrorCode::kStorage);
  EXPECT_THAT(read.error().message, AllOf(HasSubstr("trial 4"), HasSubstr("trial 3")));
}

TEST_F(CheckpointStoreTest, OpeningRemovesWhatAnInterruptedWriteLeft) {
  CheckpointStore store = open();
  ASSERT_TRUE(store.write(name_, checkpoint_of("weights", 20)));
  spill(folder_ / "checkpoints/3/1-30.ckpt.tmp", "half");

  store = open();

  EXPECT_FALSE(fs::exists(folder_ / "checkpoints/3/1-30.ckpt.tmp"));
  EXPECT_TRUE(store.exists(name_));
}

TEST_F(CheckpointStoreTest, RetainRemovesCheckpointsThatAreNotListedAndNothingElse) {
  CheckpointStore store = open();
  const CheckpointName other = {.trial = {4}, .attempt = 2, .iteration = 1, .revision = 2};
  ASSERT_TRUE(store.write(name_, checkpoint_of("three", 20)));
  ASSERT_TRUE(store.write(other, checkpoint_of("four", 1)));
  spill(folder_ / "checkpoints/3/notes.txt", "mine");

  ASSERT_TRUE(store.retain({name_}));

  EXPECT_TRUE(store.exists(name_));
  EXPECT_FALSE(store.exists(other));
  EXPECT_TRUE(fs::exists(folder_ / "checkpoints/3/notes.txt"));
}

TEST_F(CheckpointStoreTest, RemovingTwiceIsNoError) {
  CheckpointStore store = open();
  ASSERT_TRUE(store.write(name_, checkpoint_of("weights", 20)));

  EXPECT_TRUE(store.remove(name_));
  EXPECT_TRUE(store.remove(name_));
  EXPECT_FALSE(store.exists(name_));
}

TEST_F(CheckpointStoreTest, AFolderThatSomebodyDeletedIsMadeAgain) {
  CheckpointStore store = open();
  ASSERT_TRUE(store.write(name_, checkpoint_of("old", 20)));
  fs::remove_all(folder_ / "checkpoints");

  EXPECT_TRUE(store.write(name_, checkpoint_of("new", 20)));

  EXPECT_EQ(text_of(store.read(name_).value()), "new");
}

TEST_F(CheckpointStoreTest, OpeningWhereAFileStandsFails) {
  spill(folder_ / "checkpoints", "a file");

  const auto store = CheckpointStore::open(folder_ / "checkpoints");

  ASSERT_FALSE(store.has_value());
  EXPECT_EQ(store.error().code, ErrorCode::kStorage);
  EXPECT_THAT(store.error().message, HasSubstr("checkpoints"));
}

// In a process of its own, because a limit on the size of files cannot be raised again.
TEST_F(CheckpointStoreTest, AWriteThatDoesNotFitLeavesTheFormerFile) {
  CheckpointStore store = open();
  ASSERT_TRUE(store.write(name_, checkpoint_of("old", 20)));

  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {.rlim_cur = 1000, .rlim_max = 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto written = store.write(name_, checkpoint_of(std::string(5000, 'x'), 20));
    const bool ok = !written && written.error().code == ErrorCode::kStorage &&
                    written.error().message.find("disk full") == 0 &&
                    written.error().message.find("3/1-20.ckpt") != std::string::npos;
    ::_exit(ok ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);

  EXPECT_EQ(status, 0);
  EXPECT_EQ(text_of(store.read(name_).value()), "old");
  EXPECT_FALSE(fs::exists(store.path_of(name_).string() + ".tmp"));
}

TEST(DiskErrorTest, NamesFileReasonAndFreeSpaceWhenTheDiskIsFull) {
  const Error error = disk_error("/tmp/x.db", "write", ENOSPC);

  EXPECT_EQ(error.code, ErrorCode::kStorage);
  EXPECT_THAT(error.message, AllOf(HasSubstr("disk full"), HasSubstr("/tmp/x.db"), HasSubstr("free there")));
}

TEST(DiskErrorTest, DoesNotBlameTheDiskForPermissions) {
  const Error error = disk_error("/tmp/x.db", "write", EACCES);

  EXPECT_THAT(error.message, AllOf(HasSubstr("Permission denied"), ::testing::Not(HasSubstr("disk full"))));
}

}  // namespace
}  // namespace manta::checkpoint_store_test
