// SPDX-License-Identifier: Apache-2.0
// The protocol of the doorbell as a model, whose every order of steps is tried: no message is left lying while all
// sleep.
//
// Each step is one access to shared memory of core/shm/doorbell.cc, or of the loops that use it. Senders publish a
// message and ring; the receiver looks, and sleeps when it has seen nothing. A sender may die between any two steps of
// ring(); somebody notices that afterwards and rings all. Somebody else may write over the doorbell between any two
// steps, once; then the node may find a message beside which the receiver sleeps, and rings all, once: that is to put
// it right for good.
#include <gtest/gtest.h>

#include <array>
#include <set>
#include <vector>

namespace manta::doorbell_model_test {
namespace {

constexpr std::size_t kSenders = 2;
constexpr int kMessagesEach = 2;

enum SenderStep : std::uint8_t {
  kPublish,
  kReadAwake,
  kReadRung,
  kExchangeRung,
  kAdvance,
  kWake,
  kSent,
  kDead,
  kBuried
};
enum ReceiverStep : std::uint8_t {
  kEnterAwake,
  kLook,
  kReadSequence,
  kLeaveClear,
  kLeaveAwake,
  kLookAgain,
  kFutexWait,
  kSleeping,
  kLinger
};

struct State {
  std::array<std::uint8_t, kSenders> sender{};  // SenderStep
  std::array<std::uint8_t, kSenders> published{};
  std::uint8_t receiver = kEnterAwake;
  std::uint8_t messages = 0;  // Published and not yet taken.
  std::uint8_t awake = 0;
  std::uint8_t rung = 0;
  std::uint8_t sequence = 0;
  std::uint8_t sequence_read = 0;
  std::uint8_t counted = 0;  // By the receiver, in memory of its own: awake, as it should be.
  bool is_damaged = false;
  bool is_mended = false;

  auto operator<=>(const State&) const = default;
};

// Breaks the protocol on purpose, to see that the model would notice.
enum class Mutation {
  kNone,
  kLeaveDoesNotClear,
  kLooksOnlyBeforeLeave,
  kDeathIsNotNoticed,
  kDamageIsNotNoticed,
  kCountsInTheDoorbell
};

// What may happen to senders, and to the doorbell.
enum class Harm { kNone, kDeaths, kDamage };

class Explorer {
 public:
  explicit Explorer(Mutation mutation, Harm harm = Harm::kNone) : mutation_(mutation), harm_(harm) {}

  /// Whether some order of steps ends with everybody still and a message that nobody has taken.
  bool finds_lost_message() {
    std::vector<State> open{State{}};
    seen_.insert(open.back());
    while (!open.empty()) {
      const State state = open.back();
      open.pop_back();
      std::vector<State> next;
      for (std::size_t i = 0; i < kSenders; ++i) step_sender(state, i, next);
      step_receiver(state, next);
      mend(state, next);
      if (next.empty() && state.messages > 0) return true;
      if (harm_ == Harm::kDamage && !state.is_damaged) damage(state, next);
      for (const State& successor : next)
        if (seen_.insert(successor).second) open.push_back(successor);
    }
    return false;
  }
  std::size_t states() const { return seen_.size(); }

 private:
  static void wake(State& state) {
    if (state.receiver == kSleeping) state.receiver = kEnterAwake;
  }

  // All words, or one of them, get the same byte.
  static void damage(const State& before, std::vector<State>& next) {
    constexpr int kAll = 3;
    for (const std::uint8_t byte : {0, 1, 0x7f, 0xff}) {
      for (int word = 0; word <= kAll; ++word) {
        State state = before;
        state.is_damaged = true;
        if (word == 0 || word == kAll) state.awake = byte;
        if (word == 1 || word == kAll) state.rung = byte;
        if (word == 2 || word == kAll) state.sequence = byte;
        next.push_back(state);
      }
    }
  }
  // The node finds a message beside which the receiver sleeps, at some time, and once.
  void mend(State state, std::vector<State>& next) const {
    if (!state.is_damaged || state.is_mended || mutation_ == Mutation::kDamageIsNotNoticed) return;
    if (state.receiver != kSleeping || state.messages == 0) return;
    state.is_mended = true;
    ++state.sequence;
    wake(state);
    next.push_back(state);
  }
  // What the doorbell says after the receiver's count has changed by `change`.
  void publish(State& state, int change) const {
    state.counted = static_cast<std::uint8_t>(state.counted + change);
    state.awake = mutation_ == Mutation::kCountsInTheDoorbell ? static_cast<std::uint8_t>(state.awake + change)
                                                              : state.counted;
  }

