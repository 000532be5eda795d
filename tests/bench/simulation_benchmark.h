// SPDX-License-Identifier: Apache-2.0
// The rows of manta_simulation_benchmark.
#pragma once

#include <string_view>

namespace manta::bench {

/// How good the configurations are that schedulers find on the learning curves in the folder taskset/ of
/// $MANTA_DATA_DIR, as means over six tasks and seeds 1 to `seeds`; without them, says so and prints nothing.
void measure_taskset(std::string_view name, int seeds);

/// What a report and a finished trial cost under each scheduler that has no row of its own.
void measure_schedulers(std::string_view name);

}  // namespace manta::bench
