// SPDX-License-Identifier: Apache-2.0
// Reading IDX files.
#include "integrations/torch/read_idx.h"

#include <gmock/gmock.h>
#include <torch/types.h>

#include "tests/integrations/torch/reader_test.h"

namespace manta::torch::read_idx_test {
namespace {

using ::testing::HasSubstr;
using namespace std::string_literals;

class ReadIdxTest : public ReaderTest {
 protected:
  static void expect_invalid(const std::filesystem::path& path, const std::string& text) {
    const auto tensor = read_idx(path);
    ASSERT_FALSE(tensor.has_value());
    EXPECT_EQ(tensor.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(tensor.error().message, HasSubstr(path.string()));
    EXPECT_THAT(tensor.error().message, HasSubstr(text));
  }
};

// Two rows of three bytes.
const std::string kBytes = "\0\0\x08\x02\0\0\0\2\0\0\0\3"s + "\x01\x02\x03\xfd\xfe\xff"s;

TEST_F(ReadIdxTest, BytesHaveTheShapeOfTheFile) {
  const auto tensor = read_idx(write("bytes", kBytes));

  ASSERT_TRUE(tensor.has_value());
  EXPECT_TRUE(::torch::equal(*tensor, ::torch::tensor({{1, 2, 3}, {253, 254, 255}}, ::torch::kByte)));
}

TEST_F(ReadIdxTest, APackedFileIsUnpackedWhateverItsName) {
  const auto tensor = read_idx(write_packed("bytes", kBytes));

  ASSERT_TRUE(tensor.has_value());
  EXPECT_EQ(tensor->sizes(), at::IntArrayRef({2, 3}));
}

TEST_F(ReadIdxTest, ValuesOfSeveralBytesAreBigEndian) {
  const auto shorts = read_idx(write("shorts", "\0\0\x0b\x01\0\0\0\2"s + "\x01\x02\xff\xfe"s));
  const auto ints = read_idx(write("ints", "\0\0\x0c\x01\0\0\0\1"s + "\x01\x02\x03\x04"s));
  const auto floats = read_idx(write("floats", "\0\0\x0d\x01\0\0\0\1"s + "\x3f\xc0\0\0"s));
  const auto doubles = read_idx(write("doubles", "\0\0\x0e\x01\0\0\0\1"s + "\xc0\x04\0\0\0\0\0\0"s));

  EXPECT_TRUE(::torch::equal(shorts.value(), ::torch::tensor({258, -2}, ::torch::kShort)));
  EXPECT_TRUE(::torch::equal(ints.value(), ::torch::tensor({0x01020304}, ::torch::kInt)));
  EXPECT_TRUE(::torch::equal(floats.value(), ::torch::tensor({1.5}, ::torch::kFloat)));
  EXPECT_TRUE(::torch::equal(doubles.value(), ::torch::tensor({-2.5}, ::torch::kDouble)));
}

TEST_F(ReadIdxTest, SignedBytesKeepTheirSign) {
  const auto tensor = read_idx(write("chars", "\0\0\x09\x01\0\0\0\1\xff"s));

  EXPECT_TRUE(::torch::equal(tensor.value(), ::torch::tensor({-1}, ::torch::kChar)));
}

TEST_F(ReadIdxTest, ADimensionOfZeroGivesAnEmptyTensor) {
  const auto tensor = read_idx(write("empty", "\0\0\x08\x02\0\0\0\0\0\0\0\3"s));

  ASSERT_TRUE(tensor.has_value());
  EXPECT_EQ(tensor->sizes(), at::IntArrayRef({0, 3}));
}

TEST_F(ReadIdxTest, AMissingFileIsNotFound) {
  const auto tensor = read_idx(path_of("absent"));

  ASSERT_FALSE(tensor.has_value());
  EXPECT_EQ(tensor.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(tensor.error().message, HasSubstr("absent"));
}

TEST_F(ReadIdxTest, AFolderCannotBeRead) {
  std::filesystem::create_directories(path_of("folder"));

  const auto tensor = read_idx(path_of("folder"));

  ASSERT_FALSE(tensor.has_value());
  EXPECT_EQ(tensor.error().code, ErrorCode::kSystem);
}

TEST_F(ReadIdxTest, AnotherFormatIsRefused) {
  expect_invalid(write("nothing", ""), "not an IDX file");
  expect_invalid(write("text", "1,2,3\n4,5,6\n"), "not an IDX file");
  expect_invalid(write("type", "\0\0\x0a\x01\0\0\0\1\1"s), "not an IDX file");
  expect_invalid(write("scalar", "\0\0\x08\0\1"s), "not an IDX file");
}

TEST_F(ReadIdxTest, AFileOfTheWrongLengthIsRefused) {
  expect_invalid(write("head", kBytes.substr(0, 11)), "ends within its head");
  expect_invalid(write("short", kBytes.substr(0, kBytes.size() - 1)),
                 "cut short: 5 bytes of values, where its head says 6");
  expect_invalid(write("long", kBytes + "!"), "too long: 7 bytes");
}

TEST_F(ReadIdxTest, ASizeBeyondAllMemoryIsRefusedAndNotAllocated) {
  const std::string huge = "\xff\xff\xff\xff"s;

  expect_invalid(write("huge", "\0\0\x0e\x03"s + huge + huge + huge), "cut short");
}

TEST_F(ReadIdxTest, ADamagedPackedFileIsRefused) {
  const auto path = write_packed("whole.gz", kBytes);
  std::ifstream stream(path, std::ios::binary);
  std::string packed((std::istreambuf_iterator<char>(stream)), {});

  expect_invalid(write("cut.gz", packed.substr(0, packed.size() - 4)), "cut short");
  packed[packed.size() - 6] ^= 1;  // In the checksum.
  expect_invalid(write("damaged.gz", packed), "damaged");
}

}  // namespace
}  // namespace manta::torch::read_idx_test
