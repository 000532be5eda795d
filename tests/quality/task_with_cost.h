// SPDX-License-Identifier: Apache-2.0
// A task whose trials take longer the larger a parameter is.
#pragma once

#include <cstdint>
#include <memory>

#include "tests/quality/quality_task.h"
#include "tune/space/unit_cube.h"

namespace manta::quality {

/// `task`, which must outlive it, where a trial takes 10^(2 u) seconds, and u in [0, 1] is where the parameter of a
/// number drawn from `seed` lies, counted from its lower or, as drawn, from its upper end.
std::unique_ptr<QualityTask> task_with_cost(const QualityTask& task, std::uint64_t seed);

}  // namespace manta::quality
