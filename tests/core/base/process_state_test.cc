// SPDX-License-Identifier: Apache-2.0
#include "core/base/process_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace manta::process_state_test {
namespace {

using ::testing::StartsWith;

TEST(ProcessStateTest, WhatAProcessDoesIsSaid) {
  EXPECT_THAT(describe_process(::getpid()), StartsWith("state R (running)"));
}

TEST(ProcessStateTest, AProcessThatIsStoppedAndOneThatHasEndedAreTold) {
  const pid_t child = ::fork();
  if (child == 0)
    for (;;) ::raise(SIGSTOP);
  ASSERT_EQ(::waitpid(child, nullptr, WUNTRACED), child);
  EXPECT_THAT(describe_process(child), StartsWith("state T (stopped)"));

  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);

  EXPECT_EQ(describe_process(child), "it has ended");
}

}  // namespace
}  // namespace manta::process_state_test
