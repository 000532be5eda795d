// SPDX-License-Identifier: Apache-2.0
// What the system says of a process that is stuck.
#include "tune/actor/abort_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace manta::abort_process_test {
namespace {

using ::testing::StartsWith;

TEST(ProcessActivityTest, SaysThatAProcessWasStoppedAndThatItIsGone) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::raise(SIGSTOP);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, WUNTRACED), child);

  EXPECT_THAT(process_activity(child), StartsWith("its process has been stopped"));

  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(process_activity(child), "");
}

TEST(ProcessActivityTest, AThreadThatAsksComputes) { EXPECT_EQ(process_activity(::getpid()), "its thread computes"); }

}  // namespace
}  // namespace manta::abort_process_test
