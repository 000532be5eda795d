// SPDX-License-Identifier: Apache-2.0
// Places at which a test can end this process.
#pragma once

namespace manta {

/// Ends this process here, as kill -9 does, if the environment says MANTA_FAILPOINT=NAME:N when the place NAME is come to for the
/// N-th time, N from 1; else does next to nothing. tests/system/deterministic_test.py goes through those of a sweep.
///
/// Thread-safety: any number of threads.
void come_to_failpoint(const char* name);

/// Whether MANTA_FAILPOINT is set to something.
extern const bool has_failpoint;

inline void failpoint(const char* name) {
  if (has_failpoint) come_to_failpoint(name);
}

}  // namespace manta
