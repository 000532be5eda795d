// SPDX-License-Identifier: Apache-2.0
#include "tune/loop/curve_table.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <string>
#include <vector>

namespace manta::curve_table_test {
namespace {

constexpr const char* kTable =
    "units,rate,act,s0,s1,s2\r\n"
    "16,0.5,relu,9,3.5,2\n"
    "32,1e-3,tanh,9,nan,\n"
    "\n";

std::string error_of(std::string_view csv) {
  const auto table = CurveTable::parse(csv);
  EXPECT_FALSE(table.has_value());
  if (table) return "";
  EXPECT_EQ(table.error().code, ErrorCode::kInvalidArgument);
  return table.error().message;
}

TEST(CurveTableTest, ReadsConfigurationsAndCurves) {
  const CurveTable table = CurveTable::parse(kTable).value();

  ASSERT_EQ(table.size(), 2u);
  EXPECT_EQ(table.config(0), (Config{{"units", std::int64_t{16}}, {"rate", 0.5}, {"act", std::string("relu")}}));
  EXPECT_EQ(std::vector<double>(table.curve(0).begin(), table.curve(0).end()), (std::vector<double>{9, 3.5, 2}));
}

TEST(CurveTableTest, NaNIsAValueAndAnEmptyCellEndsTheCurve) {
  const CurveTable table = CurveTable::parse(kTable).value();

  ASSERT_EQ(table.curve(1).size(), 2u);
  EXPECT_TRUE(std::isnan(table.curve(1)[1]));
}

TEST(CurveTableTest, FindsARowByItsConfiguration) {
  const CurveTable table = CurveTable::parse(kTable).value();

  EXPECT_EQ(table.find(table.config(1)), 1u);
  EXPECT_EQ(table.find(Config{{"units", std::int64_t{16}}}), std::nullopt);
}

TEST(CurveTableTest, AHeaderAloneIsAnEmptyTable) { EXPECT_EQ(CurveTable::parse("id,s0").value().size(), 0u); }

TEST(CurveTableTest, StepsAlongACurveAndFinishesWithItsLastValue) {
  const CurveTable table = CurveTable::parse(kTable).value();
  const auto step = table.step_function("loss", 2.5);

  const auto first = step(table.config(0), TrialId{0}, 1);
  const auto second = step(table.config(0), TrialId{0}, 2);

  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->metrics, (Metrics{{"loss", 3.5}}));
  EXPECT_EQ(first->seconds, 2.5);
  EXPECT_FALSE(first->finished);
  EXPECT_EQ(second->metrics, (Metrics{{"loss", 2}}));
  EXPECT_TRUE(second->finished);
  EXPECT_FALSE(step(table.config(0), TrialId{0}, 3));
  EXPECT_FALSE(step(Config{{"units", std::int64_t{1}}}, TrialId{0}, 1));
}

TEST(CurveTableTest, MistakesAreNamedWithTheirLine) {
  EXPECT_EQ(error_of(""), "curve table, line 1: the header has no column s0");
  EXPECT_EQ(error_of("id,s1\n"), "curve table, line 1: the header has no column s0");
  EXPECT_EQ(error_of("id,s0\n1,2\n3\n"), "curve table, line 3: it has 1 cells, the header 2");
  EXPECT_EQ(error_of("id,s0\n1,2,3\n"), "curve table, line 2: it has 3 cells, the header 2");
  EXPECT_EQ(error_of("id,s0\n1,two\n"), "curve table, line 2: \"two\" is no number");
  EXPECT_EQ(error_of("id,s0\n1,2\n1,3\n"), "curve table, line 3: its configuration stands in the table already");
}

TEST(CurveTableTest, LoadsAFile) {
  const std::filesystem::path path = std::filesystem::path(::testing::TempDir()) / "manta_curve_table_test.csv";
  std::ofstream(path) << kTable;

  const auto table = CurveTable::load(path);
  std::filesystem::remove(path);

  ASSERT_TRUE(table.has_value());
  EXPECT_EQ(table->size(), 2u);
}

TEST(CurveTableTest, AFileThatIsNotThereIsNamed) {
  const auto table = CurveTable::load("/nowhere/curves.csv");

  ASSERT_FALSE(table.has_value());
  EXPECT_EQ(table.error().code, ErrorCode::kNotFound);
  EXPECT_NE(table.error().message.find("/nowhere/curves.csv"), std::string::npos);
}

}  // namespace
}  // namespace manta::curve_table_test
