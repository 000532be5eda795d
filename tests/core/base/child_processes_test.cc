// SPDX-License-Identifier: Apache-2.0
#include "core/base/child_processes.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

namespace manta::child_processes_test {
namespace {

using ::testing::ElementsAre;

TEST(ChildProcessesTest, ListsThoseThatWereForkedUntilTheyAreReaped) {
  std::array<pid_t, 8> children{};
  ASSERT_EQ(child_processes(children), 0u);
  std::array<pid_t, 2> forked{};
  for (pid_t& pid : forked) {
    pid = ::fork();
    if (pid == 0) {
      ::pause();
      ::_exit(0);
    }
  }

  ASSERT_EQ(child_processes(children), 2u);
  EXPECT_THAT(std::span(children).first(2), ElementsAre(forked[0], forked[1]));
  EXPECT_EQ(child_processes(std::span(children).first(1)), 1u) << "no more than fit";

  for (const pid_t pid : forked) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  EXPECT_EQ(child_processes(children), 0u);
}

}  // namespace
}  // namespace manta::child_processes_test
