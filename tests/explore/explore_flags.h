// SPDX-License-Identifier: Apache-2.0
// How far the explorers of this program go.
#pragma once

#include <cstddef>
#include <cstdint>

namespace manta {

/// From the command line: --max-states=N, --walks=N, --seed=N (of the first walk; with --walks=1 it repeats one).
struct ExploreFlags {
  std::size_t max_states = 2'000;
  std::size_t walks = 60;
  std::uint64_t seed = 1;
};

const ExploreFlags& explore_flags();

}  // namespace manta
