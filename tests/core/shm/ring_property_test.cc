// SPDX-License-Identifier: Apache-2.0
// The ring under any interleaving, and with another end that writes anything.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <deque>
#include <ostream>
#include <string>
#include <vector>

#include "core/shm/ring.h"

namespace manta::ring_property_test {
namespace {

namespace gen = rc::gen;

constexpr std::uint64_t kSkip = ~std::uint64_t{0};  // What the ring writes where a record would not fit.

// A ring whose buffer is exactly as large as it says, so that AddressSanitizer sees each step outside.
class Ring {
 public:
  explicit Ring(std::size_t capacity)
      : words(capacity / 8), producer(&header, data(), capacity), consumer(&header, data(), capacity) {}

  std::byte* data() { return reinterpret_cast<std::byte*>(words.data()); }
  bool contains(std::span<const std::byte> bytes) {
    const std::byte* end = data() + words.size() * 8;
    return bytes.data() >= data() && bytes.data() <= end &&
           bytes.size() <= static_cast<std::size_t>(end - bytes.data());
  }

  RingHeader header;
  std::vector<std::uint64_t> words;
  RingProducer producer;
  RingConsumer consumer;
};

rc::Gen<std::size_t> capacities() { return gen::element<std::size_t>(64, 128, 256, 1024); }

// One step of the producer, or of the consumer (kTake).
struct Step {
  enum Kind : std::uint8_t { kPush, kAsk, kTake } kind = kTake;
  std::size_t first = 0;  // Sizes of the message's two pieces.
  std::size_t second = 0;
};
std::ostream& operator<<(std::ostream& out, const Step& step) {
  if (step.kind == Step::kTake) return out << "take";
  return out << (step.kind == Step::kPush ? "push(" : "has_room(") << step.first << " + " << step.second << ")";
}

rc::Gen<std::vector<Step>> interleavings(std::size_t capacity) {
  const auto kind = gen::weightedElement<Step::Kind>({{4, Step::kPush}, {1, Step::kAsk}, {4, Step::kTake}});
  const auto size = gen::oneOf(gen::inRange<std::size_t>(0, 24), gen::inRange<std::size_t>(0, capacity * 5 / 8));
  return gen::scale(4, gen::container<std::vector<Step>>(gen::apply(
                           [](Step::Kind k, std::size_t a, std::size_t b) {
                             return Step{k, a, b};
                           },
                           kind, size, gen::oneOf(gen::just<std::size_t>(0), size))));
}

// Runs steps on a ring and beside it on a queue of texts, which must not differ.
class RingBesideQueue {
 public:
  explicit RingBesideQueue(std::size_t capacity) : ring_(capacity) {}

  void run(const Step& step) {
    if (step.kind == Step::kTake) return take();
    const std::string text = next_text(step.first + step.second);
    const bool room = ring_.producer.has_room(text.size());
    if (step.kind == Step::kPush) {
      const auto bytes = std::as_bytes(std::span(text));
      RC_ASSERT(ring_.producer.push(bytes.first(step.first), bytes.subspan(step.first)) == room);
      if (room) queue_.push_back(text);
    }
    producer_waits_ |= !room;
    // What push() promises to take goes into an empty ring, wherever its last message ended.
    RC_ASSERT(room || !queue_.empty() || text.size() > ring_.producer.max_message());
  }

  void take() {
    const auto message = ring_.consumer.front();
    RC_ASSERT(message.has_value() == !queue_.empty());
    RC_ASSERT(ring_.consumer.empty() == queue_.empty());
    RC_ASSERT(!ring_.consumer.is_corrupt());
    if (!message) return;
    RC_ASSERT(std::string(reinterpret_cast<const char*>(message->data()), message->size()) == queue_.front());
    RC_ASSERT(ring_.consumer.pop() == producer_waits_);
    producer_waits_ = false;
    queue_.pop_front();
  }

  bool empty() const { return queue_.empty(); }

 private:
  std::string next_text(std::size_t size) {
    std::string text(size, ' ');
    for (char& c : text) c = static_cast<char>('a' + ++letters_ % 26);
    return text;
  }

