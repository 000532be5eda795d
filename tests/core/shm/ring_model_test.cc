// SPDX-License-Identifier: Apache-2.0
// The protocol of the ring as a model, whose every order of steps is tried: what is read is what was written, and a
// producer that waits for room is told of it.
//
// Each step is one access to shared memory of core/shm/ring.cc, or the copying of one record. Sizes are in words; a
// record never wraps.
#include <gtest/gtest.h>

#include <array>
#include <set>
#include <vector>

namespace manta::ring_model_test {
namespace {

constexpr int kCapacity = 4;
constexpr std::array<int, 6> kSizes = {1, 2, 2, 1, 2, 2};  // Of the records; the third and the fifth skip the end.
constexpr auto kMessages = static_cast<int>(kSizes.size());
constexpr std::int8_t kSkip = -1;

enum ProducerStep : std::uint8_t { kTry, kReadHead, kAnnounce, kReadHeadAgain, kWrite, kPublish, kWait, kDone };
enum ConsumerStep : std::uint8_t { kReadTail, kReadRecord, kPublishHead, kReadWaits, kTakeWaits, kTell };

struct State {
  // Shared.
  std::array<std::int8_t, kCapacity> data{};  // Which message a word is of, from 1; kSkip.
  std::uint8_t head = 0;
  std::uint8_t tail = 0;
  bool producer_waits = false;
  bool told = false;  // The producer's bell, which rings also for one that is about to sleep.
  // The producer's.
  std::uint8_t producer = kTry;
  std::uint8_t next = 0;
  std::uint8_t own_tail = 0;
  std::uint8_t head_seen = 0;
  std::uint8_t skip_at = 0;  // Where it writes: kSkip here, if `start` is beyond.
  std::uint8_t start = 0;
  // The consumer's.
  std::uint8_t consumer = kReadTail;
  std::uint8_t taken = 0;
  std::uint8_t own_head = 0;
  std::uint8_t tail_seen = 0;
  std::uint8_t front_size = 0;
  bool is_faulty = false;

  auto operator<=>(const State&) const = default;
};

// Breaks the protocol on purpose, to see that the model would notice.
enum class Mutation {
  kNone,
  kDoesNotLookAgain,  // After announcing that it waits.
  kAnnouncesLate,     // After the second look.
  kTellsBeforeHead,   // The consumer looks for who waits before it has made room.
  kPublishesEarly,    // Before the record is written.
  kForgetsSkip,       // When it reckons whether there is room.
};

class Explorer {
 public:
  explicit Explorer(Mutation mutation) : mutation_(mutation) {}

  /// Whether some order ends with a record that is not what was written, or with messages that nobody sends.
  bool finds_fault() {
    std::vector<State> open{State{}};
    seen_.insert(open.back());
    while (!open.empty()) {
      const State state = open.back();
      open.pop_back();
      if (state.is_faulty) return true;
      std::vector<State> next;
      step_producer(state, next);
      step_consumer(state, next);
      if (next.empty() && state.taken < kMessages) return true;
      for (const State& successor : next)
        if (seen_.insert(successor).second) open.push_back(successor);
    }
    return false;
  }
  std::size_t states() const { return seen_.size(); }

 private:
  static int size_of(const State& state) { return kSizes[state.next]; }
  static int skip_before(const State& state) {
    const int to_end = kCapacity - state.own_tail % kCapacity;
    return size_of(state) <= to_end ? 0 : to_end;
  }
  bool fits(const State& state) const {
    const int skip = mutation_ == Mutation::kForgetsSkip ? 0 : skip_before(state);
    return state.own_tail + skip + size_of(state) - state.head_seen <= kCapacity;
  }

  static void write(State& state) {
    if (state.start > state.skip_at) state.data[state.skip_at % kCapacity] = kSkip;
    for (int i = 0; i < size_of(state); ++i)
      state.data[(state.start + i) % kCapacity] = static_cast<std::int8_t>(state.next + 1);
  }
  static void publish(State& state) {
    state.own_tail = static_cast<std::uint8_t>(state.start + size_of(state));
    state.tail = state.own_tail;
  }
  static void go_on(State& state) { state.producer = ++state.next < kMessages ? kTry : kDone; }

