// SPDX-License-Identifier: Apache-2.0
// The ring: order, wrapping, being full, and a producer that writes nonsense.
#include "core/shm/ring.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "core/shm/doorbell.h"

namespace manta::ring_test {
namespace {

constexpr std::size_t kCapacity = 256;

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

class RingTest : public ::testing::Test {
 protected:
  bool push(std::string_view text) { return producer_.push(bytes_of(text)); }
  // Takes the oldest message; "(none)" if there is none.
  std::string take() {
    const auto message = consumer_.front();
    if (!message) return "(none)";
    std::string text(reinterpret_cast<const char*>(message->data()), message->size());
    told_ = consumer_.pop();
    return text;
  }

  RingHeader header_;
  alignas(64) std::array<std::byte, kCapacity> data_{};
  RingProducer producer_{&header_, data_.data(), kCapacity};
  RingConsumer consumer_{&header_, data_.data(), kCapacity};
  bool told_ = false;  // What the last pop() returned.
};

TEST_F(RingTest, AnEmptyRingHasNoMessage) {
  EXPECT_TRUE(consumer_.empty());
  EXPECT_EQ(take(), "(none)");
  EXPECT_FALSE(consumer_.is_corrupt());
}

TEST_F(RingTest, MessagesComeOutAsTheyWentInAndInOrder) {
  EXPECT_TRUE(push("one"));
  EXPECT_TRUE(push(""));
  EXPECT_TRUE(push("three and more"));

  EXPECT_FALSE(consumer_.empty());
  EXPECT_EQ(take(), "one");
  EXPECT_EQ(take(), "");
  EXPECT_EQ(take(), "three and more");
  EXPECT_TRUE(consumer_.empty());
}

TEST_F(RingTest, TwoPiecesAreOneMessage) {
  ASSERT_TRUE(producer_.push(bytes_of("head "), bytes_of("and tail")));
  ASSERT_TRUE(producer_.push({}, bytes_of("tail only")));

  EXPECT_EQ(take(), "head and tail");
  EXPECT_EQ(take(), "tail only");
}

TEST_F(RingTest, AMessageStaysUntilItIsPopped) {
  ASSERT_TRUE(push("stays"));

  EXPECT_EQ(consumer_.front()->size(), 5u);
  EXPECT_EQ(consumer_.front()->size(), 5u);
  EXPECT_EQ(take(), "stays");
}

TEST_F(RingTest, RecordsThatEndExactlyAtTheBuffersEndFillItWhole) {
  const std::string text(56, 'x');  // With its length, a quarter of the buffer.
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(push(text)) << i;

  EXPECT_FALSE(push(""));

  EXPECT_EQ(take(), text);
  EXPECT_TRUE(push("next"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(take(), text);
  EXPECT_EQ(take(), "next");
}

TEST_F(RingTest, EverySizeWrapsAroundAtEveryPlace) {
  for (std::size_t size = 0; size <= producer_.max_message(); ++size) {
    const std::string text(size, static_cast<char>('a' + size % 26));
    for (std::size_t i = 0; i < 2 * kCapacity / 8; ++i) {
      ASSERT_TRUE(push(text)) << size;
      ASSERT_TRUE(push("")) << size;  // Moves the place by 8.
      ASSERT_EQ(take(), text);
      ASSERT_EQ(take(), "");
    }
  }
}

TEST_F(RingTest, AMessageLargerThanTheBufferNeverGoesIn) {
  EXPECT_FALSE(push(std::string(kCapacity - 7, 'x')));
  EXPECT_TRUE(push("small"));
  EXPECT_EQ(take(), "small");
}

TEST_F(RingTest, AFullRingTellsTheProducerOnceWhenThereIsRoom) {
  const std::string text(56, 'x');
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(push(text));
  ASSERT_FALSE(push(text));

  take();
  EXPECT_TRUE(told_);
  take();
  EXPECT_FALSE(told_);
}

TEST_F(RingTest, NobodyIsToldWhenNobodyWaits) {
  ASSERT_TRUE(push("text"));

  take();

  EXPECT_FALSE(told_);
}

TEST_F(RingTest, AskingForRoomThatIsNotThereAsksToBeTold) {
  const std::string text(56, 'x');
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(push(text));
  EXPECT_TRUE(producer_.has_room(56));
  ASSERT_TRUE(push(text));
  EXPECT_FALSE(producer_.has_room(0));

  take();

  EXPECT_TRUE(told_);
  EXPECT_TRUE(producer_.has_room(56));
  EXPECT_FALSE(producer_.has_room(57));
}

TEST_F(RingTest, ALengthBeyondTheBufferIsFoundOut) {
  ASSERT_TRUE(push("text"));
  for (const std::uint64_t length : {std::uint64_t{249}, std::uint64_t{1} << 40, ~std::uint64_t{0} - 1}) {
    RingConsumer consumer(&header_, data_.data(), kCapacity);
    std::memcpy(data_.data(), &length, sizeof length);

    EXPECT_FALSE(consumer.front().has_value()) << length;
    EXPECT_TRUE(consumer.is_corrupt()) << length;
  }
}

TEST_F(RingTest, ALengthBeyondWhatWasPublishedIsFoundOut) {
  ASSERT_TRUE(push("text"));
  const std::uint64_t length = 9;  // One more than its padded size.
  std::memcpy(data_.data(), &length, sizeof length);

  EXPECT_EQ(take(), "(none)");
  EXPECT_TRUE(consumer_.is_corrupt());
}

TEST_F(RingTest, ASkipThatLeadsToASkipIsFoundOut) {
  ASSERT_TRUE(push("text"));
  const std::uint64_t skip = ~std::uint64_t{0};
  std::memcpy(data_.data(), &skip, sizeof skip);

  EXPECT_EQ(take(), "(none)");
  EXPECT_TRUE(consumer_.is_corrupt());
}

TEST_F(RingTest, APublishedEndInMidRecordIsFoundOut) {
  header_.tail.store(4);

  EXPECT_EQ(take(), "(none)");
  EXPECT_TRUE(consumer_.is_corrupt());
}

TEST_F(RingTest, APublishedEndFartherThanTheBufferIsLongIsFoundOut) {
  for (const std::uint64_t tail : {std::uint64_t{kCapacity + 8}, std::uint64_t{1} << 40, ~std::uint64_t{0} - 7}) {
    RingConsumer consumer(&header_, data_.data(), kCapacity);
    header_.tail.store(tail);  // Before it lie zeros: a row of empty messages without end.

    EXPECT_FALSE(consumer.front().has_value()) << tail;
    EXPECT_TRUE(consumer.is_corrupt()) << tail;
  }
}

TEST_F(RingTest, WhatIsPassedOverStaysForWhoComesInTheConsumersPlace) {
  push("one");
  push("two");
  ASSERT_TRUE(consumer_.front());
  consumer_.advance();
  EXPECT_EQ(consumer_.front()->size(), 3u);

  const auto next_of_another = [&] {
    RingConsumer another(&header_, data_.data(), kCapacity, header_.head.load());
    const auto message = another.front();
    return std::string(reinterpret_cast<const char*>(message->data()), message->size());
  };

  EXPECT_EQ(next_of_another(), "one");
  consumer_.release();
  EXPECT_EQ(next_of_another(), "two");
}

TEST_F(RingTest, APlaceThatNoConsumerHasComeToIsFoundOut) {
  push(std::string(100, 'x'));
  for (std::uint64_t taken = 1; taken < 8; ++taken) {
    header_.tail.store(kCapacity - 8 + taken + 100);
    RingConsumer consumer(&header_, data_.data(), kCapacity, kCapacity - 8 + taken);
    EXPECT_FALSE(consumer.front()) << taken;
    EXPECT_TRUE(consumer.is_corrupt()) << taken;
  }
}

TEST_F(RingTest, NoTakenEndMakesRoomForMoreThanTheBuffer) {
  const std::string text(kCapacity, 'x');
  for (std::uint64_t head = 0; head <= 3 * kCapacity; head += 8) {
    header_.head.store(head);
    EXPECT_FALSE(producer_.has_room(text.size())) << head;
    ASSERT_FALSE(push(text)) << head;
  }
}

// A bell on each side, as node and worker use it.
void wait_at(DoorbellReceiver& bell, const std::function<bool()>& ready) {
  while (!ready()) {
    const std::uint32_t sequence = bell.sequence();
    bell.leave();
    if (!ready()) bell.sleep(sequence, Doorbell::kService, TimePoint::max());
    bell.enter();
  }
}

TEST_F(RingTest, TwoThreadsPassEveryMessageThroughASmallRing) {
  constexpr int kMessages = 20'000;
  Doorbell producer_bell;
  Doorbell consumer_bell;

  std::thread sender([&] {
    DoorbellReceiver producer(producer_bell);
    producer.enter();
    for (int i = 0; i < kMessages; ++i) {
      const std::string text = std::to_string(i) + std::string(static_cast<std::size_t>(i % 90), '.');
      wait_at(producer, [&] { return producer_.has_room(text.size()); });
      ASSERT_TRUE(push(text));
      consumer_bell.ring();
    }
  });
  DoorbellReceiver consumer(consumer_bell);
  consumer.enter();
  for (int i = 0; i < kMessages; ++i) {
    wait_at(consumer, [&] { return !consumer_.empty(); });
    const std::string text = take();
    if (told_) producer_bell.ring();
    ASSERT_EQ(std::stoi(text), i);
    ASSERT_EQ(text.size(), std::to_string(i).size() + static_cast<std::size_t>(i % 90));
  }
  sender.join();

  EXPECT_TRUE(consumer_.empty());
}

}  // namespace
}  // namespace manta::ring_test
