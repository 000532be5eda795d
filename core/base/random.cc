// SPDX-License-Identifier: Apache-2.0
#include "core/base/random.h"

#include <cmath>
#include <numbers>

namespace manta {
namespace {

// One of Philox' ten rounds: two 32x32 multiplications, crossed over and keyed.
void philox_round(std::array<std::uint32_t, 4>& counter, std::uint32_t key0, std::uint32_t key1) {
  const std::uint64_t product0 = 0xD2511F53ull * counter[0];
  const std::uint64_t product1 = 0xCD9E8D57ull * counter[2];
  counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key0, static_cast<std::uint32_t>(product1),
             static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key1, static_cast<std::uint32_t>(product0)};
}

}  // namespace

void RandomStream::refill() {
  std::array<std::uint32_t, 4> counter = {block_++, substream_, static_cast<std::uint32_t>(stream_),
                                          static_cast<std::uint32_t>(stream_ >> 32)};
  auto key0 = static_cast<std::uint32_t>(seed_);
  auto key1 = static_cast<std::uint32_t>(seed_ >> 32);
  for (int round = 0; round < 10; ++round) {
    philox_round(counter, key0, key1);
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  words_ = {(std::uint64_t{counter[1]} << 32) | counter[0], (std::uint64_t{counter[3]} << 32) | counter[2]};
  left_ = 2;
}

RandomStream::result_type RandomStream::operator()() {
  if (left_ == 0) refill();
  return words_[static_cast<std::size_t>(2 - left_--)];
}

double RandomStream::uniform() { return static_cast<double>((*this)() >> 11) * 0x1.0p-53; }

std::uint64_t RandomStream::below(std::uint64_t n) {
  const std::uint64_t reject_below = -n % n;  // 2^64 mod n: what is left over after whole cycles of n.
  for (;;) {
    const std::uint64_t draw = (*this)();
    if (draw >= reject_below) return draw % n;
  }
}

double RandomStream::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

}  // namespace manta
