// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace manta {

/// As std::memcpy. What is larger than a core's caches is written past them where the processor can (x86-64): the old
/// bytes of the target need not be read first.
void copy_bytes(std::byte* to, const std::byte* from, std::size_t size);

}  // namespace manta
