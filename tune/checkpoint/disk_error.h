// SPDX-License-Identifier: Apache-2.0
// What to tell people when a disk takes no more.
#pragma once

#include <filesystem>
#include <string_view>

#include "core/base/error.h"

namespace manta {

/// A kStorage error: what was tried with `file`, and the text of `errno_value`. It says "disk full" for ENOSPC and
/// EDQUOT, "disk full or failing" for EIO, EFBIG and 0 (unknown), each with the space that the file's disk has free.
Error disk_error(const std::filesystem::path& file, std::string_view action, int errno_value);

}  // namespace manta
