// SPDX-License-Identifier: Apache-2.0
// Counter-based random numbers: the stream is a function of its key, whoever draws first.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace manta {

/// Random numbers of the stream named by (seed, stream, substream); equal keys give equal numbers on every machine.
///
/// Source: Philox4x32-10, Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011. The key is `seed`,
/// the counter's upper words are `stream` and `substream`.
/// Thread-safety: as a value.
class RandomStream {
 public:
  using result_type = std::uint64_t;  // UniformRandomBitGenerator.

  RandomStream(std::uint64_t seed, std::uint64_t stream, std::uint32_t substream = 0)
      : seed_(seed), stream_(stream), substream_(substream) {}

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~result_type{0}; }
  result_type operator()();

  /// Uniform in [0, 1), 53 bits.
  double uniform();
  /// Uniform in {0, …, n - 1}, without bias. `n` > 0.
  std::uint64_t below(std::uint64_t n);
  /// Standard normal (Box and Muller 1958).
  double normal();

 private:
  void refill();

  std::uint64_t seed_;
  std::uint64_t stream_;
  std::uint32_t substream_;
  std::uint32_t block_ = 0;
  std::array<std::uint64_t, 2> words_{};
  int left_ = 0;
};

/// A 64-bit key from a name (FNV-1a), for streams and registries. Stable across machines and versions.
constexpr std::uint64_t hash_name(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325ull;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  return hash;
}

}  // namespace manta
