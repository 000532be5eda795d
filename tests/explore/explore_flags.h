// SPDX-License-Identifier: Apache-2.0
// How far the explorers of this program go.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tests/support/sanitizer.h"

namespace manta {

/// How far a sanitizer goes with it: it looks at what each step does, which hardly depends on the order.
inline constexpr std::size_t kMaxStates = kIsSanitized ? 500 : 2'000;

/// From the command line: --max-states=N, --walks=N, --seed=N (of the first walk; with --walks=1 it repeats one).
struct ExploreFlags {
  std::size_t max_states = kMaxStates;
  std::size_t walks = kIsSanitized ? 30 : 60;
  std::uint64_t seed = 1;
};

const ExploreFlags& explore_flags();

}  // namespace manta