  Ring ring_;
  std::deque<std::string> queue_;
  bool producer_waits_ = false;
  std::size_t letters_ = 0;
};

RC_GTEST_PROP(RingPropertyTest, MessagesStayWholeAndInOrderUnderAnyInterleaving, ()) {
  const std::size_t capacity = *capacities();
  RingBesideQueue both(capacity);

  for (const Step& step : *interleavings(capacity)) both.run(step);

  while (!both.empty()) both.take();
  both.take();
}

// One thing that a producer may do to the consumer's memory, or a look of the consumer.
struct Damage {
  enum Kind : std::uint8_t { kWord, kTail, kHead, kLook } kind = kLook;
  std::size_t at = 0;
  std::uint64_t value = 0;
};
std::ostream& operator<<(std::ostream& out, const Damage& damage) {
  if (damage.kind == Damage::kLook) return out << "look";
  if (damage.kind == Damage::kWord) return out << "word[" << damage.at << "] = " << damage.value;
  return out << (damage.kind == Damage::kTail ? "tail = " : "head = ") << damage.value;
}

// Numbers that mean something to a ring of `capacity`, and those beside them.
rc::Gen<std::uint64_t> numbers(std::size_t capacity) {
  return gen::oneOf(gen::inRange<std::uint64_t>(0, 2 * capacity + 16),
                    gen::map(gen::inRange<std::uint64_t>(0, 2 * capacity), [](std::uint64_t n) { return n / 8 * 8; }),
                    gen::map(gen::inRange<std::uint64_t>(0, 32), [](std::uint64_t n) { return kSkip - n; }),
                    gen::arbitrary<std::uint64_t>());
}

rc::Gen<std::vector<Damage>> damages(std::size_t capacity) {
  const auto kind = gen::weightedElement<Damage::Kind>(
      {{4, Damage::kWord}, {3, Damage::kTail}, {1, Damage::kHead}, {4, Damage::kLook}});
  return gen::scale(2, gen::container<std::vector<Damage>>(gen::apply(
                           [](Damage::Kind k, std::size_t at, std::uint64_t value) {
                             return Damage{k, at, value};
                           },
                           kind, gen::inRange<std::size_t>(0, capacity / 8), numbers(capacity))));
}

// Takes all messages there are. Whoever writes the ring cannot make this read outside, nor go on for ever.
void take_all(Ring& ring, std::uint64_t& taken) {
  const std::uint64_t tail = ring.header.tail.load();
  const std::uint64_t published = tail - taken;
  const bool was_corrupt = ring.consumer.is_corrupt();
  for (std::size_t count = 0;; ++count) {
    RC_ASSERT(count <= ring.words.size());
    const auto message = ring.consumer.front();
    if (!message) break;
    RC_ASSERT(!was_corrupt);
    RC_ASSERT(ring.contains(*message));
    const std::uint64_t before = taken;
    ring.consumer.pop();
    taken = ring.header.head.load();
    RC_ASSERT(taken - before >= message->size() + 8);
    RC_ASSERT(tail - taken <= published);
  }
  RC_ASSERT(ring.consumer.is_corrupt() || tail == taken);
  if (published > ring.words.size() * 8 || published % 8 != 0) RC_ASSERT(ring.consumer.is_corrupt());
}

RC_GTEST_PROP(RingPropertyTest, AConsumerNeverReadsOutsideAndFindsOutWhatNoProducerWrites, ()) {
  const std::size_t capacity = *capacities();
  Ring ring(capacity);
  for (std::uint64_t& word : ring.words) word = *numbers(64);
  std::uint64_t taken = 0;

  for (const Damage& damage : *damages(capacity)) {
    switch (damage.kind) {
      case Damage::kWord: ring.words[damage.at] = damage.value; break;
      case Damage::kTail: ring.header.tail.store(taken + damage.value); break;
      case Damage::kHead: ring.header.head.store(damage.value); break;
      case Damage::kLook: take_all(ring, taken); break;
    }
  }
  take_all(ring, taken);
}

RC_GTEST_PROP(RingPropertyTest, AProducerNeverWritesOutsideWhateverTheConsumerSays, ()) {
  const std::size_t capacity = *capacities();
  Ring ring(capacity);

  for (const std::uint64_t head : *gen::container<std::vector<std::uint64_t>>(numbers(capacity))) {
    ring.header.head.store(head);
    const std::vector<std::byte> message(*gen::inRange<std::size_t>(0, 4 * capacity));
    const bool pushed = ring.producer.push(message);
    // Nothing larger goes in, by whatever head; AddressSanitizer sees where it went.
    RC_ASSERT(!pushed || message.size() + 8 <= capacity);
  }
}

}  // namespace
}  // namespace manta::ring_property_test
