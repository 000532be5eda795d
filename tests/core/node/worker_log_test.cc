// SPDX-License-Identifier: Apache-2.0
// The file of a worker's output.
#include "core/node/worker_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/temporary_folder.h"

namespace manta::worker_log_test {
namespace {

using ::testing::HasSubstr;

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(WorkerLogTest, WhoPrintsNothingHasNoFile) {
  const TemporaryFolder folder;
  const WorkerLog log(folder.path() + "/log");

  EXPECT_FALSE(std::filesystem::exists(log.path()));
}

TEST(WorkerLogTest, LinesAreAppended) {
  const TemporaryFolder folder;
  WorkerLog log(folder.path() + "/log");

  EXPECT_FALSE(log.append("one\n"));
  EXPECT_FALSE(log.append("two\nthree\n"));

  EXPECT_EQ(text_of(log.path()), "one\ntwo\nthree\n");
}

std::string line(int number) { return std::to_string(1000 + number) + "\n"; }

TEST(WorkerLogTest, OfMoreThanItsLimitTheBeginningAndTheEndAreKeptAndTheGapIsCounted) {
  for (const int lines : {7, 8, 9, 12, 13, 14, 100, 999}) {
    const TemporaryFolder folder;
    WorkerLog log(folder.path() + "/log", 80);  // 8 lines of 5 bytes, then 2 pieces of 4.
    for (int i = 0; i < lines; ++i) EXPECT_FALSE(log.append(line(i)));
    EXPECT_FALSE(log.end());

    const int kept_last = lines <= 16 ? lines - 8 : 4 + (lines - 8 - 1) % 4 + 1;
    const int left_out = std::max(0, lines - 8 - kept_last);
    std::string expected;
    for (int i = 0; i < std::min(lines, 8); ++i) expected += line(i);
    if (left_out > 0)
      expected += "[" + std::to_string(5 * left_out) + " bytes in " + std::to_string(left_out) +
                  " lines are left out here: a log takes 80 bytes]\n";
    for (int i = lines - kept_last; i < lines; ++i)
      if (i >= 8) expected += line(i);
    EXPECT_EQ(text_of(log.path()), expected) << lines;
    EXPECT_FALSE(std::filesystem::exists(log.path() + ".tail.1"));
    EXPECT_FALSE(std::filesystem::exists(log.path() + ".tail.2"));
  }
}

TEST(WorkerLogTest, ManyLinesAtOnceAreAsManyOneByOne) {
  const TemporaryFolder folder;
  WorkerLog one(folder.path() + "/one", 80);
  WorkerLog many(folder.path() + "/many", 80);
  std::string lines;
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(one.append(line(i)));
    lines += line(i);
  }
  EXPECT_FALSE(many.append(lines));
  one.end();
  many.end();

  EXPECT_EQ(text_of(one.path()), text_of(many.path()));
}

TEST(WorkerLogTest, WhileItGrowsItSaysWhereItsEndIs) {
  const TemporaryFolder folder;
  WorkerLog log(folder.path() + "/log", 80);
  for (int i = 0; i < 14; ++i) EXPECT_FALSE(log.append(line(i)));

  EXPECT_THAT(text_of(log.path()), HasSubstr("[the log goes on in the files .tail.1 and .tail.2"));
  EXPECT_EQ(text_of(log.path() + ".tail.1"), line(8) + line(9) + line(10) + line(11));
  EXPECT_EQ(text_of(log.path() + ".tail.2"), line(12) + line(13));
}

TEST(WorkerLogTest, ALineThatIsLongerThanAPieceIsOnePiece) {
  const TemporaryFolder folder;
  WorkerLog log(folder.path() + "/log", 80);
  const std::string longer(200, 'x');
  EXPECT_FALSE(log.append("one\n" + longer + "\ntwo\n"));
  EXPECT_FALSE(log.end());

  EXPECT_EQ(text_of(log.path()), "one\n" + longer + "\ntwo\n");
}

TEST(WorkerLogTest, WhatAFullDiskDidNotTakeIsCountedWhereItWouldBe) {
  const TemporaryFolder folder;
  WorkerLog log(folder.path() + "/log");
  EXPECT_FALSE(log.append("one\n"));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit full{.rlim_cur = 4, .rlim_max = before.rlim_max};
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  const auto refused = log.append("two\n");
  const auto again = log.append("three\nfour\n");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, handler);
  EXPECT_FALSE(log.append("five\n"));

  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, ErrorCode::kStorage);
  EXPECT_FALSE(again) << "it is said once";
  EXPECT_EQ(text_of(log.path()), "one\n[15 bytes in 3 lines are left out here: the disk did not take them]\nfive\n");
}

TEST(WorkerLogTest, ADiskThatRefusesIsSaidOnce) {
  WorkerLog log("/no/such/folder/log");

  const auto error = log.append("one\n");

  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, ErrorCode::kStorage);
  EXPECT_THAT(error->message, HasSubstr("/no/such/folder/log: No such file"));
  EXPECT_FALSE(log.append("two\n"));
}

TEST(WorkerLogTest, ItsNameIsThatOfAFile) {
  EXPECT_EQ(WorkerLog::path_of("logs", 7, 3, "a/../b c<int>"), "logs/7-3-a_.._b_c_int_.log");
}

}  // namespace
}  // namespace manta::worker_log_test
