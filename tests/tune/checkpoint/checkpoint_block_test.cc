// SPDX-License-Identifier: Apache-2.0
// What CheckpointWriter writes, CheckpointReader reads; anything else it refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "core/base/crc32c.h"
#include "tune/checkpoint/checkpoint_reader.h"
#include "tune/checkpoint/checkpoint_writer.h"
#include "tune/checkpoint/internal/block_format.h"

namespace manta::checkpoint_block_test {
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

std::string message_of(const std::function<void()>& read) {
  try {
    read();
  } catch (const CheckpointError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(CheckpointBlockTest, BytesAreCopiedToWhereTheyBelong) {
  const std::vector<std::byte> block = example_block();
  const CheckpointReader reader = CheckpointReader::decode(block).value();
  std::vector<std::byte> weights(10);

  reader.read_bytes("weights", weights);

  EXPECT_EQ(weights, bytes_of("0123456789"));
  weights.resize(9);
  EXPECT_EQ(message_of([&] { reader.read_bytes("weights", weights); }),
            "checkpoint entry \"weights\" has 10 bytes, not 9");
  EXPECT_THAT(message_of([&] { reader.read_bytes("bias", weights); }), HasSubstr("has no entry \"bias\""));
}

// What is so large is copied by several threads.
TEST(CheckpointBlockTest, LargeEntriesComeBackWhole) {
  std::vector<double> values(3'000'000);
  std::iota(values.begin(), values.end(), 0.5);
  CheckpointWriter writer;
  writer.write("values", values);
  writer.write_bytes("raw", std::as_bytes(std::span(values)));
  const std::vector<std::byte> block = writer.encode();

  const CheckpointReader reader = CheckpointReader::decode(block).value();
  std::vector<double> raw(values.size());
  reader.read_bytes("raw", std::as_writable_bytes(std::span(raw)));

  EXPECT_TRUE(reader.read<std::vector<double>>("values") == values);
  EXPECT_TRUE(raw == values);
}

TEST(CheckpointBlockTest, AnEntryThatEndsTooEarlyIsNamed) {
  CheckpointWriter writer;
  writer.write("small", 1);
  const std::vector<std::byte> block = writer.encode();
  const CheckpointReader reader = CheckpointReader::decode(block).value();
  EXPECT_THAT(message_of([&] { static_cast<void>(reader.read<std::vector<double>>("small")); }),
              HasSubstr("checkpoint entry \"small\": "));
}

// Room that is full of something else, and of no more bytes than were asked for.
class UsedRoom final : public CheckpointRoom {
 public:
  explicit UsedRoom(std::size_t size) : bytes_(size, std::byte{0xff}) {}
  std::span<std::byte> bytes() override { return bytes_; }
  SharedArray<std::byte> seal(std::size_t size) override {
    bytes_.resize(size);
    return SharedArray<std::byte>(std::move(bytes_));
  }

 private:
  std::vector<std::byte> bytes_;
};

// Writes entries of many sizes, with a writer that gets its room from `make_room`.
SharedArray<std::byte> write_many(CheckpointWriter::MakeRoom make_room, std::size_t expected) {
  CheckpointWriter writer(std::move(make_room), expected);
  for (std::size_t size = 0; size < 40; ++size)
    writer.write_bytes("entry " + std::to_string(size), std::vector<std::byte>(size * size * 10, std::byte(size)));
  return writer.finish();
}

TEST(CheckpointBlockTest, WhereverItIsWrittenItIsTheSame) {
  const SharedArray<std::byte> on_heap = write_many({}, 0);
  ASSERT_TRUE(CheckpointReader::decode(on_heap.span()).has_value());
  for (const std::size_t expected : {std::size_t{0}, on_heap.size() / 2, on_heap.size(), 10 * on_heap.size()}) {
    int rooms = 0;
    const auto make_room = [&](std::size_t size) { return ++rooms, std::make_unique<UsedRoom>(size); };

    const SharedArray<std::byte> block = write_many(make_room, expected);

    EXPECT_TRUE(std::ranges::equal(block.span(), on_heap.span())) << "expected " << expected;
    if (expected == on_heap.size()) {
      EXPECT_EQ(rooms, 1) << "what fits is not copied";
    }
    if (expected > on_heap.size()) {
      EXPECT_EQ(rooms, 2) << "much too large a room is not kept";
    }
  }
}

TEST(CheckpointBlockTest, GoesOnOnTheHeapOnceThereIsNoRoom) {
  const SharedArray<std::byte> on_heap = write_many({}, 0);
  for (int left = 0; left < 4; ++left) {
    int rooms = left;
    const auto make_room = [&](std::size_t size) { return rooms-- > 0 ? std::make_unique<UsedRoom>(size) : nullptr; };

    EXPECT_TRUE(std::ranges::equal(write_many(make_room, 0).span(), on_heap.span())) << left << " rooms";
  }
}

TEST(CheckpointBlockTest, AWriterThatHasFinishedIsEmpty) {
  CheckpointWriter writer;
  writer.write("x", 1);
  EXPECT_TRUE(CheckpointReader::decode(writer.finish().span()).value().has("x"));

  EXPECT_TRUE(writer.empty());
  writer.write("y", 2);
  const SharedArray<std::byte> second = writer.finish();

  EXPECT_EQ(CheckpointReader::decode(second.span()).value().entries().size(), 1u);
}

// What earlier versions of Manta wrote: the table before the entries, with their sums.
TEST(CheckpointBlockTest, ABlockOfVersionOneIsRead) {
  std::vector<std::byte> block(28 + 2 * 17);
  std::memcpy(block.data(), "MANTACPB", 8);
  internal::store_number(block.data() + 8, std::uint32_t{1});
  internal::store_number(block.data() + 12, std::uint32_t{2});
  internal::store_number(block.data() + 16, std::uint64_t{2 * 17});
  for (std::size_t i = 0; i < 2; ++i) {
    std::byte* const row = block.data() + 28 + 17 * i;
    internal::store_number(row, std::uint32_t{1});
    row[4] = std::byte('a' + i);
    internal::store_number(row + 5, std::uint64_t{3 + i});
  }
  internal::store_number(block.data() + 24, crc32c(std::span(block).subspan(28), crc32c(std::span(block).first(24))));
  block.resize(128 + 4, std::byte{0});
  std::ranges::copy(bytes_of("one"), block.begin() + 64);
  std::ranges::copy(bytes_of("four"), block.begin() + 128);

  const auto reader = CheckpointReader::decode(block);

  ASSERT_TRUE(reader.has_value()) << reader.error().message;
  EXPECT_TRUE(std::ranges::equal(reader->read_bytes("a"), bytes_of("one")));
  EXPECT_TRUE(std::ranges::equal(reader->read_bytes("b"), bytes_of("four")));
  block.pop_back();
  EXPECT_FALSE(decodes(block));
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

// What the entries hold is summed in files only: a state that moves in memory is not read for it.
TEST(CheckpointBlockTest, IsRefusedWhicheverBitOfHeadOrTableIsFlipped) {
  std::vector<std::byte> block = example_block();
  const std::size_t table = internal::load_number<std::uint64_t>(block.data() + 16);

  for (std::size_t bit = 0; bit < block.size() * 8; ++bit) {
    if (bit / 8 >= internal::kBlockHeadSize && bit / 8 < table) continue;
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

}  // namespace
}  // namespace manta::checkpoint_block_test
