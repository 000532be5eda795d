// SPDX-License-Identifier: Apache-2.0
// A small table, written here and read back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/quality/quality_task.h"
#include "tests/support/temporary_folder.h"

namespace manta::quality::quality_table_test {
namespace {

using ::testing::HasSubstr;

class QualityTableTest : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_.path() + "/" + name) << text;
  }
  void write_manifest(const std::string& direction = "min") const {
    write("manifest.json", R"([{"set": "a", "task": "no table", "file": "b.csv"},
      {"set": "a", "task": "fam_one", "direction": ")" + direction + R"(", "file": "elsewhere/one.csv",
       "params": {"size": [4, 1, 2], "kind": ["x", "y"]}}])");
  }
  Result<std::vector<std::unique_ptr<QualityTask>>> load(bool noisy = false) const {
    return load_tables(folder_.path(), noisy);
  }

  TemporaryFolder folder_;
};

constexpr const char* kTable =
    "kind,size,status,time,t0,t1\n"
    "x,1,ok,3,2,4\n"
    "x,2,ok,1,1,1\n"
    "y,1.0,ok,5,5,5\n"
    "y,4,failed,nan,,\n";

TEST_F(QualityTableTest, NumbersAreLevelsInRisingOrderAndTextsAreChoices) {
  write_manifest();
  write("one.csv", kTable);

  const auto tasks = load();

  ASSERT_TRUE(tasks.has_value()) << tasks.error().message;
  ASSERT_EQ(tasks->size(), 1U);
  const Space& space = tasks->front()->space();
  EXPECT_EQ(domain_json(space.find("size")->domain), R"({"ordinal":[1,2,4]})");
  EXPECT_EQ(domain_json(space.find("kind")->domain), R"({"choice":["x","y"]})");
  EXPECT_EQ(tasks->front()->family(), "fam");
}

TEST_F(QualityTableTest, ARowIsARowAFailureOrForbidden) {
  write_manifest();
  write("one.csv", kTable);
  const auto tasks = load();
  ASSERT_TRUE(tasks.has_value());
  const auto evaluate = [&](std::int64_t size, const char* kind) {
    return tasks->front()->evaluate({{"size", size}, {"kind", std::string(kind)}}, 0);
  };

  EXPECT_EQ(evaluate(1, "x").told, 3);
  EXPECT_EQ(evaluate(1, "y").score, 5);
  EXPECT_EQ(evaluate(4, "y").kind, Evaluation::Kind::kFailed);
  EXPECT_EQ(evaluate(4, "x").kind, Evaluation::Kind::kForbidden);
}

TEST_F(QualityTableTest, ANoisyTrialShowsOneOfTheRepeatsAndIsJudgedByTheirMean) {
  write_manifest();
  write("one.csv", kTable);
  const auto tasks = load(true);
  ASSERT_TRUE(tasks.has_value());

  bool is_low_seen = false;
  bool is_high_seen = false;
  for (std::uint64_t draw = 0; draw < 50; ++draw) {
    const Evaluation shown = tasks->front()->evaluate({{"size", std::int64_t{1}}, {"kind", std::string("x")}}, draw);
    EXPECT_EQ(shown.score, 3);
    is_low_seen |= shown.told == 2;
    is_high_seen |= shown.told == 4;
    EXPECT_TRUE(shown.told == 2 || shown.told == 4);
  }
  EXPECT_TRUE(is_low_seen && is_high_seen);
}

TEST_F(QualityTableTest, TheQuantileCountsWhatIsStrictlyBetter) {
  write_manifest();
  write("one.csv", kTable);
  const auto tasks = load();
  ASSERT_TRUE(tasks.has_value());

  EXPECT_EQ(tasks->front()->judge(1).quantile, 0);
  EXPECT_EQ(tasks->front()->judge(1).norm_regret, 0);
  EXPECT_DOUBLE_EQ(tasks->front()->judge(3).quantile, 1.0 / 3);
  EXPECT_EQ(tasks->front()->judge(5).norm_regret, 1);
}

TEST_F(QualityTableTest, LargerIsBetterWhereTheManifestSaysMax) {
  write_manifest("max");
  write("one.csv", kTable);
  const auto tasks = load();
  ASSERT_TRUE(tasks.has_value());

  EXPECT_EQ(tasks->front()->judge(5).quantile, 0);
  EXPECT_DOUBLE_EQ(tasks->front()->judge(1).quantile, 2.0 / 3);
}

TEST_F(QualityTableTest, WhatCannotBeReadIsNamed) {
  EXPECT_THAT(load().error().message, HasSubstr("there is no manifest"));
  write_manifest();
  EXPECT_THAT(load().error().message, HasSubstr("one.csv: is not there"));
  write("one.csv", "size,time\n1,2\n");
  EXPECT_THAT(load().error().message, HasSubstr("has no column \"kind\""));
  write("one.csv", "size,kind,time\n3,x,2\n");
  EXPECT_THAT(load().error().message, HasSubstr("\"3\" is no value of size"));
}

}  // namespace
}  // namespace manta::quality::quality_table_test
