// SPDX-License-Identifier: Apache-2.0
// What tasks and actors may ask of the machine, and what they see of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "core/api/actor.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"

namespace manta::resources_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value != nullptr ? value : "(none)";
}
constexpr std::uint64_t kGibi = std::uint64_t{1} << 30;
class Device {
 public:
  std::string name() { return variable("CUDA_VISIBLE_DEVICES"); }
};

TEST(ResourcesTest, AWorkerWithoutGpusSeesNone) {
  EXPECT_EQ(get(remote<variable>("CUDA_VISIBLE_DEVICES")).value(), "");
}

TEST(ResourcesTest, ATaskSeesTheGpusItAskedFor) {
  EXPECT_EQ(get(remote<variable>.with({.gpus = 2})("CUDA_VISIBLE_DEVICES")).value(), "0,1");
  EXPECT_EQ(get(remote<variable>.with({.gpus = 1})("CUDA_VISIBLE_DEVICES")).value(), "0");
}

TEST(ResourcesTest, TwoHalvesShareOneDeviceAndTheNextTakesAnother) {
  const auto first = actor<Device>.with({.gpus = 0.5})();
  const auto second = actor<Device>.with({.gpus = 0.5})();
  const auto third = actor<Device>.with({.gpus = 0.5})();

  EXPECT_EQ(get(first.call<&Device::name>()).value(), "0");
  EXPECT_EQ(get(second.call<&Device::name>()).value(), "0");
  EXPECT_EQ(get(third.call<&Device::name>()).value(), "1");
}

TEST(ResourcesTest, AnActorWaitsUntilItsDeviceIsFree) {
  auto holder = actor<Device>.with({.gpus = 2})();
  ASSERT_TRUE(get(holder.call<&Device::name>()));
  const auto waiting = actor<Device>.with({.gpus = 1})();
  const auto call = waiting.call<&Device::name>();
  EXPECT_EQ(waiting.pid(), 0);

  holder = {};

  EXPECT_EQ(get(call).value(), "0");
}

TEST(ResourcesTest, AWorkerKnowsItsCpus) {
  EXPECT_EQ(get(remote<variable>.with({.cpus = 2})("MANTA_CPUS")).value().substr(0, 1), "2");
}

TEST(ResourcesTest, MoreThanTheMachineHasFailsAtOnceAndSaysWhatThereIs) {
  const auto task = get(remote<variable>.with({.cpus = 3})("HOME"));
  const auto device = actor<Device>.with({.gpus = 3})();
  const auto call = get(device.call<&Device::name>());

  EXPECT_EQ(task.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(task.error().message, AllOf(HasSubstr("3 CPUs"), HasSubstr("2 CPUs")));
  EXPECT_EQ(call.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(call.error().message, AllOf(HasSubstr("3 GPUs"), HasSubstr("2 GPUs")));
}

TEST(ResourcesTest, AnActorWaitsForALicense) {
  auto both = actor<Device>.with({.resources = {{"license", 2}}})();
  ASSERT_TRUE(get(both.call<&Device::name>()));
  const auto waiting = actor<Device>.with({.resources = {{"license", 0.5}}})();
  const auto call = waiting.call<&Device::name>();
  EXPECT_EQ(waiting.pid(), 0);

  both = {};

  EXPECT_TRUE(get(call));
}

TEST(ResourcesTest, AnActorWaitsForMemory) {
  auto most = actor<Device>.with({.memory = 3 * kGibi})();
  ASSERT_TRUE(get(most.call<&Device::name>()));
  const auto waiting = actor<Device>.with({.memory = 2 * kGibi})();
  const auto call = waiting.call<&Device::name>();
  EXPECT_EQ(waiting.pid(), 0);

  most = {};

  EXPECT_TRUE(get(call));
}

// What a worker asks for comes to the node as it was.
std::string ask_in_vain() {
  const auto task = get(remote<variable>.with({.resources = {{"licence", 1}}})("HOME"));
  const auto device = actor<Device>.with({.memory = 5 * kGibi})();
  return task.error().message + "\n" + get(device.call<&Device::name>()).error().message;
}
std::string ask_for_a_license() {
  return get(remote<variable>.with({.memory = kGibi, .resources = {{"license", 2}}})("MANTA_CPUS")).value();
}

TEST(ResourcesTest, WhatThereIsNotIsNamed) {
  for (const std::string& messages : {ask_in_vain(), get(remote<ask_in_vain>()).value()}) {
    EXPECT_THAT(messages, HasSubstr("asked for 1 of \"licence\", of which this machine has none"));
    EXPECT_THAT(messages, HasSubstr("did you mean \"license\"?"));
    EXPECT_THAT(messages, HasSubstr("asked for 5 GiB of memory, this machine has 4 GiB"));
  }
}

TEST(ResourcesTest, ATaskOfAWorkerAsksForThemToo) { EXPECT_EQ(get(remote<ask_for_a_license>()).value(), "1"); }

TEST(ResourcesTest, AmountsThatMakeNoSenseAreRefused) {
  for (const double bad : {-1.0, 1e300})
    EXPECT_EQ(get(remote<variable>.with({.cpus = bad})("HOME")).error().code, ErrorCode::kInvalidArgument) << bad;
}

}  // namespace
}  // namespace manta::resources_test
