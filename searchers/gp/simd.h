// SPDX-License-Identifier: Apache-2.0
// How the hot loops of Gaussian processes are compiled more than once.
#pragma once

// MANTA_MULTIVERSION before a function: it is compiled for AVX2 with FMA and for plain x86-64, and the loader picks
// one. Only functions whose signatures hold nothing but pointers and scalars may bear it: a class that is laid out or
// inlined differently by the two would break the one-definition rule. Sanitizers run before the loader may resolve, so
// their builds get the plain one.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && \
    !defined(MANTA_NO_MULTIVERSION)
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MANTA_MULTIVERSION
#endif
#endif
#ifndef MANTA_MULTIVERSION
#define MANTA_MULTIVERSION __attribute__((target_clones("default", "arch=haswell")))
#endif
#else
#define MANTA_MULTIVERSION
#endif

// Helpers of such functions must be inlined into each of them, or they would stay plain.
#define MANTA_INLINE inline __attribute__((always_inline))
