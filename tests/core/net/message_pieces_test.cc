// SPDX-License-Identifier: Apache-2.0
#include "core/net/message_pieces.h"

#include <gtest/gtest.h>

namespace manta::message_pieces_test {
namespace {

using Bytes = std::vector<std::byte>;

Bytes message_of(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 31 >> 3);
  const MessageHeader header{.type = MessageType::kPut};
  __builtin_memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}
std::vector<Bytes> cut(const Bytes& message, std::size_t most) {
  std::vector<Bytes> pieces;
  send_in_pieces(message, most, [&](auto header, auto bytes) {
    Bytes piece(header.begin(), header.end());
    piece.insert(piece.end(), bytes.begin(), bytes.end());
    EXPECT_LE(piece.size(), most);
    pieces.push_back(std::move(piece));
  });
  return pieces;
}
Bytes copy_of(std::span<const std::byte> bytes) { return {bytes.begin(), bytes.end()}; }

TEST(MessagePiecesTest, ASmallMessageGoesThroughAsItIs) {
  MessageAssembler assembler;
  const Bytes message = message_of(100);

  const auto taken = assembler.take(message);

  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->data(), message.data());
}

TEST(MessagePiecesTest, PiecesBecomeTheMessageThatTheyWere) {
  for (const std::size_t size : {101u, 1000u, 60u + 2 * 60u, 9999u}) {
    MessageAssembler assembler;
    const Bytes message = message_of(size);
    const std::vector<Bytes> pieces = cut(message, 100);
    for (std::size_t i = 0; i + 1 < pieces.size(); ++i) EXPECT_FALSE(assembler.take(pieces[i]));

    const auto taken = assembler.take(pieces.back());

    ASSERT_TRUE(taken);
    EXPECT_EQ(copy_of(*taken), message);
    EXPECT_TRUE(assembler.take(message_of(50))) << "and it goes on";
  }
}

TEST(MessagePiecesTest, PiecesThatDoNotBelongTogetherAreNoMessage) {
  const std::vector<Bytes> pieces = cut(message_of(500), 100);
  const std::vector<Bytes> others = cut(message_of(600), 100);
  MessageAssembler first;
  EXPECT_TRUE(first.take(pieces[1])->empty()) << "the first is missing";
  MessageAssembler second;
  EXPECT_FALSE(second.take(pieces[0]));
  EXPECT_TRUE(second.take(pieces[2])->empty()) << "one is missing";
  MessageAssembler third;
  EXPECT_FALSE(third.take(pieces[0]));
  EXPECT_TRUE(third.take(others[1])->empty()) << "of another message";
  MessageAssembler fourth;
  EXPECT_FALSE(fourth.take(pieces[0]));
  EXPECT_TRUE(fourth.take(message_of(60))->empty()) << "a whole message in between";
}

TEST(MessagePiecesTest, SizesThatAreNonsenseAreNotBelieved) {
  Bytes piece = cut(message_of(500), 100)[0];
  const MessageHeader header{.type = MessageType::kPiece, .call = ~std::uint64_t{0}};
  __builtin_memcpy(piece.data(), &header, sizeof header);

  EXPECT_TRUE(MessageAssembler().take(piece)->empty());
  EXPECT_TRUE(MessageAssembler().take(std::span(piece).first(sizeof header))->empty());
}

}  // namespace
}  // namespace manta::message_pieces_test
