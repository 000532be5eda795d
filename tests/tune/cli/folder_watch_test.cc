// SPDX-License-Identifier: Apache-2.0
// Folders that go while an experiment runs.
#include "tune/cli/folder_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace manta::folder_watch_test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FolderWatchTest : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  const fs::path directory_ = fs::path(folder_.path()) / "run";
  std::vector<std::string> said_;
  FolderWatch watch_{directory_, {{"logs", "output is lost"}, {"checkpoints", "they come again"}}, [this](const std::string& line) {
                       said_.push_back(line);
                     }};

  void SetUp() override {
    fs::create_directories(directory_ / "logs");
    fs::create_directories(directory_ / "checkpoints");
    watch_.check();
  }
};

TEST_F(FolderWatchTest, WhatStaysIsNoNews) {
  watch_.check();

  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(FolderWatchTest, OneThatHasGoneIsMadeAnewAndSaidOnce) {
  fs::remove_all(directory_ / "logs");

  watch_.check();
  watch_.check();

  EXPECT_THAT(said_, ElementsAre(AllOf(HasSubstr("run/logs was deleted, and made anew"), HasSubstr("output is lost"))));
  EXPECT_TRUE(fs::is_directory(directory_ / "logs"));
}

TEST_F(FolderWatchTest, EachTimeItIsSaidAgain) {
  for (int time = 0; time < 3; ++time) {
    fs::remove_all(directory_ / "checkpoints");
    watch_.check();
  }

  EXPECT_THAT(said_, SizeIs(3));
}

TEST_F(FolderWatchTest, OneThatIsNotThereYetHasNotGone) {
  FolderWatch watch(directory_, {{"later", ""}}, [this](const std::string& line) { said_.push_back(line); });

  watch.check();
  fs::create_directory(directory_ / "later");
  watch.check();

  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(FolderWatchTest, TheExperimentsOwnDirectoryIsNotMadeAnew) {
  fs::remove_all(directory_);

  watch_.check();

  EXPECT_FALSE(fs::exists(directory_));
  EXPECT_THAT(said_, SizeIs(2));
}

}  // namespace
}  // namespace manta::folder_watch_test
