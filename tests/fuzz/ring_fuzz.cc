// SPDX-License-Identifier: Apache-2.0
// A ring whose other end writes anything into the memory that both see.
#include "core/base/check.h"
#include "core/shm/ring.h"
#include "tests/fuzz/fuzz_target.h"

namespace manta {
namespace {

// The steps of an input: a byte, and what it takes.
enum Step : std::uint8_t { kWord, kTail, kHead, kLook, kPush, kSteps };

class RingUnderAttack {
 public:
  explicit RingUnderAttack(std::size_t capacity)
      : words_(capacity / 8), producer_(&header_, data(), capacity), consumer_(&header_, data(), capacity) {}

  void run(FuzzReader& input) {
    switch (input.byte() % kSteps) {
      case kWord: {
        const std::size_t at = input.byte() % words_.size();
        words_[at] = input.word();
        break;
      }
      case kTail: header_.tail.store(input.word()); break;
      case kHead: header_.head.store(input.word()); break;
      case kLook: look(); break;
      default: push(input.byte() * words_.size() / 16); break;
    }
  }

  void look() {
    while (const auto message = consumer_.front()) {
      MANTA_CHECK(message->data() >= data() && message->data() + message->size() <= data() + words_.size() * 8,
                  "a message lies outside the ring");
      for (const std::byte b : *message) sum_ += static_cast<std::uint64_t>(b);
      consumer_.pop();
      MANTA_CHECK(++looks_ < 1'000'000, "the ring never ends");
    }
    MANTA_CHECK(consumer_.is_corrupt() || consumer_.empty(), "a message was neither read nor refused");
  }

  std::uint64_t sum() const { return sum_; }

 private:
  std::byte* data() { return reinterpret_cast<std::byte*>(words_.data()); }

  void push(std::size_t size) {
    const std::vector<std::byte> message(size, std::byte{0x5a});
    const bool pushed = producer_.push(message);
    MANTA_CHECK(!pushed || size < words_.size() * 8, "a message went in that is larger than the ring");
  }

  RingHeader header_;
  std::vector<std::uint64_t> words_;
  RingProducer producer_;
  RingConsumer consumer_;
  std::uint64_t sum_ = 0;  // Of all bytes read, so that they are read.
  std::size_t looks_ = 0;
};

}  // namespace

std::vector<FuzzInput> fuzz_seeds() {
  constexpr std::uint64_t kSkip = ~std::uint64_t{0};
  return {
      FuzzWriter().byte(0).byte(kWord).byte(0).word(5).byte(kTail).word(16).byte(kLook).input(),
      FuzzWriter().byte(1).byte(kPush).byte(3).byte(kPush).byte(0).byte(kLook).byte(kPush).byte(7).byte(kLook).input(),
      FuzzWriter()
          .byte(0)
          .byte(kPush)
          .byte(6)
          .byte(kLook)
          .byte(kPush)
          .byte(8)
          .byte(kHead)
          .word(64)
          .byte(kPush)
          .byte(9)
          .byte(kLook)
          .input(),
      FuzzWriter()
          .byte(0)
          .byte(kPush)
          .byte(10)
          .byte(kLook)
          .byte(kWord)
          .byte(6)
          .word(kSkip)
          .byte(kTail)
          .word(80)
          .byte(kLook)
          .input(),
  };
}

}  // namespace manta

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {  // NOLINT(readability-identifier-naming)
  manta::FuzzReader input({data, size});
  manta::RingUnderAttack ring(std::size_t{64} << (input.byte() % 4));
  while (!input.empty()) ring.run(input);
  ring.look();
  return static_cast<int>(ring.sum() & 0);
}
