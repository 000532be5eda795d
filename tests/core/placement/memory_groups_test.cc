// SPDX-License-Identifier: Apache-2.0
// Memory cgroups: on a tree of plain files that looks like one, and on the machine's where it may be changed.
#include "core/placement/memory_groups.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace manta::memory_groups_test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLimit = std::uint64_t{64} << 20;

void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

// Folders and files as a kernel has them; but no file appears in a new folder by itself.
class FakeCgroupsTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(::mkdtemp(root_.data()), nullptr); }
  void TearDown() override { fs::remove_all(root_); }

  std::string root_ = (fs::temp_directory_path() / "manta-cgroups-XXXXXX").string();
};

TEST_F(FakeCgroupsTest, VersionOneIsFoundByItsController) {
  fs::create_directories(root_ + "/memory/user");

  EXPECT_TRUE(MemoryGroups::find("5:cpu,cpuacct:/user\n4:memory:/user\n0::/\n", root_));
  EXPECT_TRUE(MemoryGroups::find("4:hugetlb,memory:/user\n", root_));
  EXPECT_FALSE(MemoryGroups::find("4:memory:/elsewhere\n", root_));
  EXPECT_FALSE(MemoryGroups::find("4:cpu:/user\n", root_));
}

TEST_F(FakeCgroupsTest, VersionTwoMustPassTheControllerOn) {
  fs::create_directories(root_ + "/user");
  EXPECT_FALSE(MemoryGroups::find("0::/user\n", root_));

  write(root_ + "/user/cgroup.subtree_control", "cpu pids\n");
  EXPECT_FALSE(MemoryGroups::find("0::/user\n", root_));

  write(root_ + "/user/cgroup.subtree_control", "cpu memory pids\n");
  EXPECT_TRUE(MemoryGroups::find("0::/user\n", root_));
}

TEST_F(FakeCgroupsTest, NonsenseIsNoMembership) {
  for (const char* text : {"", "\n", "memory", "4:memory", ":::", "4:memory:/user:x"})
    EXPECT_FALSE(MemoryGroups::find(text, root_)) << text;
}

TEST_F(FakeCgroupsTest, VersionTwoSaysHowMuchWasUsedAndKilled) {
  write(root_ + "/cgroup.subtree_control", "memory\n");
  const auto groups = MemoryGroups::find("0::/\n", root_);
  ASSERT_TRUE(groups);
  fs::create_directories(root_ + "/manta-7-3");
  write(root_ + "/manta-7-3/memory.peak", "1234\n");
  write(root_ + "/manta-7-3/memory.events", "low 0\noom 3\noom_kill 2\n");

  EXPECT_EQ(groups->usage(7, 3).peak, 1234u);
  EXPECT_EQ(groups->usage(7, 3).oom_kills, 2u);
  EXPECT_EQ(groups->usage(7, 4).oom_kills, 0u);
}

TEST_F(FakeCgroupsTest, AKernelThatTakesNoLimitHasNoGroup) {
  fs::create_directories(root_ + "/memory");
  auto groups = MemoryGroups::find("4:memory:/\n", root_);
  ASSERT_TRUE(groups);

  EXPECT_FALSE(groups->make(7, 3, kLimit)) << "the folder has no file for it";

  EXPECT_TRUE(fs::is_empty(root_ + "/memory")) << "and nothing is left";
}

TEST_F(FakeCgroupsTest, GroupsOfAnOwnerAndOfTheDeadAreRemovedAndNoOthers) {
  fs::create_directories(root_ + "/memory");
  auto groups = MemoryGroups::find("4:memory:/\n", root_);
  ASSERT_TRUE(groups);
  const std::vector<std::string> removed = {"manta-77-1", "manta-77-2",
                                            "manta-999999999-1"};  // The last: a dead one's.
  const std::vector<std::string> kept = {"manta-" + std::to_string(::getppid()) + "-1", "manta-x-1", "other"};
  for (const std::string& name : removed) fs::create_directories(root_ + "/memory/" + name);
  for (const std::string& name : kept) fs::create_directories(root_ + "/memory/" + name);

  groups->remove_all_of(77);

  for (const std::string& name : removed) EXPECT_FALSE(fs::exists(root_ + "/memory/" + name)) << name;
  for (const std::string& name : kept) EXPECT_TRUE(fs::exists(root_ + "/memory/" + name)) << name;
}

TEST_F(FakeCgroupsTest, WhatCannotBeRemovedYetIsRemovedLater) {
  fs::create_directories(root_ + "/memory/manta-7-3/busy");
  auto groups = MemoryGroups::find("4:memory:/\n", root_);
  ASSERT_TRUE(groups);

  groups->remove(7, 3);
  EXPECT_FALSE(groups->remove_rest());
  fs::remove(root_ + "/memory/manta-7-3/busy");

  EXPECT_TRUE(groups->remove_rest());
  EXPECT_FALSE(fs::exists(root_ + "/memory/manta-7-3"));
}

TEST(MemoryGroupsTest, AGroupOfTheMachineIsMadeAndRemoved) {
  auto groups = MemoryGroups::find();
  if (!groups || !groups->make(::getpid(), 1, kLimit)) GTEST_SKIP() << "this process may make no memory cgroups";

  EXPECT_EQ(groups->usage(::getpid(), 1).oom_kills, 0u);
  groups->remove(::getpid(), 1);

  EXPECT_TRUE(groups->remove_rest());
  EXPECT_TRUE(groups->make(::getpid(), 1, kLimit)) << "its name is free again";
  groups->remove_all_of(::getpid());
  EXPECT_TRUE(groups->remove_rest());
}

}  // namespace
}  // namespace manta::memory_groups_test
