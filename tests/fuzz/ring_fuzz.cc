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
      default: push(input.byte()); break;
    }
  }

  void look() {
    const std::uint64_t tail = header_.tail.load();
    while (const auto message = consumer_.front()) {
      MANTA_CHECK(message->data() >= data() && message->data() + message->size() <= data() + words_.size() * 8,
                  "a message lies outside the ring");
      last_.assign(message->begin(), message->end());  // Reads it all.
      consumer_.pop();
      MANTA_CHECK(tail - header_.head.load() <= words_.size() * 8, "more was taken than was published");
      MANTA_CHECK(++looks_ < 1'000'000, "the ring never ends");
    }
    MANTA_CHECK(consumer_.is_corrupt() || consumer_.empty(), "a message was neither read nor refused");
  }

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
  std::vector<std::byte> last_;
  std::size_t looks_ = 0;
};

// An input for the smallest ring, step by step.
class Steps {
 public:
  Steps& word(std::uint8_t at, std::uint64_t value) {
    writer_.byte(kWord).byte(at).word(value);
    return *this;
  }
  Steps& tail(std::uint64_t value) {
    writer_.byte(kTail).word(value);
    return *this;
  }
  Steps& head(std::uint64_t value) {
    writer_.byte(kHead).word(value);
    return *this;
  }
  Steps& look() {
    writer_.byte(kLook);
    return *this;
  }
  Steps& push(std::uint8_t size) {
    writer_.byte(kPush).byte(size);
    return *this;
  }
  const FuzzInput& input() const { return writer_.input(); }

 private:
  FuzzWriter writer_ = FuzzWriter().byte(0);  // The first byte is the size.
};

}  // namespace

std::vector<FuzzInput> fuzz_seeds() {
  constexpr std::uint64_t kSkip = ~std::uint64_t{0};
  return {
      Steps().word(0, 5).tail(16).look().input(),
      Steps().push(3).push(0).look().push(7).look().input(),
      Steps().push(6).look().push(8).head(64).push(9).look().input(),
      Steps().head(64).push(200).input(),
      Steps().push(80).look().word(6, kSkip).tail(80).look().input(),
  };
}

}  // namespace manta

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  manta::FuzzReader input({data, size});
  manta::RingUnderAttack ring(std::size_t{64} << (input.byte() % 4));
  while (!input.empty()) ring.run(input);
  ring.look();
  return 0;
}
