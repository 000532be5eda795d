// SPDX-License-Identifier: Apache-2.0
// Real shells behind guardians: output, ends, and that nothing is left.
#include "integrations/command/command_process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace manta::command_process_test {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

struct Outcome {
  std::vector<std::string> lines;
  std::string log;
  std::string tail;
  int status = 0;
};

Outcome run(const std::string& command, const CommandProcess::Environment& environment = {}) {
  Outcome outcome;
  auto process = CommandProcess::start(command, environment, [&](std::string_view bytes) { outcome.log += bytes; });
  EXPECT_TRUE(process.has_value());
  while (auto line = (*process)->next_line()) outcome.lines.push_back(line->text);
  outcome.tail = (*process)->error_tail();
  outcome.status = (*process)->wait_status();
  return outcome;
}

// True once the process with this number is gone; waits for its end on a pidfd.
bool ends(pid_t pid) {
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return true;
  pollfd watched{fd, POLLIN, 0};
  const int ready = poll(&watched, 1, 20000);
  close(fd);
  return ready == 1;
}

TEST(CommandProcessTest, OutputComesAsLinesAndErrorsGoToTheLog) {
  const Outcome outcome = run("echo one; echo two; echo oops >&2; printf three");

  EXPECT_THAT(outcome.lines, ElementsAre("one", "two", "three"));
  EXPECT_EQ(outcome.log, "oops\n");
  EXPECT_EQ(outcome.tail, "oops\n");
  EXPECT_EQ(describe_wait_status(outcome.status), "exit code 0");
}

TEST(CommandProcessTest, TheEnvironmentIsOursWithTheGivenVariablesOnTop) {
  setenv("MANTA_TEST_KEPT", "kept", 1);
  setenv("MANTA_TEST_CHANGED", "before", 1);

  const Outcome outcome = run("echo $MANTA_TEST_KEPT $MANTA_TEST_CHANGED", {{"MANTA_TEST_CHANGED", "after"}});

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
  const Outcome outcome = run("i=0; while [ $i -lt 2000 ]; do echo line$i; i=$((i+1)); done; printf tail; kill -9 $$");

  ASSERT_EQ(outcome.lines.size(), 2001u);
  EXPECT_EQ(outcome.lines.back(), "tail");
}

TEST(CommandProcessTest, OnlyTheLastWordsOfALongErrorOutputAreKept) {
  const Outcome outcome = run("i=0; while [ $i -lt 2000 ]; do echo error$i >&2; i=$((i+1)); done");

  EXPECT_EQ(outcome.tail.size(), 2048u);
  EXPECT_THAT(outcome.tail, EndsWith("error1999\n"));
  EXPECT_GT(outcome.log.size(), outcome.tail.size());
}

TEST(CommandProcessTest, ACommandThatClosesItsOutputIsStillWaitedFor) {
  EXPECT_EQ(describe_wait_status(run("exec >&- 2>&-; exit 7").status), "exit code 7");
}

TEST(CommandProcessTest, ABackgroundProcessEndsWithItsCommand) {
  const Outcome outcome = run("sleep 1000 & echo $!");

  ASSERT_EQ(outcome.lines.size(), 1u);
  EXPECT_TRUE(ends(std::stoi(outcome.lines[0])));
}

TEST(CommandProcessTest, SoDoesOneThatHasLeftItsGroupAndItsParent) {
  const Outcome outcome =
      run("f=$(mktemp); (setsid sh -c \"echo \\$\\$ > $f; exec sleep 1000 >&- 2>&-\" &); until test -s $f; do :; done; "
          "cat $f; rm $f");

  ASSERT_EQ(outcome.lines.size(), 1u);
  EXPECT_TRUE(ends(std::stoi(outcome.lines[0])));
}

TEST(CommandProcessTest, SignalsThatThisProcessIgnoresAreNotIgnoredByTheCommand) {
  const auto former = std::signal(SIGPIPE, SIG_IGN);

  const Outcome outcome = run("sh -c 'kill -PIPE $$; echo survived'; echo $?");

  std::signal(SIGPIPE, former);
  EXPECT_THAT(outcome.lines, ElementsAre("141"));
}

TEST(CommandProcessTest, DestructionKillsTheWholeGroup) {
  std::string first;
  std::string second;
  {
    auto process = CommandProcess::start("sleep 1000 & echo $!; echo $$; wait", {}, [](std::string_view) {});
    ASSERT_TRUE(process.has_value());
    first = (*process)->next_line()->text;
    second = (*process)->next_line()->text;
  }
  EXPECT_TRUE(ends(std::stoi(first)));
  EXPECT_TRUE(ends(std::stoi(second)));
}

TEST(CommandProcessTest, TheGroupEndsWhenItsOwnerIsKilled) {
  std::array<int, 2> pipe_fds{};
  ASSERT_EQ(pipe(pipe_fds.data()), 0);
  const pid_t owner = fork();
  if (owner == 0) {
    auto process = CommandProcess::start("sleep 1000 & echo $! $$; wait", {}, [](std::string_view) {});
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

  EXPECT_TRUE(ends(background));
  EXPECT_TRUE(ends(shell));
  close(pipe_fds[0]);
  close(pipe_fds[1]);
}

TEST(CommandProcessTest, ACommandInheritsNoOtherDescriptors) {
  const int leaked = fcntl(STDERR_FILENO, F_DUPFD, 50);  // Without close-on-exec.

  const Outcome outcome = run("exec ls /proc/self/fd");

  close(leaked);
  EXPECT_THAT(outcome.lines, ElementsAre("0", "1", "2", "3")) << "3 is the folder that ls reads";
}

}  // namespace
}  // namespace manta::command_process_test
