// SPDX-License-Identifier: Apache-2.0
// Real shells behind guardians: output, ends, and that nothing is left.
#include "integrations/command/command_process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

#include "tests/integrations/command/command_runs.h"

namespace manta::command_process_test {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

CommandOutcome run(const std::string& command, const CommandProcess::Environment& environment = {}) {
  CommandGuardian guardian;
  return run_command(guardian, command, environment);
}

TEST(CommandProcessTest, OutputComesAsLinesAndErrorsGoToTheLog) {
  const CommandOutcome outcome = run("echo one; echo two; echo oops >&2; printf three");

  EXPECT_THAT(outcome.lines, ElementsAre("one", "two", "three"));
  EXPECT_EQ(outcome.log, "oops\n");
  EXPECT_EQ(outcome.tail, "oops\n");
  EXPECT_EQ(describe_wait_status(outcome.status), "exit code 0");
}

TEST(CommandProcessTest, TheEnvironmentIsOursWithTheGivenVariablesOnTop) {
  setenv("MANTA_TEST_KEPT", "kept", 1);
  setenv("MANTA_TEST_CHANGED", "before", 1);

  const CommandOutcome outcome = run("echo $MANTA_TEST_KEPT $MANTA_TEST_CHANGED", {{"MANTA_TEST_CHANGED", "after"}});

  EXPECT_THAT(outcome.lines, ElementsAre("kept after"));
}

TEST(CommandProcessTest, StandardInputIsEmpty) { EXPECT_THAT(run("wc -c").lines, ElementsAre("0")); }

TEST(CommandProcessTest, ExitCodesAndSignalsAreTold) {
  EXPECT_EQ(describe_wait_status(run("exit 3").status), "exit code 3");
  EXPECT_THAT(describe_wait_status(run("kill -SEGV $$").status), HasSubstr("signal 11 (Segmentation fault"));
  EXPECT_THAT(describe_wait_status(run("sh -c 'kill -9 $$'; exit $?").status), HasSubstr("signal 9 (Killed"));
  EXPECT_THAT(describe_wait_status(run("/nowhere/program").status), HasSubstr("command not found"));
  EXPECT_THAT(describe_wait_status(run("/etc/passwd").status), HasSubstr("not an executable"));
}

TEST(CommandProcessTest, WhatAProgramPrintedBeforeItsCrashIsAllThere) {
  const CommandOutcome outcome =
      run("i=0; while [ $i -lt 2000 ]; do echo line$i; i=$((i+1)); done; printf tail; kill -9 $$");

  ASSERT_EQ(outcome.lines.size(), 2001u);
  EXPECT_EQ(outcome.lines.back(), "tail");
}

TEST(CommandProcessTest, OnlyTheLastWordsOfALongErrorOutputAreKept) {
  const CommandOutcome outcome = run("i=0; while [ $i -lt 2000 ]; do echo error$i >&2; i=$((i+1)); done");

  EXPECT_EQ(outcome.tail.size(), 2048u);
  EXPECT_THAT(outcome.tail, EndsWith("error1999\n"));
  EXPECT_GT(outcome.log.size(), outcome.tail.size());
}

TEST(CommandProcessTest, ACommandThatClosesItsOutputIsStillWaitedFor) {
  EXPECT_EQ(describe_wait_status(run("exec >&- 2>&-; exit 7").status), "exit code 7");
}

TEST(CommandProcessTest, ABackgroundProcessEndsWithItsCommand) {
  const CommandOutcome outcome = run("sleep 1000 & echo $!");

  ASSERT_EQ(outcome.lines.size(), 1u);
  EXPECT_TRUE(process_ends(std::stoi(outcome.lines[0])));
}

TEST(CommandProcessTest, SoDoesOneThatHasLeftItsGroupAndItsParent) {
  const CommandOutcome outcome =
      run("f=$(mktemp); (setsid sh -c \"echo \\$\\$ > $f; exec sleep 1000 >&- 2>&-\" &); until test -s $f; do :; done; "
          "cat $f; rm $f");

  ASSERT_EQ(outcome.lines.size(), 1u);
  EXPECT_TRUE(process_ends(std::stoi(outcome.lines[0])));
}

TEST(CommandProcessTest, SignalsThatThisProcessIgnoresAreNotIgnoredByTheCommand) {
  const auto former = std::signal(SIGPIPE, SIG_IGN);

  const CommandOutcome outcome = run("sh -c 'kill -PIPE $$; echo survived'; echo $?");

  std::signal(SIGPIPE, former);
  EXPECT_THAT(outcome.lines, ElementsAre("141"));
}

TEST(CommandProcessTest, DestructionKillsTheWholeGroup) {
  std::string first;
  std::string second;
  CommandGuardian guardian;
  {
    auto process = CommandProcess::start(guardian, "sleep 1000 & echo $!; echo $$; wait", {}, [](std::string_view) {});
    ASSERT_TRUE(process.has_value());
    first = (*process)->next_line()->text;
    second = (*process)->next_line()->text;
  }
  EXPECT_TRUE(process_ends(std::stoi(first)));
  EXPECT_TRUE(process_ends(std::stoi(second)));
}

TEST(CommandProcessTest, TheGroupEndsWhenItsOwnerIsKilled) {
  std::array<int, 2> pipe_fds{};
  ASSERT_EQ(pipe(pipe_fds.data()), 0);
  const pid_t owner = fork();
  if (owner == 0) {
    CommandGuardian guardian;
    auto process = CommandProcess::start(guardian, "sleep 1000 & echo $! $$; wait", {}, [](std::string_view) {});
    const std::string line = (*process)->next_line()->text;
    static_cast<void>(!write(pipe_fds[1], line.data(), line.size()));
    while (true) pause();
  }
  std::array<char, 64> buffer{};
  ASSERT_GT(read(pipe_fds[0], buffer.data(), buffer.size() - 1), 0);
  char* rest = nullptr;
  const auto background = static_cast<pid_t>(std::strtol(buffer.data(), &rest, 10));
  const auto shell = static_cast<pid_t>(std::strtol(rest, nullptr, 10));

  kill(owner, SIGKILL);
  waitpid(owner, nullptr, 0);

  EXPECT_TRUE(process_ends(background));
  EXPECT_TRUE(process_ends(shell));
  close(pipe_fds[0]);
  close(pipe_fds[1]);
}

TEST(CommandProcessTest, ACommandInheritsNoOtherDescriptors) {
  const int leaked = fcntl(STDERR_FILENO, F_DUPFD, 50);  // Without close-on-exec.

  const CommandOutcome outcome = run("exec ls /proc/self/fd");

  close(leaked);
  EXPECT_THAT(outcome.lines, ElementsAre("0", "1", "2", "3")) << "3 is the folder that ls reads";
}

}  // namespace
}  // namespace manta::command_process_test
