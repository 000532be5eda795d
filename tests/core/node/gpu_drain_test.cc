// SPDX-License-Identifier: Apache-2.0
// When a share of a GPU is given again.
#include "core/node/gpu_drain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace manta::gpu_drain_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class GpuDrainTest : public ::testing::Test {
 protected:
  static constexpr pid_t kWorker = 4711;

  GpuDrain::Outcome look(Duration at) { return drain_.look(TimePoint(at)); }
  bool keep(std::vector<std::string> devices, Duration at = {}) {
    return drain_.keep({.resources = {.gpus = 0.5}, .gpu_indices = {0}}, std::move(devices), kWorker, TimePoint(at));
  }

  std::map<std::string, std::vector<pid_t>> on_;  // By device.
  std::map<pid_t, pid_t> groups_;
  GpuDrain drain_{{.processes = [this](const std::string& device) -> std::optional<std::vector<pid_t>> {
                     if (device == "unknown") return std::nullopt;
                     return on_[device];
                   },
                   .group_of = [this](pid_t pid) { return groups_.contains(pid) ? groups_[pid] : pid; }}};
};

TEST_F(GpuDrainTest, ADeviceThatNobodyOfTheWorkerUsesIsFreeAtOnce) {
  on_["0"] = {12};  // Another worker's, or another user's.

  EXPECT_FALSE(keep({"0"}));
  EXPECT_FALSE(keep({"unknown"}));
  EXPECT_FALSE(keep({}));
  EXPECT_EQ(drain_.next(), std::nullopt);
}

TEST_F(GpuDrainTest, AShareIsKeptUntilTheProcessHasGoneFromAllItsDevices) {
  on_["1"] = {kWorker};
  ASSERT_TRUE(keep({"0", "1"}));

  EXPECT_EQ(drain_.next(), TimePoint(milliseconds(20)));
  EXPECT_THAT(look(milliseconds(20)).free, IsEmpty());
  on_.clear();
  EXPECT_THAT(look(milliseconds(30)).free, IsEmpty()) << "it is not looked at each time";
  EXPECT_THAT(look(milliseconds(40)).free, SizeIs(1));
  EXPECT_EQ(drain_.next(), std::nullopt);
}

TEST_F(GpuDrainTest, AChildOfTheWorkerCountsAsTheWorker) {
  on_["0"] = {99};
  groups_[99] = kWorker;

  EXPECT_TRUE(keep({"0"}));
  groups_[99] = -1;  // It is gone; the driver does not know yet.
  EXPECT_THAT(look(milliseconds(20)).free, SizeIs(1));
}

TEST_F(GpuDrainTest, AfterHalfAMinuteItIsSetAsideAndSaidWhoIsThere) {
  on_["0"] = {kWorker};
  ASSERT_TRUE(keep({"0"}));

  EXPECT_THAT(look(seconds(29)).warnings, IsEmpty());
  const GpuDrain::Outcome outcome = look(seconds(31));

  EXPECT_THAT(outcome.free, IsEmpty());
  EXPECT_THAT(outcome.lost, SizeIs(1));
  EXPECT_THAT(outcome.warnings, ElementsAre(HasSubstr("process 4711 on GPU 0 is still there 30 s")));
  EXPECT_EQ(drain_.next(), std::nullopt);
}

TEST_F(GpuDrainTest, WithoutADriverNothingIsKept) {
  GpuDrain none;

  EXPECT_FALSE(none.keep({.resources = {.gpus = 1}, .gpu_indices = {0}}, {"0"}, kWorker, TimePoint()));
}

}  // namespace
}  // namespace manta::gpu_drain_test
