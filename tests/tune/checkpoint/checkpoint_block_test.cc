// SPDX-License-Identifier: Apache-2.0
// What CheckpointWriter writes, CheckpointReader reads; anything else it refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tune/checkpoint/checkpoint_reader.h"
#include "tune/checkpoint/checkpoint_writer.h"

namespace manta {
namespace {

using ::testing::HasSubstr;

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

struct Optimizer {
  double momentum = 0;
  std::vector<double> state;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(momentum, state);
  }
};

std::vector<std::byte> example_block() {
  CheckpointWriter writer;
  writer.write("epoch", 7);
  writer.write_bytes("empty", {});
  writer.write_bytes("weights", bytes_of("0123456789"));
  return writer.encode();
}

/// decode() on a copy that ends exactly where its memory ends, so that a sanitizer sees a read beyond it.
bool decodes(std::span<const std::byte> bytes) {
  const auto exact = std::make_unique<std::byte[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), exact.get());
  return CheckpointReader::decode({exact.get(), bytes.size()}).has_value();
}

TEST(CheckpointBlockTest, WithoutEntriesIsReadAsEmpty) {
  const std::vector<std::byte> block = CheckpointWriter().encode();

  const auto reader = CheckpointReader::decode(block);

  ASSERT_TRUE(reader.has_value());
  EXPECT_TRUE(reader->entries().empty());
  EXPECT_FALSE(reader->has("anything"));
}

TEST(CheckpointBlockTest, ValuesComeBackAsTheyWereWritten) {
  CheckpointWriter writer;
  writer.write("step", std::int64_t{42});
  writer.write("name", std::string("résumé"));
  writer.write("table", std::map<std::string, std::vector<double>>{{"a", {1, 2}}, {"b", {}}});
  writer.write("optimizer", Optimizer{.momentum = 0.9, .state = {0.25, -1}});
  const std::vector<std::byte> block = writer.encode();

  const auto reader = CheckpointReader::decode(block);

  ASSERT_TRUE(reader.has_value());
  EXPECT_EQ(reader->read<std::int64_t>("step"), 42);
  EXPECT_EQ(reader->read<std::string>("name"), "résumé");
  EXPECT_EQ((reader->read<std::map<std::string, std::vector<double>>>("table").at("a")), (std::vector<double>{1, 2}));
  EXPECT_EQ(reader->read<Optimizer>("optimizer").state, (std::vector<double>{0.25, -1}));
}

TEST(CheckpointBlockTest, BytesComeBackAndAreAligned) {
  const std::vector<std::byte> block = example_block();

  const auto reader = CheckpointReader::decode(block);

  ASSERT_TRUE(reader.has_value());
  const std::span<const std::byte> weights = reader->read_bytes("weights");
  EXPECT_EQ(std::vector<std::byte>(weights.begin(), weights.end()), bytes_of("0123456789"));
  EXPECT_EQ((weights.data() - block.data()) % 64, 0);
  EXPECT_TRUE(reader->has("empty"));
  EXPECT_TRUE(reader->read_bytes("empty").empty());
}

TEST(CheckpointBlockTest, InPlaceEveryByteIsWritten) {
  CheckpointWriter writer;
  writer.write("epoch", 7);
  writer.write_bytes("empty", {});
  writer.write_bytes("weights", std::vector<std::byte>(200'000, std::byte{3}));
  std::vector<std::byte> block(writer.encoded_size(), std::byte{0xff});

  writer.encode(block);

  EXPECT_EQ(block, writer.encode());
  EXPECT_EQ(CheckpointReader::decode(block).value().read_bytes("weights").size(), 200'000u);
}

TEST(CheckpointBlockTest, ANameWrittenTwiceKeepsTheLast) {
  CheckpointWriter writer;
  writer.write("x", 1);
  writer.write("x", 2);
  const std::vector<std::byte> block = writer.encode();

  const auto reader = CheckpointReader::decode(block);

  ASSERT_TRUE(reader.has_value());
  EXPECT_EQ(reader->entries().size(), 1u);
  EXPECT_EQ(reader->read<int>("x"), 2);
}

TEST(CheckpointBlockTest, AMissingEntryThrowsAndNamesThoseThereAre) {
  const std::vector<std::byte> block = example_block();
  const auto reader = CheckpointReader::decode(block);
  ASSERT_TRUE(reader.has_value());

  try {
    static_cast<void>(reader->read<int>("momentum"));
    FAIL() << "did not throw";
  } catch (const CheckpointError& error) {
    EXPECT_THAT(error.what(), HasSubstr("momentum"));
    EXPECT_THAT(error.what(), HasSubstr("\"empty\", \"epoch\", \"weights\""));
  }
}

TEST(CheckpointBlockTest, AnEntryOfAnotherTypeThrowsAndNamesTheEntry) {
  const std::vector<std::byte> block = example_block();
  const auto reader = CheckpointReader::decode(block);
  ASSERT_TRUE(reader.has_value());

  try {
    static_cast<void>(reader->read<std::vector<double>>("epoch"));
    FAIL() << "did not throw";
  } catch (const CheckpointError& error) {
    EXPECT_THAT(error.what(), HasSubstr("\"epoch\""));
  }
}

TEST(CheckpointBlockTest, IsRefusedWhereverItIsCut) {
  const std::vector<std::byte> block = example_block();

  for (std::size_t size = 0; size < block.size(); ++size) {
    EXPECT_FALSE(decodes(std::span(block).first(size))) << "cut to " << size << " of " << block.size() << " bytes";
  }
}

TEST(CheckpointBlockTest, IsRefusedWhicheverBitIsFlipped) {
  std::vector<std::byte> block = example_block();

  for (std::size_t bit = 0; bit < block.size() * 8; ++bit) {
    block[bit / 8] ^= std::byte(1u << bit % 8);
    EXPECT_FALSE(decodes(block)) << "bit " << bit;
    block[bit / 8] ^= std::byte(1u << bit % 8);
  }
  EXPECT_TRUE(decodes(block));
}

TEST(CheckpointBlockTest, IsRefusedWithBytesBehindItsEnd) {
  std::vector<std::byte> block = example_block();
  block.push_back(std::byte{0});

  EXPECT_FALSE(decodes(block));
}

TEST(CheckpointBlockTest, TheMessageNamesTheDamagedEntry) {
  std::vector<std::byte> block = example_block();
  block.back() ^= std::byte{1};

  const auto reader = CheckpointReader::decode(block);

  ASSERT_FALSE(reader.has_value());
  EXPECT_EQ(reader.error().code, ErrorCode::kStorage);
  EXPECT_THAT(reader.error().message, HasSubstr("\"weights\""));
}

}  // namespace
}  // namespace manta
