// SPDX-License-Identifier: Apache-2.0
// Both ends of a pair, with the test in the node's place.
#include "core/worker/direct_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/worker/direct_service.h"
#include "tests/support/worker_end.h"

namespace manta::direct_calls_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint32_t kAfter = WorkerEnd::kDirectAfter;
constexpr std::uint64_t kActor = 9;
constexpr std::uint64_t kCaller = 5;
constexpr std::uint64_t kKey = 2;
constexpr std::uint32_t kSlot = 1;

class DirectCallsTest : public ::testing::Test {
 protected:
  // One call; whether it went directly.
  bool call(std::size_t size = 8, bool has_refs = false) {
    Call one{.type = MessageType::kCallMethod, .function = 7, .result = make_object(ObjectId{kCaller, ++number_})};
    one.add_bytes(std::vector<std::byte>(size, std::byte{1}));
    if (has_refs) one.references.emplace_back(make_object());
    results_[number_] = one.result;
    const std::lock_guard lock(calls_.order());
    return calls_.send(kActor, one, [](std::uint32_t) {});
  }
  // As the node does it.
  void open() {
    auto* layout = new (page_.data() + DirectSlots::offset_of(kSlot)) DirectLayout;
    layout->caller_bell = 1;
    layout->callee_bell = 2;
    service_.open(kKey, kSlot, kCaller);
    calls_.open(kActor, kSlot);
  }
  // Until calls go directly; the last, with the first fence, has.
  void warm_up() {
    for (std::uint32_t i = 0; i <= kAfter; ++i) EXPECT_FALSE(call());
    open();
    EXPECT_TRUE(call());
    service_.raise_fence(kKey, 1);
    callee_.take();
    caller_.take();
  }
  // The numbers of the calls that the callee has taken, as the caller has them.
  std::vector<std::uint64_t> taken() {
    std::vector<std::uint64_t> numbers;
    std::vector<std::byte> bytes;
    while (queue_.pop(bytes)) {
      const std::uint64_t number = Message::parse(bytes, 0).value().header.call;
      EXPECT_TRUE(DirectNumber::is(number));
      EXPECT_EQ(DirectNumber::key(number), kKey);
      numbers.push_back(DirectNumber::call(number));
    }
    return numbers;
  }
  std::optional<DirectService::Caller> answer(std::uint64_t call, std::size_t size, bool is_plain = true) {
    EncodedValue value;
    value.inline_bytes.resize(size);
    return service_.answer(DirectNumber::of(kKey, call), value, is_plain);
  }
  std::vector<std::uint64_t> settled() {
    std::vector<DirectCalls::Settled> settled;
    calls_.take_answers(1000, settled);
    calls_.release_answers();
    return numbers_of(settled);
  }
  // The numbers of the answers that the node would find if the caller were dead.
  std::vector<std::uint64_t> left_answers() {
    auto* layout = std::launder(reinterpret_cast<DirectLayout*>(page_.data() + DirectSlots::offset_of(kSlot)));
    RingConsumer answers(&layout->answers, layout->answers_data(), DirectLayout::kRingBytes,
                         layout->answers.head.load());
    std::vector<std::uint64_t> numbers;
    for (auto bytes = answers.front(); bytes; bytes = answers.front()) {
      numbers.push_back(Message::parse(*bytes, 0).value().header.call);
      answers.advance();
    }
    return numbers;
  }
  static std::vector<std::uint64_t> numbers_of(const std::vector<DirectCalls::Settled>& settled) {
    std::vector<std::uint64_t> numbers;
    for (const auto& one : settled) numbers.push_back(one.result->id().number);
    return numbers;
  }

  const SharedMemory page_ = SharedMemory::create("page", DirectSlots::kFileBytes).value();
  WorkerEnd caller_{page_, 1};
  WorkerEnd callee_{page_, 2};
  MessageQueue queue_;
  DirectCalls calls_{*caller_, true};
  DirectService service_{*callee_, queue_};
  std::uint64_t number_ = 0;
  std::map<std::uint64_t, ObjectPtr> results_;
};

