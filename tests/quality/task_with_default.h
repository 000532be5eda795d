// SPDX-License-Identifier: Apache-2.0
// A task whose user wrote defaults, good or misleading ones.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "tests/quality/quality_task.h"

namespace manta::quality {

/// Which of kDefaultDraws random configurations is the default, from the best on.
enum class DefaultRank : std::uint8_t {
  kBest = 0,          ///< Better than all others.
  kGood = 9,          ///< Better than 95 % of them.
  kMisleading = 189,  ///< Worse than 95 %.
};
inline constexpr int kDefaultDraws = 200;

/// `task`, which must outlive it, with defaults of `confidence`. The draws are keyed by `seed`; what has no value is
/// drawn again, up to ten times as many in all.
std::unique_ptr<QualityTask> task_with_default(const QualityTask& task, DefaultRank rank, Confidence confidence,
                                               std::uint64_t seed);

}  // namespace manta::quality
