// SPDX-License-Identifier: Apache-2.0
// The snapshot of a searcher whose suggestions depend on nothing but its space and its seed.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/result.h"
#include "tune/space/space.h"
#include "tune/trial/snapshot.h"

namespace manta::internal {

/// `{"<class_name>":{"seed":…,"space":"…"}}`. The space is kept as a fingerprint only.
Snapshot save_seed(std::string_view class_name, const Space& space, std::uint64_t seed);

/// The seed that save_seed() was given.
/// Errors: kInvalidArgument: of another class, made for another space, or damaged; the message says which.
Result<std::uint64_t> restore_seed(std::string_view class_name, const Space& space, const Snapshot& snapshot);

}  // namespace manta::internal
