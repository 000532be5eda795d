// SPDX-License-Identifier: Apache-2.0
// What the environment of a worker says, carried out in LibTorch.
#include "integrations/torch/trial_setup.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <torch/cuda.h>

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace manta::torch {

c10::Device setup_trial(std::uint64_t seed) {
  use_threads(trial_cpus());
  at::manual_seed(seed);
  return device();
}

// The runtime tells a worker its share of the machine through the environment, as it does for programs that are no
// part of Manta; therefore it is read here and not handed in.
int trial_cpus() {
  const char* variable = std::getenv("MANTA_CPUS");
  const std::string_view text = variable == nullptr ? "" : variable;
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return error == std::errc{} && end == text.data() + text.size() && count >= 1 ? count : 1;
}

void use_threads(int count) {
  at::set_num_threads(count);
  // Which BLAS there is is known only when the program is loaded: Debian's alternatives choose it.
  if (void* const set_threads = ::dlsym(RTLD_DEFAULT, "openblas_set_num_threads"); set_threads != nullptr)
    reinterpret_cast<void (*)(int)>(set_threads)(count);
}

c10::Device device() {
  const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
  // Empty, not absent, is how the runtime says "no GPU"; asking CUDA as well would cost its start, 0.1 s and more.
  const bool is_hidden = visible != nullptr && *visible == '\0';
  if (is_hidden || !::torch::cuda::is_available()) return {c10::kCPU};
  return {c10::kCUDA, 0};
}

}  // namespace manta::torch
