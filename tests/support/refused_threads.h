// SPDX-License-Identifier: Apache-2.0
// A system that gives no more threads.
#pragma once

#include <atomic>

namespace manta {

/// While above 0, each thread that the process wants is counted down and given; at 0 none is given; below, all are.
/// Programs that link refused_threads.cc only, and not under a sanitizer, which has a pthread_create of its own.
extern std::atomic<int> g_threads_left;
/// Whether that works here.
extern const bool kCanRefuseThreads;

}  // namespace manta
