// SPDX-License-Identifier: Apache-2.0
// The promised exit codes.
#include "tune/cli/exit_code.h"

#include <gtest/gtest.h>

namespace manta::exit_code_test {
namespace {

TEST(ExitCodeTest, EachCodeHasItsPromisedNumber) {
  EXPECT_EQ(kExitOk, 0);
  EXPECT_EQ(kExitTrialsFailed, 1);
  EXPECT_EQ(kExitUsage, 2);
  EXPECT_EQ(kExitEnvironment, 3);
  EXPECT_EQ(kExitStorage, 4);
  EXPECT_EQ(kExitRuntime, 5);
  EXPECT_EQ(kExitBug, 6);
  EXPECT_EQ(kExitInterrupted, 130);
  EXPECT_EQ(kExitTerminated, 143);
}

TEST(ExitCodeTest, ErrorsEndWithTheCodeOfTheirKind) {
  EXPECT_EQ(exit_code_of(ErrorCode::kInvalidArgument), kExitUsage);
  EXPECT_EQ(exit_code_of(ErrorCode::kNotFound), kExitUsage);
  EXPECT_EQ(exit_code_of(ErrorCode::kIncompatible), kExitUsage);
  EXPECT_EQ(exit_code_of(ErrorCode::kExhausted), kExitEnvironment);
  EXPECT_EQ(exit_code_of(ErrorCode::kSystem), kExitEnvironment);
  EXPECT_EQ(exit_code_of(ErrorCode::kStorage), kExitStorage);
  EXPECT_EQ(exit_code_of(ErrorCode::kWorkerDied), kExitRuntime);
  EXPECT_EQ(exit_code_of(ErrorCode::kInternal), kExitBug);
}

}  // namespace
}  // namespace manta::exit_code_test
