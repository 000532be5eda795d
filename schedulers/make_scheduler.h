// SPDX-License-Identifier: Apache-2.0
// Schedulers by name.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "core/base/result.h"
#include "tune/scheduler.h"
#include "tune/trial/objective.h"

namespace manta {

/// The scheduler that `text` asks for: "fifo", or "asha" with any of "asha:grace=1,eta=4,max_t=100".
/// `max_iterations` is the experiment's; ASHA's max_t where the text gives none (100 where neither does).
/// Errors: kInvalidArgument: the message names the part that is wrong and lists what is allowed, with ranges.
Result<std::unique_ptr<TrialScheduler>> make_scheduler(std::string_view text, const Objective& objective,
                                                       std::optional<std::int64_t> max_iterations = std::nullopt);

}  // namespace manta
