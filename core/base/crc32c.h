// SPDX-License-Identifier: Apache-2.0
// CRC-32C (Castagnoli), the checksum of checkpoints.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace manta {

/// The checksum of `bytes`, or of what `previous` covered followed by `bytes`. RFC 3720, section 12.1.
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t previous = 0);

}  // namespace manta