  static void end_of_ring(State& state, std::size_t i) {
    state.sender[i] = state.published[i] < kMessagesEach ? kPublish : kSent;
  }

  void step_sender(const State& before, std::size_t i, std::vector<State>& next) const {
    State state = before;
    switch (state.sender[i]) {
      case kPublish:
        ++state.messages;
        ++state.published[i];
        state.sender[i] = kReadAwake;
        break;
      case kReadAwake:
        state.sender[i] = kReadRung;
        if (state.awake != 0) end_of_ring(state, i);
        break;
      case kReadRung:
        state.sender[i] = kExchangeRung;
        if (state.rung != 0) end_of_ring(state, i);
        break;
      case kExchangeRung:
        state.sender[i] = kAdvance;
        if (state.rung != 0) end_of_ring(state, i);
        state.rung = 1;
        break;
      case kAdvance:
        ++state.sequence;
        state.sender[i] = kWake;
        break;
      case kWake:
        wake(state);
        end_of_ring(state, i);
        break;
      case kDead:
        if (mutation_ == Mutation::kDeathIsNotNoticed) return;
        ++state.sequence;  // ring_all(), in one step: nobody else depends on what lies between.
        wake(state);
        state.sender[i] = kBuried;
        break;
      default: return;
    }
    next.push_back(state);
    if (harm_ == Harm::kDeaths && before.sender[i] != kPublish && before.sender[i] != kDead) {
      State dead = before;
      dead.sender[i] = kDead;
      next.push_back(dead);
    }
  }

  void step_receiver(const State& before, std::vector<State>& next) const {
    State state = before;
    switch (state.receiver) {
      case kEnterAwake:
        publish(state, 1);
        state.receiver = kLook;
        break;
      case kLook:
        if (state.messages > 0) {  // It may have what it waited for, and linger before it looks again.
          State busy = before;
          busy.messages = 0;
          busy.receiver = kLinger;
          next.push_back(busy);
        }
        state.receiver = state.messages > 0 ? kLook : kReadSequence;
        state.messages = 0;
        break;
      case kLinger: state.receiver = kLook; break;
      case kReadSequence:
        state.sequence_read = state.sequence;
        state.receiver = kLeaveClear;
        break;
      case kLeaveClear:
        if (mutation_ != Mutation::kLeaveDoesNotClear) state.rung = 0;
        state.receiver = kLeaveAwake;
        break;
      case kLeaveAwake:
        publish(state, -1);
        state.receiver = mutation_ == Mutation::kLooksOnlyBeforeLeave ? kFutexWait : kLookAgain;
        break;
      case kLookAgain: state.receiver = state.messages > 0 ? kEnterAwake : kFutexWait; break;
      case kFutexWait: state.receiver = state.sequence != state.sequence_read ? kEnterAwake : kSleeping; break;
      default: return;
    }
    next.push_back(state);
  }

  const Mutation mutation_;
  const Harm harm_;
  std::set<State> seen_;
};

TEST(DoorbellModelTest, NoOrderOfStepsLosesAMessage) {
  Explorer explorer(Mutation::kNone);

  EXPECT_FALSE(explorer.finds_lost_message());
  EXPECT_GT(explorer.states(), 10000u);
}

TEST(DoorbellModelTest, NorDoesTheDeathOfASenderAnywhere) {
  EXPECT_FALSE(Explorer(Mutation::kNone, Harm::kDeaths).finds_lost_message());
}

TEST(DoorbellModelTest, WhoeverWritesOverTheDoorbellStopsNobodyForGood) {
  Explorer explorer(Mutation::kNone, Harm::kDamage);

  EXPECT_FALSE(explorer.finds_lost_message());
  EXPECT_GT(explorer.states(), 100000u);
}

TEST(DoorbellModelTest, EachPartOfTheProtocolIsNeeded) {
  EXPECT_TRUE(Explorer(Mutation::kLooksOnlyBeforeLeave).finds_lost_message());
  EXPECT_TRUE(Explorer(Mutation::kLeaveDoesNotClear).finds_lost_message());
  EXPECT_TRUE(Explorer(Mutation::kDeathIsNotNoticed, Harm::kDeaths).finds_lost_message());
  EXPECT_TRUE(Explorer(Mutation::kDamageIsNotNoticed, Harm::kDamage).finds_lost_message());
  EXPECT_TRUE(Explorer(Mutation::kCountsInTheDoorbell, Harm::kDamage).finds_lost_message());
}

}  // namespace
}  // namespace manta::doorbell_model_test
