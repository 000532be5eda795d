// SPDX-License-Identifier: Apache-2.0
// A system that refuses calls: the n-th, or all from there on, of one kind.
#pragma once

#include <climits>
#include <string_view>

namespace manta {

/// Those that the runtime makes to have memory, descriptors and processes.
enum class SystemCall {
  kMemfdCreate,
  kFtruncate,
  kMmap,
  kDuplicate,  ///< fcntl with F_DUPFD_CLOEXEC.
  kOpen,       ///< Also openat.
  kSocketpair,
  kPipe,
  kEpollCreate,
  kEpollControl,
  kEventfd,
  kSignalfd,
  kPosixSpawn,
  kFork,
};
/// As it stands in messages.
std::string_view name_of(SystemCall call);

struct RefusedCalls {
  SystemCall call = SystemCall::kMmap;
  int first = 0;        ///< Counted from 0, from when they are refused.
  int count = INT_MAX;  ///< How many from there on.
};

/// Programs that link refused_calls.cc only, and not under a sanitizer, which makes such calls itself.
extern const bool kCanRefuseCalls;

/// Of this process, of all its threads.
void refuse_calls(const RefusedCalls& refused);
/// Ends that. How many were refused.
int grant_calls();

/// Of fork servers that are started from now on.
void refuse_calls_of_servers(const RefusedCalls& refused);
/// Of the first `workers` of each fork server that is started from now on, of each by itself.
void refuse_calls_of_workers(const RefusedCalls& refused, int workers);
/// Later ones have all.
void grant_calls_of_others();

}  // namespace manta
