// SPDX-License-Identifier: Apache-2.0
// The file of a worker's output.
#include "core/node/worker_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/temporary_folder.h"

namespace manta {
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

TEST(WorkerLogTest, ItTakesNoMoreThanItsLimitAndSaysSo) {
  const TemporaryFolder folder;
  WorkerLog log(folder.path() + "/log", 10);

  EXPECT_FALSE(log.append("one\n"));
  EXPECT_FALSE(log.append("two\nthree\n"));
  EXPECT_FALSE(log.append("four\n"));

  EXPECT_THAT(text_of(log.path()), ::testing::StartsWith("one\ntwo\n[what the process printed from here on"));
  EXPECT_THAT(text_of(log.path()), ::testing::Not(HasSubstr("three")));
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
}  // namespace manta
