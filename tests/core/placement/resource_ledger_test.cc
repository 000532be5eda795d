// SPDX-License-Identifier: Apache-2.0
// Who gets how much of a machine.
#include "core/placement/resource_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace manta::resource_ledger_test {
namespace {

using ::testing::HasSubstr;

ResourceLedger small_machine() { return ResourceLedger({.cpus = 2, .gpus = {"4", "GPU-b"}}); }

TEST(ResourceLedgerTest, NothingIsAlwaysThere) {
  auto ledger = small_machine();
  ASSERT_TRUE(ledger.acquire({.cpus = 2, .gpus = 2}));

  const auto nothing = ledger.acquire({});

  ASSERT_TRUE(nothing);
  EXPECT_EQ(ledger.visible_devices(*nothing), "");
}

TEST(ResourceLedgerTest, TheWholeMachineIsGivenOnceAndAgainAfterItsReturn) {
  auto ledger = small_machine();
  const auto all = ledger.acquire({.cpus = 2, .gpus = 2});
  ASSERT_TRUE(all);
  EXPECT_EQ(ledger.visible_devices(*all), "4,GPU-b");

  EXPECT_FALSE(ledger.acquire({.cpus = 0.0001}));
  EXPECT_FALSE(ledger.acquire({.gpus = 0.0001}));
  ledger.release(*all);

  EXPECT_TRUE(ledger.acquire({.cpus = 2, .gpus = 2}));
}

TEST(ResourceLedgerTest, TenTenthsAreOne) {
  auto ledger = small_machine();
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(ledger.acquire({.cpus = 0.1, .gpus = 0.1})) << i;

  EXPECT_FALSE(ledger.acquire({.cpus = 0.1}));
  EXPECT_FALSE(ledger.acquire({.gpus = 0.1}));
}

TEST(ResourceLedgerTest, FractionsShareTheFullestDeviceWithRoom) {
  auto ledger = small_machine();
  const auto first = ledger.acquire({.gpus = 0.5});
  const auto large = ledger.acquire({.gpus = 0.75});
  const auto third = ledger.acquire({.gpus = 0.25});
  const auto fourth = ledger.acquire({.gpus = 0.5});

  EXPECT_EQ(ledger.visible_devices(*first), "4");
  EXPECT_EQ(ledger.visible_devices(*large), "GPU-b");
  EXPECT_EQ(ledger.visible_devices(*third), "GPU-b");
  EXPECT_EQ(ledger.visible_devices(*fourth), "4");
}

TEST(ResourceLedgerTest, AWholeDeviceIsNotASharedOne) {
  auto ledger = small_machine();
  const auto half = ledger.acquire({.gpus = 0.5});

  EXPECT_FALSE(ledger.acquire({.gpus = 2}));
  const auto whole = ledger.acquire({.gpus = 1});

  ASSERT_TRUE(whole);
  EXPECT_EQ(ledger.visible_devices(*whole), "GPU-b");
}

TEST(ResourceLedgerTest, WhatDoesNotFitTakesNothing) {
  auto ledger = small_machine();
  const auto gpus = ledger.acquire({.gpus = 2});

  EXPECT_FALSE(ledger.acquire({.cpus = 1, .gpus = 1}));

  EXPECT_TRUE(ledger.acquire({.cpus = 2}));
}

TEST(ResourceLedgerTest, AsMuchAsThereIsCanBeAskedFor) {
  EXPECT_TRUE(small_machine().check({.cpus = 2, .gpus = 2}));
  EXPECT_TRUE(small_machine().check({}));
}

TEST(ResourceLedgerTest, MoreThanThereIsSaysWhatWasAskedAndWhatThereIs) {
  const auto cpus = small_machine().check({.cpus = 2.5});
  const auto gpus = small_machine().check({.gpus = 3});

  EXPECT_EQ(cpus.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(cpus.error().message, HasSubstr("asked for 2.5 CPUs, this machine has 2 CPUs"));
  EXPECT_EQ(gpus.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(gpus.error().message, HasSubstr("asked for 3 GPUs, this machine has 2 GPUs"));
}

TEST(ResourceLedgerTest, OneAndAHalfGpusAreRefused) {
  EXPECT_THAT(small_machine().check({.gpus = 1.5}).error().message, HasSubstr("1.5 GPUs"));
}

TEST(ResourceLedgerTest, NumbersThatAreNoAmountsAreRefused) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double bad : {-1.0, kInfinity, -kInfinity, std::nan(""), 1e300}) {
    EXPECT_FALSE(small_machine().check({.cpus = bad})) << bad;
    EXPECT_FALSE(small_machine().check({.gpus = bad})) << bad;
  }
}

TEST(ResourceLedgerTest, AMachineWithoutGpusSaysSo) {
  EXPECT_THAT(ResourceLedger({.cpus = 1}).check({.gpus = 0.5}).error().message,
              HasSubstr("asked for 0.5 GPUs, this machine has 0 GPUs"));
}

ResourceLedger licensed_machine() {
  return ResourceLedger({.cpus = 2, .memory = std::uint64_t{4} << 30, .custom = {{"license", 2}, {"disk", 0.5}}});
}

TEST(ResourceLedgerTest, MemoryIsGivenByTheByteAndComesBack) {
  auto ledger = licensed_machine();
  const auto all = ledger.acquire({.memory = std::uint64_t{4} << 30});
  ASSERT_TRUE(all);

  EXPECT_FALSE(ledger.acquire({.memory = 1}));
  ledger.release(*all);

  EXPECT_TRUE(ledger.acquire({.memory = 1}));
}

TEST(ResourceLedgerTest, CustomResourcesAreCountedByName) {
  auto ledger = licensed_machine();
  const auto first = ledger.acquire({.custom = {{"license", 1.5}}});
  ASSERT_TRUE(first);

  EXPECT_FALSE(ledger.acquire({.custom = {{"disk", 0.25}, {"license", 1}}}));
  EXPECT_TRUE(ledger.acquire({.custom = {{"disk", 0.5}, {"license", 0.5}}})) << "what did not fit has taken nothing";
  ledger.release(*first);

  EXPECT_TRUE(ledger.acquire({.custom = {{"license", 1.5}}}));
  EXPECT_FALSE(ledger.acquire({.custom = {{"disk", 0.1}}}));
}

TEST(ResourceLedgerTest, AShareThatIsSetAsideComesBackWithoutItsGpu) {
  auto ledger = small_machine();
  const auto half = ledger.acquire({.cpus = 2, .gpus = 0.5});

  ledger.set_aside(*half);

  EXPECT_TRUE(ledger.check({.gpus = 1}));
  const auto other_half = ledger.acquire({.cpus = 2, .gpus = 0.5});
  EXPECT_EQ(ledger.visible_devices(*other_half), "4");
  EXPECT_THAT(ledger.check({.gpus = 2}).error().message, HasSubstr("still hold the rest"));
  EXPECT_EQ(ledger.check({.gpus = 2}).error().code, ErrorCode::kSystem);
  ledger.release(*other_half);

  const auto whole = ledger.acquire({.gpus = 1});
  EXPECT_EQ(ledger.visible_devices(*whole), "GPU-b");
  ledger.set_aside(*whole);

  EXPECT_TRUE(ledger.check({.gpus = 0.5}));
  EXPECT_FALSE(ledger.check({.gpus = 0.6}));
  EXPECT_TRUE(ledger.check({}));
}

TEST(ResourceLedgerTest, MoreMemoryThanThereIsSaysBoth) {
  EXPECT_TRUE(licensed_machine().check({.memory = std::uint64_t{4} << 30}));
  EXPECT_THAT(licensed_machine().check({.memory = std::uint64_t{5} << 30}).error().message,
              HasSubstr("asked for 5 GiB of memory, this machine has 4 GiB"));
}

TEST(ResourceLedgerTest, WhatTheMachineHasNotIsNamed) {
  EXPECT_TRUE(licensed_machine().check({.custom = {{"license", 2}}}));
  EXPECT_THAT(licensed_machine().check({.custom = {{"license", 3}}}).error().message,
              HasSubstr("asked for 3 of \"license\", this machine has 2 of \"license\""));
  EXPECT_THAT(licensed_machine().check({.custom = {{"licens", 1}}}).error().message,
              HasSubstr("asked for 1 of \"licens\", of which this machine has none"));
  EXPECT_FALSE(licensed_machine().check({.custom = {{"license", -1}}}));
  EXPECT_FALSE(licensed_machine().check({.custom = {{"license", std::nan("")}}}));
}

TEST(DetectMachineTest, TheVariableSaysWhichGpusThereAre) {
  EXPECT_EQ(detect_machine("1,GPU-x").gpus, (std::vector<std::string>{"1", "GPU-x"}));
  EXPECT_TRUE(detect_machine("").gpus.empty());
  EXPECT_TRUE(detect_machine("-1").gpus.empty());
  EXPECT_GE(detect_machine(nullptr).cpus, 1);
  EXPECT_GT(detect_machine(nullptr).memory, 0u);
}

}  // namespace
}  // namespace manta::resource_ledger_test
