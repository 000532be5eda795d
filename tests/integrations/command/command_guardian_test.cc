// SPDX-License-Identifier: Apache-2.0
// One guardian and many commands: nothing of one is left when the next begins, whoever is killed.
#include "integrations/command/command_guardian.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "integrations/command/command_process.h"
#include "tests/integrations/command/command_runs.h"
#include "tests/support/temporary_folder.h"

namespace manta::command_guardian_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// The command's parent.
pid_t guardian_of_next(CommandGuardian& guardian) { return std::stoi(run_command(guardian, "echo $PPID").lines.at(0)); }

TEST(CommandGuardianTest, OneProcessGuardsCommandAfterCommand) {
  CommandGuardian guardian;

  const pid_t first = guardian_of_next(guardian);

  EXPECT_NE(first, getpid());
  EXPECT_EQ(guardian_of_next(guardian), first);
  EXPECT_EQ(describe_wait_status(run_command(guardian, "exit 3").status), "exit code 3");
  EXPECT_EQ(describe_wait_status(run_command(guardian, "exit 0").status), "exit code 0");
  EXPECT_EQ(guardian_of_next(guardian), first);
}

TEST(CommandGuardianTest, ItEndsWithItsOwner) {
  pid_t process = 0;
  {
    CommandGuardian guardian;
    process = guardian_of_next(guardian);
  }
  EXPECT_TRUE(process_ends(process));
}

TEST(CommandGuardianTest, NothingOfACommandIsLeftForTheNextOne) {
  CommandGuardian guardian;
  // Four processes that have left their group and their parent, and one that has not.
  const CommandOutcome first = run_command(
      guardian,
      "for i in 1 2 3 4; do (setsid sh -c 'echo $$; exec sleep 1000 2>&1' &); done | head -n 4; sleep 1000 & "
      "echo $!");
  ASSERT_THAT(first.lines, SizeIs(5));

  const CommandOutcome second = run_command(guardian, "cat /proc/$PPID/task/$PPID/children; echo; echo $$");

  for (const std::string& line : first.lines) EXPECT_NE(kill(std::stoi(line), 0), 0) << line;
  ASSERT_THAT(second.lines, SizeIs(2));
  EXPECT_EQ(second.lines[0], second.lines[1] + " ") << "it is not the guardian's only child";
}

TEST(CommandGuardianTest, ACommandThatIsCutShortTakesAllAlongAndTheNextOneRuns) {
  CommandGuardian guardian;
  pid_t daemon = 0;
  {
    auto process = CommandProcess::start(guardian, "(setsid sh -c 'echo $$; exec sleep 1000' &); exec sleep 1000", {},
                                         [](std::string_view) {});
    daemon = std::stoi((*process)->next_line()->text);
  }
  EXPECT_NE(kill(daemon, 0), 0);
  EXPECT_THAT(run_command(guardian, "echo next").lines, ElementsAre("next"));
}

// The word to end it may come before or after it ends by itself: it must never be taken for the next one.
TEST(CommandGuardianTest, ACommandsEndIsNotTheNextOnes) {
  CommandGuardian guardian;
  for (int round = 0; round < 50; ++round) {
    auto process = CommandProcess::start(guardian, round % 2 == 0 ? "/bin/true" : "echo", {}, [](std::string_view) {});
    ASSERT_TRUE(process.has_value());
    for (int lines = 0; lines < round % 3; ++lines) static_cast<void>((*process)->next_line());
    process->reset();

    const CommandOutcome next = run_command(guardian, "/bin/echo " + std::to_string(round));

    EXPECT_THAT(next.lines, ElementsAre(std::to_string(round)));
    EXPECT_EQ(next.status, 0);
  }
}

TEST(CommandGuardianTest, AnIdleGuardianEndsWhenItsOwnerIsKilled) {
  std::array<int, 2> pipe_fds{};
  ASSERT_EQ(pipe(pipe_fds.data()), 0);
  const pid_t owner = fork();
  if (owner == 0) {
    CommandGuardian guardian;
    const pid_t process = guardian_of_next(guardian);
    static_cast<void>(!write(pipe_fds[1], &process, sizeof process));
    while (true) pause();
  }
  pid_t process = 0;
  ASSERT_EQ(read(pipe_fds[0], &process, sizeof process), static_cast<ssize_t>(sizeof process));

  kill(owner, SIGKILL);
  waitpid(owner, nullptr, 0);

  EXPECT_TRUE(process_ends(process));
  close(pipe_fds[0]);
  close(pipe_fds[1]);
}

