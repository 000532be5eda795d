// SPDX-License-Identifier: Apache-2.0
// A whole file, unpacked if it is packed.
#pragma once

#include <filesystem>
#include <string>

#include "core/base/result.h"

namespace manta::torch::internal {

/// The content of `path`; what gzip packed is unpacked, whatever the file is called. Blocks.
/// Errors: kNotFound: there is no such file; kInvalidArgument: packed, but damaged or cut short; kSystem: it cannot be
/// read. The message begins with the path.
Result<std::string> read_file(const std::filesystem::path& path);

}  // namespace manta::torch::internal
