// SPDX-License-Identifier: Apache-2.0
// Reading CSV files.
#include "integrations/torch/read_csv.h"

#include <gmock/gmock.h>
#include <torch/types.h>

#include "tests/integrations/torch/reader_test.h"

namespace manta::torch::read_csv_test {
namespace {

using ::testing::HasSubstr;

class ReadCsvTest : public ReaderTest {
 protected:
  void expect_table(std::string_view content, const at::Tensor& table, const CsvOptions& options = {}) const {
    const auto read = read_csv(write("table.csv", content), options);
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_TRUE(::torch::equal(*read, table)) << *read;
  }

  void expect_invalid(std::string_view content, const std::string& text) const {
    const auto path = write("table.csv", content);
    const auto read = read_csv(path);
    ASSERT_FALSE(read.has_value());
    EXPECT_EQ(read.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(read.error().message, path.string() + text);
  }

  const at::Tensor table_ = ::torch::tensor({{1.0, 2.5}, {-3.0, 4e3}}, ::torch::kDouble);
};

TEST_F(ReadCsvTest, RowsAndColumnsAreThoseOfTheFile) { expect_table("1,2.5\n-3,4e3\n", table_); }

TEST_F(ReadCsvTest, OneNumberIsATable) { expect_table("7", ::torch::tensor({{7.0}}, ::torch::kDouble)); }

TEST_F(ReadCsvTest, TheLastLineNeedsNoEnd) { expect_table("1,2.5\n-3,4e3", table_); }

TEST_F(ReadCsvTest, BlanksSignsBlankLinesAndCarriageReturnsDoNotMatter) {
  expect_table(" 1 ,\t+2.5\r\n\r\n-3,+4e3\r\n\n", table_);
}

TEST_F(ReadCsvTest, AHeaderIsSkippedWhenAskedFor) {
  expect_table("x,y\n1,2.5\n-3,4e3\n", table_, {.has_header = true});
}

TEST_F(ReadCsvTest, AnotherDelimiterCanBeChosen) {
  expect_table("1;2.5\n-3;4e3\n", table_, {.delimiter = ';'});
  expect_table("1\t2.5\n-3\t4e3\n", table_, {.delimiter = '\t'});
}

TEST_F(ReadCsvTest, NotANumberIsANumber) {
  const auto read = read_csv(write("table.csv", "nan,inf\n"));

  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(read->isnan()[0][0].item<bool>());
  EXPECT_TRUE(read->isinf()[0][1].item<bool>());
}

TEST_F(ReadCsvTest, APackedFileIsUnpacked) {
  const auto read = read_csv(write_packed("table.csv.gz", "1,2.5\n-3,4e3\n"));

  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(::torch::equal(*read, table_));
}

TEST_F(ReadCsvTest, AMissingFileIsNotFound) {
  const auto read = read_csv(path_of("absent.csv"));

  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(read.error().message, HasSubstr("absent.csv"));
}

TEST_F(ReadCsvTest, AFieldThatIsNoNumberIsNamedWithLineAndColumn) {
  expect_invalid("1,2\n3,four\n", ", line 2, column 2: \"four\" is not a number");
  expect_invalid("1,2\n\n3 3,4\n", ", line 3, column 1: \"3 3\" is not a number");
  expect_invalid("x,y\n1,2\n", ", line 1, column 1: \"x\" is not a number");
  expect_invalid("1,2,\n", ", line 1, column 3: \"\" is not a number");
  expect_invalid("+-1\n", ", line 1, column 1: \"+-1\" is not a number");
  expect_invalid("1e999\n", ", line 1, column 1: \"1e999\" is beyond what a double can hold");
}

TEST_F(ReadCsvTest, ALineOfAnotherWidthIsNamed) {
  expect_invalid("1,2\n3\n", ", line 2: 1 columns, where the first has 2");
  expect_invalid("1,2\n3,4,5\n", ", line 2: 3 columns, where the first has 2");
}

TEST_F(ReadCsvTest, AFileWithoutNumbersIsRefused) {
  expect_invalid("", ": there is no line of numbers in it");
  expect_invalid("\n \n", ": there is no line of numbers in it");
}

}  // namespace
}  // namespace manta::torch::read_csv_test
