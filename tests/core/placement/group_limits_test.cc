// SPDX-License-Identifier: Apache-2.0
#include "core/placement/group_limits.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/temporary_folder.h"

namespace manta::group_limits_test {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

class GroupLimitsTest : public ::testing::Test {
 protected:
  void write(const std::string& group, const std::string& file, const std::string& text) const {
    std::filesystem::create_directories(root() + group);
    std::ofstream(root() + group + "/" + file) << text << "\n";
  }
  std::string root() const { return folder_.path(); }
  GroupLimits limits(const std::string& membership) const { return group_limits(membership, root()); }

 private:
  TemporaryFolder folder_;
};

TEST_F(GroupLimitsTest, WithoutAnyThereIsNoLimit) {
  write("/user.slice", "memory.max", "max");
  write("/user.slice", "cpu.max", "max 100000");
  write("/memory", "memory.limit_in_bytes", "9223372036854771712");
  write("/cpu", "cpu.cfs_quota_us", "-1");
  write("/cpu", "cpu.cfs_period_us", "100000");
  for (const std::string membership : {"0::/user.slice", "4:memory:/\n5:cpu,cpuacct:/gone", "", "nonsense", "0::"}) {
    SCOPED_TRACE(membership);
    EXPECT_GT(limits(membership).memory, kGiB << 32);
    EXPECT_TRUE(std::isinf(limits(membership).cpus));
  }
}

TEST_F(GroupLimitsTest, TheSmallestOnTheWayUpCounts) {
  write("/job", "memory.max", std::to_string(2 * kGiB));
  write("/job/step", "memory.max", std::to_string(3 * kGiB));
  write("/job/step/task", "memory.max", "max");
  write("/job/step", "cpu.max", "150000 100000");
  write("/job", "cpu.max", "400000 100000");
  EXPECT_EQ(limits("0::/job/step/task\n").memory, 2 * kGiB);
  EXPECT_EQ(limits("0::/job/step/task\n").cpus, 1.5);
  EXPECT_EQ(limits("0::/job\n").cpus, 4);
}

TEST_F(GroupLimitsTest, VersionOneHasATreeForEachController) {
  write("/memory/slurm/job_7", "memory.limit_in_bytes", std::to_string(kGiB));
  write("/cpuacct/slurm/job_7", "cpuacct.usage", "7");
  write("/cpu/slurm", "cpu.cfs_quota_us", "50000");
  write("/cpu/slurm", "cpu.cfs_period_us", "100000");
  const GroupLimits found = limits("9:name=systemd:/\n4:memory:/slurm/job_7\n2:cpu,cpuacct:/slurm/job_7\n0::/\n");
  EXPECT_EQ(found.memory, kGiB);
  EXPECT_EQ(found.cpus, 0.5);
}

// In a container the names may be those of the machine, and the root is the container's own group.
TEST_F(GroupLimitsTest, TheRootCountsWhereTheGroupIsNotToBeSeen) {
  write("", "memory.max", std::to_string(kGiB));
  write("/memory", "memory.limit_in_bytes", std::to_string(kGiB / 2));
  EXPECT_EQ(limits("0::/kubepods/pod1").memory, kGiB);
  EXPECT_EQ(limits("4:memory:/docker/1").memory, kGiB / 2);
  EXPECT_EQ(limits("0::/../../other").memory, kGiB);
}

}  // namespace
}  // namespace manta::group_limits_test
