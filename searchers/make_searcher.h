// SPDX-License-Identifier: Apache-2.0
// Searchers by name.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "core/base/result.h"
#include "tune/searcher.h"
#include "tune/space/space.h"

namespace manta {

/// The searcher called `name`: "random" or "grid"; "" is "grid" if the space has a grid parameter, else "random".
/// `samples` is how often the grid is repeated; a random searcher has no end, and whoever runs it stops after
/// `samples`. Errors: kInvalidArgument: no such searcher (the message lists them), "grid" for a space without a grid
/// parameter, a grid of 2^62 points or more, or samples < 1.
Result<std::unique_ptr<Searcher>> make_searcher(std::string_view name, const Space& space, std::uint64_t seed,
                                                std::int64_t samples);

}  // namespace manta
