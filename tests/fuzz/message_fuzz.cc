// SPDX-License-Identifier: Apache-2.0
// Any bytes for a message.
#include "core/base/random.h"
#include "core/net/message.h"
#include "tests/fuzz/fuzz_target.h"

namespace manta {

// Rows of numbers that any layout has: nothing, few, all ones, one in each 16 bits, a place in the store.
std::vector<FuzzInput> fuzz_seeds() {
  constexpr std::uint64_t kWords[] = {0, 0, 1, 2, 8, ~std::uint64_t{0}, 0x10000, 0x100010001, 0x1000100010001, 4096};
  constexpr std::uint64_t kStoreSize = 1 << 20;
  RandomStream random(1, hash_name("message seeds"));
  std::vector<FuzzInput> seeds;
  for (std::size_t length = 0; length <= 64; ++length) {
    FuzzWriter seed;
    seed.word(kStoreSize);
    for (std::size_t i = 0; i < length % 17; ++i) seed.word(kWords[random.below(std::size(kWords))]);
    seeds.push_back(seed.input());
  }
  return seeds;
}

}  // namespace manta

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  manta::FuzzReader input({data, size});
  const std::uint64_t store_size = input.word();
  const std::vector<std::byte> bytes = input.rest();
  const auto message = manta::Message::parse(bytes, store_size);
  // The text is a copy of bytes that the message views: AddressSanitizer sees whether they are its own.
  if (message) static_cast<void>(message->text());
  return 0;
}