TEST_F(DirectCallsTest, ItAsksOnceAfterEnoughCallsInARow) {
  for (std::uint32_t i = 0; i < kAfter; ++i) EXPECT_FALSE(call());
  EXPECT_THAT(caller_.take_types(), IsEmpty());

  EXPECT_FALSE(call());
  EXPECT_FALSE(call());

  EXPECT_THAT(caller_.take_types(), ElementsAre(MessageType::kOpenDirect));
}

TEST_F(DirectCallsTest, CallsThatCannotGoDirectlyAreNotCounted) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(call());
    EXPECT_FALSE(call(8, true));
    EXPECT_FALSE(call(DirectLayout::kMessageMax));
  }
  EXPECT_THAT(caller_.take_types(), IsEmpty());
}

TEST_F(DirectCallsTest, ARefusalIsAskedAgainAfterMoreCalls) {
  for (std::uint32_t i = 0; i <= kAfter; ++i) call();
  caller_.take();
  calls_.refuse(kActor);

  for (std::uint32_t i = 0; i <= 2 * kAfter; ++i) call();
  EXPECT_THAT(caller_.take_types(), IsEmpty());

  for (std::uint32_t i = 0; i <= 8 * kAfter; ++i) call();
  EXPECT_THAT(caller_.take_types(), ElementsAre(MessageType::kOpenDirect));
}

TEST_F(DirectCallsTest, NothingIsKeptOfActorsThatAreForgotten) {
  for (std::uint32_t i = 0; i <= kAfter; ++i) call();
  calls_.forget(kActor);
  EXPECT_EQ(calls_.known_actors(), 1u);  // The answer is still to come.
  calls_.refuse(kActor);
  EXPECT_EQ(calls_.known_actors(), 0u);

  for (std::uint32_t i = 0; i <= kAfter; ++i) call();
  calls_.forget(kActor);
  call();  // By a new handle.
  calls_.refuse(kActor);
  EXPECT_EQ(calls_.known_actors(), 1u);
  calls_.forget(kActor);
  EXPECT_EQ(calls_.known_actors(), 0u);
}

TEST_F(DirectCallsTest, TheFirstCallWaitsForItsFence) {
  for (std::uint32_t i = 0; i <= kAfter; ++i) call();
  caller_.take();
  open();

  EXPECT_TRUE(call());
  const auto sent = caller_.take();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].type, MessageType::kDirectFence);
  EXPECT_EQ(sent[0].a, kActor);
  service_.take_all();
  EXPECT_THAT(taken(), IsEmpty());
  EXPECT_FALSE(service_.has_calls());

  service_.raise_fence(kKey, sent[0].b);

  EXPECT_THAT(taken(), ElementsAre(number_));
}

TEST_F(DirectCallsTest, CallsBehindOneByTheNodeWaitForTheNextFence) {
  warm_up();
  taken();
  const std::uint64_t before = number_;
  EXPECT_TRUE(call());
  EXPECT_FALSE(call(8, true));
  for (std::uint32_t i = 0; i < kAfter; ++i) EXPECT_FALSE(call());
  EXPECT_TRUE(call());

  service_.take_all();
  EXPECT_THAT(taken(), ElementsAre(before + 1));
  service_.raise_fence(kKey, 2);

  EXPECT_THAT(taken(), ElementsAre(number_));
  EXPECT_THAT(caller_.take_types(), ElementsAre(MessageType::kDirectFence));
}

TEST_F(DirectCallsTest, AnswersComeBackInAnyOrder) {
  warm_up();
  call();
  call();
  service_.take_all();
  EXPECT_THAT(taken(), ElementsAre(number_ - 2, number_ - 1, number_));

  EXPECT_FALSE(answer(number_, 100));
  EXPECT_FALSE(answer(number_ - 2, 0));
  EXPECT_TRUE(calls_.has_answers());
  EXPECT_THAT(settled(), ElementsAre(number_, number_ - 2));
  EXPECT_FALSE(answer(number_ - 1, 8000));
  EXPECT_THAT(settled(), ElementsAre(number_ - 1));
  EXPECT_FALSE(calls_.has_answers());
}

