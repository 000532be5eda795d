// SPDX-License-Identifier: Apache-2.0
// Random histories: how many a test plays, and how one that fails is played again.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace manta {

/// The seeds from `first`, `count` of them.
struct Histories {
  std::uint64_t first = 0;
  std::uint64_t count = 1;

  /// `usual` from seed 0, fewer under a sanitizer. MANTA_HISTORIES=N in the environment: N. MANTA_SEED=N: that one, or
  /// from that one on.
  static Histories of_environment(std::uint64_t usual);
};

/// While it lives, a failure of the test, or a CHECK that ends the program, shows the command that plays this seed
/// again.
///
/// Thread-safety: one at a time.
class PlayedHistory {
 public:
  explicit PlayedHistory(std::uint64_t seed);
  PlayedHistory(const PlayedHistory&) = delete;
  PlayedHistory& operator=(const PlayedHistory&) = delete;
  ~PlayedHistory();

  /// "MANTA_SEED=7 /path/to/test --gtest_filter='Suite.Name'": program, filter and seed.
  static std::string command(std::uint64_t seed);

 private:
  const ::testing::ScopedTrace trace_;
};

/// Calls `play` with the seed of each history, until one fails.
template <class Play>
void play_histories(std::uint64_t usual, const Play& play) {
  const Histories histories = Histories::of_environment(usual);
  for (std::uint64_t n = 0; n < histories.count && !::testing::Test::HasFailure(); ++n) {
    const PlayedHistory played(histories.first + n);
    play(histories.first + n);
  }
}

}  // namespace manta
