// SPDX-License-Identifier: Apache-2.0
#include "integrations/command/command_config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/temporary_folder.h"

namespace manta::command_config_file_test {
namespace {

using ::testing::HasSubstr;

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class CommandConfigFileTest : public ::testing::Test {
 protected:
  const TemporaryFolder folder_;
  const std::filesystem::path path_ = std::filesystem::path(folder_.path()) / "1.config.json";
};

TEST_F(CommandConfigFileTest, HoldsTheJsonAndIsGoneAtTheEnd) {
  {
    const auto file = CommandConfigFile::write(path_, R"({"x":1})");
    ASSERT_TRUE(file.has_value()) << file.error().message;
    EXPECT_EQ(content(path_), "{\"x\":1}\n");
  }
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(CommandConfigFileTest, OnlyItsOwnerMayReadIt) {
  std::ofstream(path_) << "of somebody else, and longer than what comes";
  std::filesystem::permissions(path_, std::filesystem::perms::all);

  const auto file = CommandConfigFile::write(path_, "{}");

  ASSERT_TRUE(file.has_value());
  struct stat status = {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(content(path_), "{}\n");
}

TEST_F(CommandConfigFileTest, ALinkIsReplacedAndNotFollowed) {
  const std::filesystem::path target = std::filesystem::path(folder_.path()) / "target";
  std::ofstream(target) << "mine";
  std::filesystem::create_symlink(target, path_);

  const auto file = CommandConfigFile::write(path_, "{}");

  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(content(target), "mine");
  EXPECT_FALSE(std::filesystem::is_symlink(path_));
}

TEST_F(CommandConfigFileTest, ADirectoryThatIsMissingIsMade) {
  const std::filesystem::path deep = std::filesystem::path(folder_.path()) / "a" / "b" / "1.config.json";

  const auto file = CommandConfigFile::write(deep, "{}");

  ASSERT_TRUE(file.has_value()) << file.error().message;
  EXPECT_EQ(content(deep), "{}\n");
}

TEST_F(CommandConfigFileTest, WhatAKilledAttemptLeftIsRemovedByTheNext) {
  const std::filesystem::path tenth = std::filesystem::path(folder_.path()) / "10.config.json";
  const std::filesystem::path ninth = std::filesystem::path(folder_.path()) / "9.config.json";
  std::ofstream(ninth) << "{}";
  std::ofstream(path_) << "{}";

  const auto file = CommandConfigFile::write(tenth, "{}");

  ASSERT_TRUE(file.has_value());
  EXPECT_FALSE(std::filesystem::exists(ninth));
  EXPECT_TRUE(std::filesystem::exists(path_)) << "it looks for no more than the one before";
}

TEST_F(CommandConfigFileTest, APlaceWhereNothingCanBeWrittenIsNamed) {
  std::ofstream(path_) << "a file";

  const auto file = CommandConfigFile::write(path_ / "1.config.json", "{}");

  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().code, ErrorCode::kStorage);
  EXPECT_THAT(file.error().message, HasSubstr(path_.string()));
}

}  // namespace
}  // namespace manta::command_config_file_test
