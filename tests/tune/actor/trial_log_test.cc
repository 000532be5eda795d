// SPDX-License-Identifier: Apache-2.0
#include "tune/actor/trial_log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "tests/support/temporary_folder.h"

namespace manta::trial_log_test {
namespace {

namespace fs = std::filesystem;

// Each case runs in a process of its own, whose output goes to logs.
class TrialLogTest : public ::testing::Test {
 protected:
  fs::path path(const std::string& name) const { return fs::path(directory_.path()) / name; }

  std::set<std::string> files() const {
    std::set<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(directory_.path()))
      if (entry.is_regular_file()) found.insert(fs::relative(entry.path(), directory_.path()).string());
    return found;
  }
  std::string text(const std::string& name) const {
    std::ifstream file(path(name));
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // Exits with 0 if all of `act` is true.
  template <class Act>
  void in_a_process(Act act) {
    EXPECT_EXIT(std::_Exit(act() ? 0 : 1), ::testing::ExitedWithCode(0), "");
  }

  const TemporaryFolder directory_;
};

TEST_F(TrialLogTest, TakesAllThatTheProcessPrints) {
  in_a_process([&] {
    TrialLog log;
    if (!log.open(path("3/1.log"))) return false;
    std::printf("a line\n");
    std::fflush(stdout);
    return ::write(STDERR_FILENO, "an error\n", 9) == 9;
  });

  EXPECT_EQ(text("3/1.log"), "a line\nan error\n");
}

TEST_F(TrialLogTest, AnAttemptThatPrintedNothingLeavesItsLogToTheNext) {
  in_a_process([&] {
    TrialLog log;
    const bool opened = log.open(path("0/1.log")) && log.open(path("1/1.log")) && log.open(path("2/3.log"));
    std::printf("third\n");
    std::fflush(stdout);
    return opened && log.open(path("3/1.log")).has_value();
  });

  EXPECT_EQ(files(), (std::set<std::string>{"2/3.log", "3/1.log"}));
  EXPECT_EQ(text("2/3.log"), "third\n");
  EXPECT_EQ(text("3/1.log"), "");
}

TEST_F(TrialLogTest, WhatIsBufferedIsOfTheAttemptThatPrintedIt) {
  in_a_process([&] {
    TrialLog log;
    const bool opened = log.open(path("0/1.log")).has_value();
    std::printf("still in the buffer\n");
    return opened && log.open(path("1/1.log"));
  });

  EXPECT_EQ(text("0/1.log"), "still in the buffer\n");
  EXPECT_EQ(text("1/1.log"), "");
}

TEST_F(TrialLogTest, ADirectoryWithSomethingElseInItStays) {
  in_a_process([&] {
    TrialLog log;
    const bool opened = log.open(path("0/1.log")).has_value();
    std::ofstream(path("0/picture.png")) << "x";
    return opened && log.open(path("1/1.log"));
  });

  EXPECT_EQ(files(), (std::set<std::string>{"0/1.log", "0/picture.png", "1/1.log"}));
}

TEST_F(TrialLogTest, TheLogsOfEarlierAttemptsStay) {
  fs::create_directories(path("1"));
  std::ofstream(path("1/1.log")) << "first\n";
  in_a_process([&] {
    TrialLog log;
    return log.open(path("0/1.log")) && log.open(path("1/2.log")) && log.open(path("2/1.log"));
  });

  EXPECT_EQ(files(), (std::set<std::string>{"0/1.log", "1/1.log", "1/2.log", "2/1.log"}));
  EXPECT_EQ(text("1/1.log"), "first\n");
}

TEST_F(TrialLogTest, OneThatCannotBeOpenedIsNamed) {
  std::ofstream(path("7")) << "a file where a directory should be";
  in_a_process([&] {
    TrialLog log;
    const Result<void> opened = log.open(path("7/1.log"));
    return !opened && opened.error().code == ErrorCode::kStorage &&
           opened.error().message.find("7/1.log") != std::string::npos;
  });
}

}  // namespace
}  // namespace manta::trial_log_test
