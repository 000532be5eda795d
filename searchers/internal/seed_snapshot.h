// SPDX-License-Identifier: Apache-2.0
// The frame of all searchers' snapshots, and all of it where suggestions depend on nothing but space and seed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "tune/space/space.h"
#include "tune/trial/snapshot.h"

namespace manta::internal {

/// `{"<class_name>":{"seed":…,"space":"…"}}`. The space is kept as a fingerprint only.
Snapshot save_seed(std::string_view class_name, const Space& space, std::uint64_t seed);

/// Equal for spaces that give the same suggestions: the order of parameters counts only among grids.
std::string fingerprint(const Space& space);

/// The error that a snapshot is not one of `class_name`.
Error refused(std::string_view class_name, const std::string& why);

/// Whether `snapshot` is `{"<class_name>":{…}}` with the members `names` and no other, its "seed" is one, and its
/// "space" the fingerprint of `space`.
/// Errors: kInvalidArgument: of another class, made for another space, or damaged; the message says which.
Result<void> check_frame(std::string_view class_name, const Space& space, const Snapshot& snapshot,
                         const std::vector<std::string>& names);

/// The seed that save_seed() was given.
/// Errors: as of check_frame().
Result<std::uint64_t> restore_seed(std::string_view class_name, const Space& space, const Snapshot& snapshot);

}  // namespace manta::internal