  void step_producer(const State& before, std::vector<State>& next) const {
    State state = before;
    const bool is_early = mutation_ == Mutation::kPublishesEarly;
    switch (state.producer) {
      case kTry: state.producer = fits(state) ? kWrite : kReadHead; break;
      case kReadHead:
        state.head_seen = state.head;
        state.producer = fits(state) ? kWrite : mutation_ == Mutation::kAnnouncesLate ? kReadHeadAgain : kAnnounce;
        break;
      case kAnnounce:
        state.producer_waits = true;
        state.producer =
            mutation_ == Mutation::kDoesNotLookAgain || mutation_ == Mutation::kAnnouncesLate ? kWait : kReadHeadAgain;
        break;
      case kReadHeadAgain:
        state.head_seen = state.head;
        state.producer = fits(state) ? kWrite : mutation_ == Mutation::kAnnouncesLate ? kAnnounce : kWait;
        break;
      case kWrite:
        state.skip_at = state.own_tail;
        state.start = static_cast<std::uint8_t>(state.own_tail + skip_before(state));
        is_early ? publish(state) : write(state);
        state.producer = kPublish;
        break;
      case kPublish:
        is_early ? write(state) : publish(state);
        go_on(state);
        break;
      case kWait:
        if (!state.told) return;
        state.told = false;
        state.producer = kTry;
        break;
      default: return;
    }
    next.push_back(state);
  }

  // The record at the consumer's head: is it the one that comes next?
  static void read_record(State& state) {
    std::uint8_t at = state.own_head;
    std::uint8_t skipped = 0;
    if (state.data[at % kCapacity] == kSkip) {
      skipped = static_cast<std::uint8_t>(kCapacity - at % kCapacity);
      at = static_cast<std::uint8_t>(at + skipped);
    }
    const int size = kSizes[state.taken];
    for (int i = 0; i < size; ++i) state.is_faulty |= state.data[(at + i) % kCapacity] != state.taken + 1;
    state.front_size = static_cast<std::uint8_t>(skipped + size);
  }

  void step_consumer(const State& before, std::vector<State>& next) const {
    State state = before;
    const bool tells_first = mutation_ == Mutation::kTellsBeforeHead;
    switch (state.consumer) {
      case kReadTail:
        if (state.tail_seen != state.own_head) {  // It has not taken all that it knows of.
          state.consumer = kReadRecord;
          break;
        }
        if (state.tail == state.own_head) return;  // It sleeps; a published record wakes it (see the doorbell's model).
        state.tail_seen = state.tail;
        state.consumer = kReadRecord;
        break;
      case kReadRecord:
        read_record(state);
        state.consumer = tells_first ? kReadWaits : kPublishHead;
        break;
      case kPublishHead:
        state.own_head = static_cast<std::uint8_t>(state.own_head + state.front_size);
        state.head = state.own_head;
        ++state.taken;
        state.consumer = tells_first ? kReadTail : kReadWaits;
        break;
      case kReadWaits:
        state.consumer = state.producer_waits ? kTakeWaits : tells_first ? kPublishHead : kReadTail;
        break;
      case kTakeWaits:
        state.consumer = state.producer_waits ? kTell : kReadTail;
        state.producer_waits = false;
        break;
      case kTell:
        state.told = true;
        state.consumer = tells_first ? kPublishHead : kReadTail;
        break;
      default: return;
    }
    next.push_back(state);
  }

  const Mutation mutation_;
  std::set<State> seen_;
};

TEST(RingModelTest, NoOrderOfStepsLosesRoomOrDamagesARecord) {
  Explorer explorer(Mutation::kNone);

  EXPECT_FALSE(explorer.finds_fault());
  EXPECT_GT(explorer.states(), 300u);
}

TEST(RingModelTest, EachPartOfTheProtocolIsNeeded) {
  EXPECT_TRUE(Explorer(Mutation::kDoesNotLookAgain).finds_fault());
  EXPECT_TRUE(Explorer(Mutation::kAnnouncesLate).finds_fault());
  EXPECT_TRUE(Explorer(Mutation::kTellsBeforeHead).finds_fault());
  EXPECT_TRUE(Explorer(Mutation::kPublishesEarly).finds_fault());
  EXPECT_TRUE(Explorer(Mutation::kForgetsSkip).finds_fault());
}

}  // namespace
}  // namespace manta::ring_model_test
