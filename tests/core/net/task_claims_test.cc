// SPDX-License-Identifier: Apache-2.0
// A task is either run by the worker or taken back by the node, never both and never neither.
#include "core/net/task_claims.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace manta::task_claims_test {
namespace {

TEST(TaskClaimsTest, AClaimOfThisGenerationCounts) {
  TaskClaims claims;
  EXPECT_EQ(claims.generation(), 0u);

  EXPECT_TRUE(claims.claim(0));
  EXPECT_TRUE(claims.claim(0));

  EXPECT_EQ(claims.claimed(), 2u);
}

TEST(TaskClaimsTest, WhatWasTakenBackIsNotClaimed) {
  TaskClaims claims;
  EXPECT_TRUE(claims.claim(0));

  EXPECT_EQ(claims.revoke(), 1u);

  EXPECT_FALSE(claims.claim(0));
  EXPECT_EQ(claims.generation(), 1u);
  EXPECT_TRUE(claims.claim(1));
  EXPECT_EQ(claims.claimed(), 2u);
}

// The node sends tasks in rounds and takes back what is left of each; the worker claims as fast as it can.
TEST(TaskClaimsTest, BothSidesAgreeOnEveryTask) {
  constexpr std::uint32_t kRounds = 2'000;
  constexpr std::uint32_t kTasks = 4;
  TaskClaims claims;
  std::atomic<std::uint32_t> offered{0};  // Rounds whose tasks the worker may claim.
  std::vector<std::uint32_t> run(kRounds, 0);
  std::thread worker([&] {
    for (std::uint32_t round = 0; round < kRounds; ++round) {
      while (offered.load() <= round) std::this_thread::yield();
      for (std::uint32_t i = 0; i < kTasks; ++i) run[round] += claims.claim(round) ? 1 : 0;
    }
  });
  std::vector<std::uint32_t> claimed_before(kRounds, 0);
  for (std::uint32_t round = 0; round < kRounds; ++round) {
    offered.store(round + 1);
    if (round % 3 == 0) std::this_thread::yield();
    claimed_before[round] = claims.revoke();
  }
  worker.join();

  std::uint32_t sum = 0;
  for (std::uint32_t round = 0; round < kRounds; ++round) {
    sum += run[round];
    ASSERT_EQ(claimed_before[round], sum) << "in round " << round;
  }
}

}  // namespace
}  // namespace manta::task_claims_test
