// SPDX-License-Identifier: Apache-2.0
// Sizes as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace manta {

/// "2.1 GiB", "512 MiB", "1 byte": in the largest unit of which there is at least one, with a decimal below ten.
std::string byte_text(std::uint64_t bytes);

}  // namespace manta
