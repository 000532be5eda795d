// SPDX-License-Identifier: Apache-2.0
// A saved state of one trial, in memory.
#pragma once

#include <cstdint>

#include "core/objects/shared_array.h"

namespace manta {

/// The bytes that CheckpointWriter made after `iteration` iterations. Cheap to copy: the bytes are shared and stay in
/// the object store, or wherever they were made, while a copy lives.
struct Checkpoint {
  std::int64_t iteration = 0;
  double seconds = 0;  ///< Time the trial had run by then.
  SharedArray<std::byte> bytes;
};

}  // namespace manta
