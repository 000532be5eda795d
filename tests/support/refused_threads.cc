// SPDX-License-Identifier: Apache-2.0
#include "tests/support/refused_threads.h"

#include <dlfcn.h>
#include <pthread.h>

#include <cerrno>

#if defined(__has_feature)
#define MANTA_HAS_FEATURE(x) __has_feature(x)
#else
#define MANTA_HAS_FEATURE(x) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || MANTA_HAS_FEATURE(address_sanitizer) || \
    MANTA_HAS_FEATURE(thread_sanitizer)

namespace manta {
std::atomic<int> g_threads_left{-1};
const bool kCanRefuseThreads = false;
}  // namespace manta

#else

namespace manta {
std::atomic<int> g_threads_left{-1};
const bool kCanRefuseThreads = true;
}  // namespace manta

// In place of the C library's, for the whole program.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                              void* argument) noexcept {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto kCreate = reinterpret_cast<Create>(::dlsym(RTLD_NEXT, "pthread_create"));
  if (manta::g_threads_left == 0) return EAGAIN;
  if (manta::g_threads_left > 0) --manta::g_threads_left;
  return kCreate(thread, attributes, start, argument);
}

#endif
