// SPDX-License-Identifier: Apache-2.0
// Seed, threads and device of a trial.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>

namespace manta::torch {

/// Makes this process ready for a trial, and returns its device(): call it first in setup(), and in reset() if there is
/// one. Seeds LibTorch's generators with `seed`, and gives it trial_cpus() threads.
///
/// With one thread on the CPU, the same program, configuration and seed give the same numbers, bit for bit.
/// Thread-safety: for the thread that trains, before it does.
c10::Device setup_trial(std::uint64_t seed = 0);

/// The trial's CPUs (--cpus-per-trial, rounded up), at least 1; 1 outside a trial.
int trial_cpus();

/// Gives the libraries below LibTorch `count` threads each: OpenMP, MKL, and OpenBLAS, which does not follow LibTorch's
/// own setting. Throws c10::Error if `count` < 1.
///
/// Never call it in the driver before the runtime is up, nor during static initialization: what the fork server
/// inherits must not have threads.
void use_threads(int count);

/// "cuda:0", the first of the trial's GPUs, if it has one and LibTorch can use it; else "cpu". A trial without a GPU
/// touches no CUDA. Outside a trial it is the first GPU that the process sees.
c10::Device device();

}  // namespace manta::torch