TEST_F(DirectCallsTest, AnAnswerIsThereForTheNodeUntilAllHaveHeardOfIt) {
  warm_up();
  call();
  service_.take_all();
  taken();
  answer(number_ - 1, 8);
  answer(number_, 8);

  std::vector<DirectCalls::Settled> settled;
  calls_.take_answers(10, settled);

  EXPECT_THAT(numbers_of(settled), ElementsAre(number_ - 1, number_));
  EXPECT_THAT(left_answers(), ElementsAre(number_ - 1, number_));
  calls_.release_answers();
  EXPECT_THAT(left_answers(), IsEmpty());
}

TEST_F(DirectCallsTest, AnErrorIsAnAnswer) {
  warm_up();
  taken();
  service_.answer(DirectNumber::of(kKey, number_), Error{ErrorCode::kExhausted, "full"}, true);

  std::vector<DirectCalls::Settled> settled;
  calls_.take_answers(10, settled);

  ASSERT_EQ(settled.size(), 1u);
  EXPECT_EQ(settled[0].outcome.error().code, ErrorCode::kExhausted);
  EXPECT_EQ(settled[0].outcome.error().message, "full");
}

TEST_F(DirectCallsTest, AnswersThatCannotGoDirectlyAreLeftToTheNode) {
  warm_up();
  call();
  service_.take_all();
  taken();

  const auto large = answer(number_, DirectLayout::kMessageMax + 1);
  const auto with_refs = answer(number_ - 1, 8, false);

  ASSERT_TRUE(large && with_refs);
  EXPECT_EQ(large->worker, kCaller);
  EXPECT_EQ(large->call, number_);
  EXPECT_EQ(calls_.take(number_), results_[number_]);
  EXPECT_EQ(calls_.take(number_), nullptr);
}

TEST_F(DirectCallsTest, WithoutRoomTheyAreToo) {
  warm_up();
  int sent = 0;
  do {
    ASSERT_TRUE(call());
    service_.take_all();
  } while (!answer(number_, 8000) && ++sent < 1000);

  EXPECT_GT(sent, 10);
  EXPECT_LT(sent, 20);
}

TEST_F(DirectCallsTest, WithoutRoomACallGoesByTheNodeAndSoDoTheNext) {
  warm_up();
  int sent = 0;
  while (call(8000) && sent < 1000) ++sent;
  EXPECT_GT(sent, 10);
  EXPECT_LT(sent, 20);
  service_.take_all();

  for (std::uint32_t i = 0; i < 2 * kAfter; ++i) EXPECT_FALSE(call());
  EXPECT_TRUE(call());
}

TEST_F(DirectCallsTest, ADeathLeavesWhatWasAnsweredAndFailsTheRest) {
  warm_up();
  call();
  call();
  service_.take_all();
  answer(number_ - 1, 8);

  std::vector<DirectCalls::Settled> settled;
  calls_.lose(kActor, settled, [](std::uint64_t function) {
    return Error{ErrorCode::kActorDied, std::to_string(function)};
  });

  EXPECT_THAT(numbers_of(settled), ElementsAre(number_ - 1, number_ - 2, number_));
  EXPECT_TRUE(settled[0].outcome);
  EXPECT_EQ(settled[1].outcome.error().message, "7");
  EXPECT_FALSE(call());
  EXPECT_THAT(caller_.take_types(), IsEmpty());
  calls_.close(kActor);
  EXPECT_THAT(caller_.take_types(), ElementsAre(MessageType::kDirectClosed));
}

