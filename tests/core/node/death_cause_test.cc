// SPDX-License-Identifier: Apache-2.0
#include "core/node/death_cause.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

namespace manta::death_cause_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint64_t kMebi = std::uint64_t{1} << 20;
constexpr DeathCircumstances kLimited{.memory_limit = 64 * kMebi};

SpawnNotice killed_by(int signal) {
  return {.kind = SpawnNotice::Kind::kExited, .wait_status = signal, .peak_memory_bytes = 12 << 20};
}

TEST(DeathCauseTest, CodesAndSignalsAreNamedWithThePeak) {
  EXPECT_EQ(death_cause({.kind = SpawnNotice::Kind::kExited, .wait_status = 3 << 8}, {}),
            "exited with code 3, peak memory 0 MiB");
  EXPECT_EQ(death_cause(killed_by(SIGABRT), {}), "was killed by signal 6 (Aborted), peak memory 12 MiB");
}

TEST(DeathCauseTest, TheKernelsKillInAGroupNamesPeakAndLimit) {
  SpawnNotice notice = killed_by(SIGKILL);
  notice.group_oom_kills = 1;
  notice.group_peak_bytes = 64 * kMebi;

  EXPECT_EQ(death_cause(notice, kLimited), "was killed (OOM: peak 64 MiB, limit 64 MiB, killed by its memory cgroup)");
}

TEST(DeathCauseTest, AGroupsKillOfAnotherProcessIsNotItsCauseButIsTold) {
  SpawnNotice notice = killed_by(SIGABRT);
  notice.group_oom_kills = 1;

  EXPECT_THAT(death_cause(notice, kLimited), HasSubstr("signal 6 (Aborted)"));
  EXPECT_THAT(death_cause(notice, kLimited), HasSubstr("OOM: peak 64 MiB, limit 64 MiB"));
}

TEST(DeathCauseTest, AKillWhenTheKernelKilledForMemoryIsPerhapsOfThose) {
  EXPECT_THAT(death_cause(killed_by(SIGKILL), {.kernel_freed_memory = true}), HasSubstr("perhaps because memory"));
  EXPECT_THAT(death_cause(killed_by(SIGKILL), {}), Not(HasSubstr("memory had run out")));
  EXPECT_THAT(death_cause(killed_by(SIGTERM), {.kernel_freed_memory = true}), Not(HasSubstr("memory had run out")));
}

TEST(DeathCauseTest, WhatTheRuntimeFoundIsNamed) {
  EXPECT_THAT(over_limit_cause(70 * kMebi, 64 * kMebi), HasSubstr("OOM: peak 70 MiB, limit 64 MiB, killed by"));
}

}  // namespace
}  // namespace manta::death_cause_test
