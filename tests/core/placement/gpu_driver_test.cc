// SPDX-License-Identifier: Apache-2.0
// The driver's library, by a fake of it.
#include "core/placement/gpu_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "tests/support/temporary_folder.h"

namespace manta::gpu_driver_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;

class GpuDriverTest : public ::testing::Test {
 protected:
  GpuDriverTest() { ::setenv("MANTA_FAKE_NVML_FILE", file_.c_str(), 1); }
  ~GpuDriverTest() override { ::unsetenv("MANTA_FAKE_NVML_FILE"); }

  void write(const std::string& text) const { std::ofstream(file_) << text; }

  TemporaryFolder folder_;
  const std::string file_ = folder_.path() + "/processes";
};

TEST_F(GpuDriverTest, AProcessIsFoundOnItsDeviceOnly) {
  const auto driver = GpuDriver::load(MANTA_FAKE_NVML);
  ASSERT_NE(driver, nullptr);
  write("0 4711\n1 12\n0 4712\n");

  EXPECT_THAT(driver->processes("0"), Optional(ElementsAre(4711, 4712)));
  EXPECT_THAT(driver->processes("GPU-fake"), Optional(ElementsAre(4711, 4712)));
  EXPECT_THAT(driver->processes("1"), Optional(ElementsAre(12)));
  EXPECT_THAT(driver->processes("2"), Optional(IsEmpty()));
}

TEST_F(GpuDriverTest, MoreProcessesThanFitAreAskedForAgain) {
  const auto driver = GpuDriver::load(MANTA_FAKE_NVML);
  std::string text;
  for (int pid = 1; pid <= 100; ++pid) text += "0 " + std::to_string(pid) + "\n";
  write(text);

  EXPECT_THAT(driver->processes("0"), Optional(SizeIs(100)));
}

TEST_F(GpuDriverTest, WhatTheDriverDoesNotKnowIsNone) {
  const auto driver = GpuDriver::load(MANTA_FAKE_NVML);

  EXPECT_EQ(driver->processes("7"), std::nullopt);
  EXPECT_EQ(driver->processes("MIG-other"), std::nullopt);
  ::unsetenv("MANTA_FAKE_NVML_FILE");
  EXPECT_EQ(driver->processes("0"), std::nullopt) << "not supported, it says";
}

TEST_F(GpuDriverTest, WithoutAUsableLibraryThereIsNone) {
  EXPECT_EQ(GpuDriver::load("libno-such-driver.so.1"), nullptr);
  EXPECT_EQ(GpuDriver::load("libm.so.6"), nullptr) << "it has none of the functions";
  ::setenv("MANTA_FAKE_NVML_BROKEN", "1", 1);
  EXPECT_EQ(GpuDriver::load(MANTA_FAKE_NVML), nullptr);
  ::unsetenv("MANTA_FAKE_NVML_BROKEN");
}

}  // namespace
}  // namespace manta::gpu_driver_test
