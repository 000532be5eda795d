// SPDX-License-Identifier: Apache-2.0
// A disk that fails at a given call.
#pragma once

#include <cstdint>

namespace manta {

/// What the program asks of its disk, counted while a fault is armed: writes to files (also those that make a file
/// longer, and new names of files), and syncs of them. Standard streams are left out.
enum class DiskCall { kWrite, kSync };

struct DiskFault {
  DiskCall call = DiskCall::kWrite;
  std::int64_t at = 1;  ///< The first call that fails.
  int error = 0;        ///< Its errno. A write for which there is no space (ENOSPC) writes half of its bytes before.
  bool lasts = false;   ///< All later calls of the kind fail too.
};

/// From now on calls are counted, and fail as `fault` says. Programs that link disk_faults.cc only, and not under a
/// sanitizer, which has such functions of its own.
///
/// Thread-safety: none of these three; what is counted may be called from any thread.
void arm_disk_fault(const DiskFault& fault);
/// No call fails any more; they are counted on.
void disarm_disk_fault();
/// How many calls of the kind there were since the fault was armed.
std::int64_t disk_calls(DiskCall call);

/// Whether that works here.
extern const bool kCanFailDisks;

}  // namespace manta
