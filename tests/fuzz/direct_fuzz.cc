// SPDX-License-Identifier: Apache-2.0
// Two workers with a pair of rings between them, of which either writes anything into the memory that both see.
#include <cstring>
#include <deque>
#include <map>
#include <span>
#include <vector>

#include "core/base/check.h"
#include "core/worker/direct_calls.h"
#include "core/worker/direct_service.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/worker_end.h"

namespace manta {
namespace {

// The steps of an input: a byte, and what it takes. The last three damage what is shared.
enum Step : std::uint8_t {
  kCall,
  kTakeCalls,
  kAnswer,
  kTakeAnswers,
  kFence,
  kHeader,
  kCallsWord,
  kAnswersWord,
  kSteps
};

constexpr std::uint64_t kActor = 9;
constexpr std::uint64_t kKey = 2;
constexpr std::uint32_t kSlot = 0;

class PairUnderAttack {
 public:
  PairUnderAttack() {
    std::memset(page().data() + kOffset, 0, DirectLayout::kTotalBytes);  // Of the input before.
    layout_ = new (page().data() + kOffset) DirectLayout;
    layout_->caller_bell = 1;
    layout_->callee_bell = 2;
    for (std::uint32_t i = 0; i <= WorkerEnd::kDirectAfter; ++i) call(8);
    service_.open(kKey, kSlot, 5);
    calls_.open(kActor, kSlot);
    call(8);
    service_.raise_fence(kKey, ++fence_);
  }

  void run(FuzzReader& input) {
    switch (input.byte() % kSteps) {
      case kCall: call(input.byte() * 80U); break;
      case kTakeCalls: take_calls(input.byte()); break;
      case kAnswer: answer(input.byte() * 80U); break;
      case kTakeAnswers: take_answers(); break;
      case kFence: service_.raise_fence(kKey, input.byte() == 0 ? input.word() : ++fence_); break;
      case kHeader: damage(&layout_->caller_bell, DirectLayout::kHeaderBytes / 8, input); break;
      case kCallsWord: damage(layout_->calls_data(), DirectLayout::kRingBytes / 8, input); break;
      default: damage(layout_->answers_data(), DirectLayout::kRingBytes / 8, input); break;
    }
    caller_.take();
    callee_.take();
  }

  // Whoever dies, the other ends in order.
  void end() {
    service_.end(kKey);
    take_calls(255);
    while (!taken_.empty()) answer(8);
    std::vector<DirectCalls::Settled> settled;
    calls_.lose(kActor, settled, [](std::uint64_t) { return Error{ErrorCode::kActorDied, "it died"}; });
    settle(settled);
    calls_.close(kActor);
    for (const auto& [number, times] : direct_) MANTA_CHECK(times == 1, "a call has no end, or two");
  }

 private:
  static constexpr std::size_t kOffset = DirectSlots::offset_of(kSlot);

  void call(std::size_t size) {
    Call one{.type = MessageType::kCallMethod, .function = 7, .result = make_object(ObjectId{5, ++made_})};
    one.add_bytes(std::vector<std::byte>(size, std::byte{1}));
    const std::lock_guard lock(calls_.order());
    if (calls_.send(kActor, one, [](std::uint32_t) {})) direct_[made_] = 0;
  }

  void take_calls(std::size_t most) {
    service_.take_calls(most);
    std::vector<std::byte> bytes;
    while (queue_.pop(bytes)) {
      const auto message = Message::parse(bytes, 0);
      MANTA_CHECK(message, "a worker is to run what is no message");
      MANTA_CHECK(DirectNumber::is(message->header.call) && DirectNumber::key(message->header.call) == kKey,
                  "a call has another pair's number");
      taken_.push_back(message->header.call);
    }
  }

  void answer(std::size_t size) {
    if (taken_.empty()) return;
    EncodedValue value;
    value.inline_bytes.resize(size);
    const auto by_node = service_.answer(taken_.front(), value, size % 3 != 0);
    taken_.pop_front();
    const ObjectPtr result = by_node ? calls_.take(by_node->call) : nullptr;
    if (result) settle({{result, std::move(value)}});
  }

  void take_answers() {
    std::vector<DirectCalls::Settled> settled;
    calls_.take_answers(100, settled);
    calls_.release_answers();
    settle(settled);
  }

  void settle(const std::vector<DirectCalls::Settled>& settled) {
    for (const DirectCalls::Settled& one : settled) {
      const auto it = direct_.find(one.result->id().number);
      MANTA_CHECK(it != direct_.end() && ++it->second == 1, "an answer belongs to no call, or to one that has its own");
    }
  }

  // One word in the 8-byte words behind `begin`.
  static void damage(void* begin, std::size_t words, FuzzReader& input) {
    const std::uint64_t at = input.word() % words;
    const std::uint64_t value = input.word();
    std::memcpy(static_cast<std::byte*>(begin) + 8 * at, &value, sizeof value);
  }

  static const SharedMemory& page() {
    static const SharedMemory page = SharedMemory::create("page", DirectSlots::kFileBytes).value();
    return page;
  }

  WorkerEnd caller_{page(), 1};
  WorkerEnd callee_{page(), 2};
  DirectLayout* layout_ = nullptr;
  MessageQueue queue_;
  DirectCalls calls_{*caller_, true};
  DirectService service_{*callee_, queue_};
  std::uint64_t made_ = 0;
  std::uint64_t fence_ = 0;
  std::deque<std::uint64_t> taken_;
  std::map<std::uint64_t, int> direct_;  // How often each was settled.
};

// An input, step by step.
class Steps {
 public:
  Steps& step(Step step) {
    writer_.byte(step);
    return *this;
  }
  Steps& step(Step step, std::uint8_t value) {
    writer_.byte(step).byte(value);
    return *this;
  }
  Steps& damage(Step step, std::uint64_t at, std::uint64_t value) {
    writer_.byte(step).word(at).word(value);
    return *this;
  }
  const FuzzInput& input() const { return writer_.input(); }

 private:
  FuzzWriter writer_;
};

}  // namespace

// One input for each word of what was just written: a damaged pair is left alone ever after.
std::vector<FuzzInput> fuzz_seeds() {
  constexpr std::uint64_t kHigh = std::uint64_t{1} << 50;
  Steps in_order;
  for (std::uint8_t i = 0; i < 30; ++i)
    in_order.step(kCall, i).step(kTakeCalls, 2).step(kAnswer, i).step(kTakeAnswers).step(kFence, 1);
  std::vector<FuzzInput> seeds = {in_order.input()};
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{3}, kHigh, ~std::uint64_t{0}}) {
    for (std::uint64_t at = 0; at < 48; ++at) {
      seeds.push_back(
          Steps().step(kCall, 1).damage(kCallsWord, at, value).step(kTakeCalls, 9).step(kAnswer, 1).input());
      seeds.push_back(Steps()
                          .step(kCall, 1)
                          .step(kTakeCalls, 9)
                          .step(kAnswer, 1)
                          .damage(kAnswersWord, at, value)
                          .step(kTakeAnswers)
                          .input());
      seeds.push_back(Steps()
                          .step(kCall, 1)
                          .damage(kHeader, at, value)
                          .step(kTakeCalls, 9)
                          .step(kAnswer, 1)
                          .step(kTakeAnswers)
                          .input());
    }
  }
  return seeds;
}

}  // namespace manta

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  manta::FuzzReader input({data, size});
  manta::PairUnderAttack pair;
  while (!input.empty()) pair.run(input);
  pair.end();
  return 0;
}
