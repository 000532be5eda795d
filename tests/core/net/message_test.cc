// SPDX-License-Identifier: Apache-2.0
// Messages: what is built is read, and damaged bytes never lead outside of them.
#include "core/net/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace manta::message_test {
namespace {

using ::testing::ElementsAre;

constexpr std::uint64_t kStoreSize = 4096;

// A block that is nowhere.
class FakeBlock : public StoreBlock {
 public:
  FakeBlock(std::uint64_t offset, std::size_t size) : StoreBlock(offset, size, nullptr, nullptr) {}
};

EncodedValue text_value(std::string_view text) {
  EncodedValue value;
  const auto bytes = std::as_bytes(std::span(text));
  value.inline_bytes.assign(bytes.begin(), bytes.end());
  return value;
}

std::string text_of(const MessageValue& value) {
  return {reinterpret_cast<const char*>(value.inline_bytes.data()), value.inline_bytes.size()};
}

std::vector<std::byte> sample() {
  MessageBuilder builder;
  builder.start({.type = MessageType::kResult, .call = 7, .function = 8, .a = 9, .b = 10});
  builder.add(text_value("hello"));
  builder.add({{}, std::make_shared<FakeBlock>(1024, 512)});
  builder.add(text_value(""));
  const WireReference references[] = {{.kind = WireReference::kObject, .id = {3, 4}},
                                      {.kind = WireReference::kActor, .id = {0, 5}},
                                      WireReference::of_block(FakeBlock(2048, 256))};
  builder.add(text_value("with refs"), references);
  SmallBytes object;
  append_object(object, {6, 7});
  builder.add_wire(object, 1);
  builder.add_offset(64);
  builder.add_offset(128);
  return {builder.bytes().begin(), builder.bytes().end()};
}

// Whatever parse() accepts lies inside the bytes or the store.
void expect_inside(const Message& message, std::span<const std::byte> bytes) {
  for (const MessageValue& value : message.values) {
    if (value.kind == MessageValue::Kind::kStored) {
      EXPECT_LE(value.offset, kStoreSize);
      EXPECT_LE(value.size, kStoreSize - value.offset);
    } else if (!value.inline_bytes.empty()) {
      EXPECT_GE(value.inline_bytes.data(), bytes.data());
      EXPECT_LE(value.inline_bytes.data() + value.inline_bytes.size(), bytes.data() + bytes.size());
    }
  }
}

TEST(MessageTest, WhatIsBuiltIsRead) {
  const std::vector<std::byte> bytes = sample();

  const auto message = Message::parse(bytes, kStoreSize);

  ASSERT_TRUE(message);
  EXPECT_EQ(message->header.type, MessageType::kResult);
  EXPECT_EQ(message->header.call, 7u);
  EXPECT_EQ(message->header.function, 8u);
  EXPECT_EQ(message->header.a, 9u);
  EXPECT_EQ(message->header.b, 10u);
  ASSERT_EQ(message->values.size(), 5u);
  EXPECT_EQ(text_of(message->values[0]), "hello");
  EXPECT_EQ(message->values[1].kind, MessageValue::Kind::kStored);
  EXPECT_EQ(message->values[1].offset, 1024u);
  EXPECT_EQ(message->values[1].size, 512u);
  EXPECT_EQ(text_of(message->values[2]), "");
  EXPECT_EQ(text_of(message->values[3]), "with refs");
  ASSERT_EQ(message->values[3].reference_count(), 3u);
  EXPECT_EQ(message->values[3].reference(0), (WireReference{.kind = WireReference::kObject, .id = {3, 4}}));
  EXPECT_EQ(message->values[3].reference(1), (WireReference{.kind = WireReference::kActor, .id = {0, 5}}));
  EXPECT_EQ(message->values[3].reference(2), (WireReference{.kind = WireReference::kBlock, .id = {2048, 256}}));
  EXPECT_EQ(message->values[4].kind, MessageValue::Kind::kObject);
  EXPECT_EQ(message->values[4].object, (ObjectId{6, 7}));
  EXPECT_THAT(message->offsets, ElementsAre(64, 128));
  EXPECT_EQ(message->text(), "hello");
}

TEST(MessageTest, AHeaderAloneIsAMessage) {
  MessageBuilder builder;
  builder.start({.type = MessageType::kStop});

  const auto message = Message::parse(builder.bytes(), kStoreSize);

  ASSERT_TRUE(message);
  EXPECT_TRUE(message->values.empty());
  EXPECT_TRUE(message->offsets.empty());
  EXPECT_EQ(message->text(), "");
}

TEST(MessageTest, ABuilderThatStartsAnewForgetsTheLastMessage) {
  MessageBuilder builder;
  builder.start({.type = MessageType::kResult});
  builder.add(text_value("old"));
  builder.start({.type = MessageType::kResult});
  builder.add(text_value("new"));

  const auto message = Message::parse(builder.bytes(), kStoreSize);

  ASSERT_TRUE(message);
  ASSERT_EQ(message->values.size(), 1u);
  EXPECT_EQ(message->text(), "new");
}

TEST(MessageTest, AFailureCarriesItsCodeAndText) {
  MessageBuilder builder;
  build_failure(builder, {.type = MessageType::kFailure, .call = 5}, {ErrorCode::kTaskFailed, "it broke"});

  const auto message = Message::parse(builder.bytes(), kStoreSize);

  ASSERT_TRUE(message);
  EXPECT_EQ(message->header.type, MessageType::kFailure);
  EXPECT_EQ(message->header.call, 5u);
  EXPECT_EQ(static_cast<ErrorCode>(message->header.function), ErrorCode::kTaskFailed);
  EXPECT_EQ(message->text(), "it broke");
}

TEST(MessageTest, AReferenceBeyondTheStoreIsRefused) {
  for (const ObjectId& place : {ObjectId{kStoreSize, 1}, ObjectId{1, kStoreSize}, ObjectId{~std::uint64_t{0}, 1}}) {
    MessageBuilder builder;
    builder.start({.type = MessageType::kResult});
    const WireReference reference{.kind = WireReference::kBlock, .id = place};
    builder.add(text_value("array"), std::span(&reference, 1));

    EXPECT_FALSE(Message::parse(builder.bytes(), kStoreSize));
  }
}

TEST(MessageTest, ALongTextIsCutAtTheInlineLimit) {
  MessageBuilder builder;
  build_failure(builder, {.type = MessageType::kFailure, .call = 5},
                {ErrorCode::kTaskFailed, std::string(kInlineLimit + 1, 'x')});

  EXPECT_EQ(Message::parse(builder.bytes(), kStoreSize)->text(), std::string(kInlineLimit, 'x'));
}

TEST(MessageTest, ValuesTravelOnAsTheyCame) {
  const std::vector<std::byte> bytes = sample();
  const auto first = Message::parse(bytes, kStoreSize);
  MessageBuilder builder;
  builder.start({.type = MessageType::kResult});
  for (const MessageValue& value : first->values) builder.add_wire(value.wire, 1);

  const auto second = Message::parse(builder.bytes(), kStoreSize);

  ASSERT_EQ(second->values.size(), first->values.size());
  for (std::size_t i = 0; i < first->values.size(); ++i)
    EXPECT_TRUE(std::equal(first->values[i].wire.begin(), first->values[i].wire.end(), second->values[i].wire.begin(),
                           second->values[i].wire.end()));
}

TEST(MessageTest, ARawValueIsReadOnlyAsWhatHasItsSize) {
  MessageBuilder builder;
  builder.start({.type = MessageType::kSubmitTask});
  builder.add_raw(std::uint64_t{5});

  const auto message = Message::parse(builder.bytes(), kStoreSize);

  EXPECT_EQ(message->raw<std::uint64_t>(0), 5u);
  EXPECT_FALSE(message->raw<std::uint32_t>(0));
  EXPECT_FALSE(message->raw<std::uint64_t>(1));
}

TEST(MessageTest, NoTruncatedMessageIsRead) {
  const std::vector<std::byte> bytes = sample();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const std::vector<std::byte> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));

    EXPECT_FALSE(Message::parse(cut, kStoreSize)) << length;
  }
}

TEST(MessageTest, ABitFlippedAnywhereNeverLeadsOutside) {
  const std::vector<std::byte> bytes = sample();
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::vector<std::byte> damaged = bytes;
    damaged[bit / 8] ^= std::byte{1} << (bit % 8);

    if (const auto message = Message::parse(damaged, kStoreSize)) expect_inside(*message, damaged);
  }
}

TEST(MessageTest, AStoreValueEndsAtTheStoresEndAtMost) {
  const auto parses = [](std::uint64_t offset, std::uint64_t size) {
    MessageBuilder builder;
    builder.start({.type = MessageType::kResult});
    builder.add({{}, std::make_shared<FakeBlock>(offset, size)});
    return Message::parse(builder.bytes(), kStoreSize).has_value();
  };

  EXPECT_TRUE(parses(0, kStoreSize));
  EXPECT_TRUE(parses(kStoreSize, 0));
  EXPECT_FALSE(parses(0, kStoreSize + 1));
  EXPECT_FALSE(parses(kStoreSize, 1));
  EXPECT_FALSE(parses(64, ~std::uint64_t{0}));
  EXPECT_FALSE(parses(~std::uint64_t{0} - 1, 64));
}

}  // namespace
}  // namespace manta::message_test
