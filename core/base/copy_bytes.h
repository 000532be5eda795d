// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace manta {

/// As std::memcpy. What is larger than a core's caches is written past them where the processor can (x86-64): the old
/// bytes of the target need not be read first. What is much larger is copied by threads that live as long as that, one
/// for each CPU that the process may use, at most four with the calling one: a single CPU cannot use all of the memory's
/// bandwidth. Where none can be started, or the CPUs are busy, the calling thread does what they do not.
void copy_bytes(std::byte* to, const std::byte* from, std::size_t size);

}  // namespace manta
