// SPDX-License-Identifier: Apache-2.0
// How the hot loops of Gaussian processes are compiled more than once.
#pragma once

#include <cstddef>

// MANTA_MULTIVERSION before a function: it is compiled for x86-64-v3, which has AVX2 and FMA, and for plain x86-64, and
// the loader picks one by what the processor can do, whoever made it ("arch=haswell" would ask for that very model).
// Only functions whose signatures hold nothing but pointers and scalars may bear it: a class that is laid out or
// inlined differently by the two would break the one-definition rule. Sanitizers run before the loader may resolve, so
// their builds get the plain one; so do those by clang, whose version 14 does not know how to ask.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__) && !defined(MANTA_NO_MULTIVERSION)
#define MANTA_MULTIVERSION __attribute__((target_clones("default", "arch=x86-64-v3")))
#else
#define MANTA_MULTIVERSION
#endif

// Helpers of such functions must be inlined into each of them, or they would stay plain.
#define MANTA_INLINE inline __attribute__((always_inline))

namespace manta::gp {

/// Four numbers that are worked on at once: one register of AVX2, two of the plain x86-64 and of arm64. Sums over
/// several lanes are sums in an order of their own, which the compiler may not choose by itself. Never by value in a
/// signature: how it is passed depends on the processor.
using Lanes __attribute__((vector_size(32))) = double;
constexpr std::size_t kLanes = 4;

MANTA_INLINE void load(Lanes& lanes, const double* from) { __builtin_memcpy(&lanes, from, sizeof(Lanes)); }
MANTA_INLINE void store(double* to, const Lanes& lanes) { __builtin_memcpy(to, &lanes, sizeof(Lanes)); }
MANTA_INLINE void fill(Lanes& lanes, double value) { lanes = Lanes{value, value, value, value}; }
MANTA_INLINE double sum_of(const Lanes& lanes) { return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]); }

/// `size` as a number of whole lanes needs it.
constexpr std::size_t padded(std::size_t size) { return (size + kLanes - 1) / kLanes * kLanes; }

}  // namespace manta::gp