TEST(CommandGuardianTest, OneThatWasKilledBetweenTwoCommandsIsReplaced) {
  CommandGuardian guardian;
  const pid_t first = guardian_of_next(guardian);
  kill(first, SIGKILL);
  siginfo_t info{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(first), &info, WEXITED | WNOWAIT), 0);

  const CommandOutcome next = run_command(guardian, "echo $PPID");

  ASSERT_THAT(next.lines, SizeIs(1));
  EXPECT_NE(std::stoi(next.lines[0]), first);
  EXPECT_EQ(next.status, 0);
}

TEST(CommandGuardianTest, OneThatIsKilledTakesItsCommandAlong) {
  CommandGuardian guardian;

  const CommandOutcome killed = run_command(guardian, "echo $$; kill -9 $PPID; exec sleep 1000");

  ASSERT_THAT(killed.lines, SizeIs(1));
  EXPECT_TRUE(process_ends(std::stoi(killed.lines[0])));
  EXPECT_THAT(describe_wait_status(killed.status), HasSubstr("signal 9"));
  EXPECT_THAT(run_command(guardian, "echo next").lines, ElementsAre("next"));
}

// More than the socket takes at once, and more than there was room for before.
TEST(CommandGuardianTest, TextsOfAnySizeArrive) {
  CommandGuardian guardian;
  EXPECT_THAT(run_command(guardian, "echo ${#MANTA_TEST_0}").lines, ElementsAre("0"));
  CommandGuardian::Environment environment;
  for (int index = 0; index < 10; ++index) {
    environment.emplace_back("MANTA_TEST_" + std::to_string(index), std::string(100'000, 'x'));
  }

  const CommandOutcome large = run_command(guardian, "echo ${#MANTA_TEST_0} ${#MANTA_TEST_9}", environment);

  EXPECT_THAT(large.lines, ElementsAre("100000 100000"));
  EXPECT_THAT(run_command(guardian, "echo ${#MANTA_TEST_9}").lines, ElementsAre("0"));
}

TEST(CommandGuardianTest, VariablesOfThisProcessAreThoseOfTheCommandsBeginning) {
  CommandGuardian guardian;
  setenv("MANTA_TEST_LATER", "one", 1);
  EXPECT_THAT(run_command(guardian, "echo $MANTA_TEST_LATER").lines, ElementsAre("one"));
  setenv("MANTA_TEST_LATER", "two", 1);
  EXPECT_THAT(run_command(guardian, "echo $MANTA_TEST_LATER").lines, ElementsAre("two"));
  unsetenv("MANTA_TEST_LATER");
  EXPECT_THAT(run_command(guardian, "echo ${MANTA_TEST_LATER-none}").lines, ElementsAre("none"));
}

// As a shell would see to it, which this command does not have.
TEST(CommandGuardianTest, TheWorkingDirectoryIsNamedAsItIs) {
  const char* const former = std::getenv("PWD");
  const std::string kept = former != nullptr ? former : "";
  setenv("PWD", "/usr", 1);
  CommandGuardian guardian;

  EXPECT_THAT(run_command(guardian, "/usr/bin/printenv PWD").lines,
              ElementsAre(std::filesystem::current_path().string()));

  former != nullptr ? setenv("PWD", kept.c_str(), 1) : unsetenv("PWD");
}

// What needs no shell is tried without one; what then cannot be executed is the shell's after all.
TEST(CommandGuardianTest, AScriptWithoutAnInterpreterIsTheShells) {
  const TemporaryFolder folder;
  const std::string script = folder.path() + "/script";
  std::ofstream(script) << "echo ran with $1\n";
  chmod(script.c_str(), 0700);
  CommandGuardian guardian;

  EXPECT_THAT(run_command(guardian, script + " 'a b'").lines, ElementsAre("ran with a b"));
}

}  // namespace
}  // namespace manta::command_guardian_test