TEST_F(DirectCallsTest, ACallersEndLeavesNoCallBehind) {
  warm_up();
  call();
  service_.end(kKey);

  EXPECT_THAT(taken(), ElementsAre(number_ - 1, number_));
  EXPECT_THAT(callee_.take_types(), ElementsAre(MessageType::kDirectClosed));
  const auto caller = answer(number_, 8);
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->worker, kCaller);
}

TEST_F(DirectCallsTest, AlsoIfItsLastCallsWaitForAFence) {
  for (std::uint32_t i = 0; i <= kAfter; ++i) call();
  open();
  call();
  callee_.take();
  service_.end(kKey);
  EXPECT_THAT(taken(), IsEmpty());
  EXPECT_THAT(callee_.take_types(), IsEmpty());

  service_.raise_fence(kKey, 1);

  EXPECT_THAT(taken(), ElementsAre(number_));
  EXPECT_THAT(callee_.take_types(), ElementsAre(MessageType::kDirectClosed));
}

TEST_F(DirectCallsTest, CallsOfAnActorThatIsToEndGoByTheNode) {
  warm_up();
  calls_.leave(kActor);

  for (int i = 0; i < 100; ++i) EXPECT_FALSE(call());
  EXPECT_THAT(caller_.take_types(), IsEmpty());
}

TEST_F(DirectCallsTest, WhatNoCallerWritesIsReported) {
  warm_up();
  taken();
  callee_.take();
  auto* layout = std::launder(reinterpret_cast<DirectLayout*>(page_.data() + DirectSlots::offset_of(kSlot)));
  layout->calls.tail.store(layout->calls.tail.load() + 8);
  std::memset(layout->calls_data(), 0xff, DirectLayout::kRingBytes);

  service_.take_all();
  service_.take_all();

  EXPECT_THAT(taken(), IsEmpty());
  EXPECT_THAT(callee_.take_types(), ElementsAre(MessageType::kDirectDamaged));
}

TEST_F(DirectCallsTest, AndWhatNoCalleeDoes) {
  warm_up();
  auto* layout = std::launder(reinterpret_cast<DirectLayout*>(page_.data() + DirectSlots::offset_of(kSlot)));
  RingProducer forged(&layout->answers, layout->answers_data(), DirectLayout::kRingBytes);
  MessageBuilder builder;
  builder.start({.type = MessageType::kResult, .call = number_ + 1000});
  builder.add(EncodedValue{});
  ASSERT_TRUE(forged.push(builder.bytes()));

  EXPECT_THAT(settled(), IsEmpty());
  EXPECT_THAT(settled(), IsEmpty());
  EXPECT_THAT(caller_.take_types(), ElementsAre(MessageType::kDirectDamaged));
}

TEST(PendingCallsTest, TheyAreFoundByTheirNumbers) {
  PendingCalls pending;
  for (const std::uint64_t number : {3, 5, 4, 9, 1})
    pending.add({.number = number, .function = 10 * number, .result = make_object()});

  EXPECT_EQ(pending.take(4)->function, 40u);
  EXPECT_FALSE(pending.take(4));
  EXPECT_FALSE(pending.take(2));
  EXPECT_EQ(pending.take(1)->function, 10u);
  EXPECT_EQ(pending.size(), 3u);
  std::vector<std::uint64_t> rest;
  for (const auto& entry : pending.drain()) rest.push_back(entry.number);
  EXPECT_THAT(rest, ElementsAre(3, 5, 9));
  EXPECT_EQ(pending.size(), 0u);
}

TEST(PendingCallsTest, OneThatStaysDoesNotKeepPlacesOfOthers) {
  PendingCalls pending;
  pending.add({.number = 1, .result = make_object()});
  for (std::uint64_t number = 2; number < 100'000; ++number) {
    pending.add({.number = number, .result = make_object()});
    ASSERT_TRUE(pending.take(number));
  }
  EXPECT_LT(pending.places(), 2000u);
  EXPECT_TRUE(pending.take(1));
  EXPECT_EQ(pending.places(), 0u);
}

}  // namespace
}  // namespace manta::direct_calls_test
