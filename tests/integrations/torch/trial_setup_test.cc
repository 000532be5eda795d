// SPDX-License-Identifier: Apache-2.0
// Seed, threads and device of a trial.
#include "integrations/torch/trial_setup.h"

#include <ATen/Parallel.h>
#include <ATen/ops/rand.h>
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <torch/cuda.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

namespace manta::torch::trial_setup_test {
namespace {

// Sets or unsets a variable of the environment, and puts the former state back.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const char* value) : name_(name) {
    if (const char* former = std::getenv(name); former != nullptr) former_ = former;
    set(value);
  }
  ~ScopedVariable() { set(former_ ? former_->c_str() : nullptr); }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  void set(const char* value) const { value != nullptr ? ::setenv(name_, value, 1) : ::unsetenv(name_); }

  const char* const name_;
  std::optional<std::string> former_;
};

std::optional<int> openblas_threads() {
  void* const get = ::dlsym(RTLD_DEFAULT, "openblas_get_num_threads");
  if (get == nullptr) return std::nullopt;
  return reinterpret_cast<int (*)()>(get)();
}

std::vector<float> five_numbers() {
  const at::Tensor numbers = at::rand({5});
  return {numbers.data_ptr<float>(), numbers.data_ptr<float>() + 5};
}

TEST(TrialSetupTest, ATrialHasTheCpusThatTheRuntimeSays) {
  const ScopedVariable cpus("MANTA_CPUS", "12");

  EXPECT_EQ(trial_cpus(), 12);
}

TEST(TrialSetupTest, WithoutAWholeNumberOfCpusThereIsOne) {
  for (const char* value : {static_cast<const char*>(nullptr), "", "0", "-2", "two", "2 ", "1.5", "99999999999"}) {
    const ScopedVariable cpus("MANTA_CPUS", value);

    EXPECT_EQ(trial_cpus(), 1) << (value == nullptr ? "absent" : value);
  }
}

TEST(TrialSetupTest, UseThreadsReachesEveryLibrary) {
  for (const int count : {2, 1}) {
    use_threads(count);

    EXPECT_EQ(at::get_num_threads(), count);
    EXPECT_EQ(openblas_threads().value_or(count), count);
  }
}

TEST(TrialSetupTest, NoThreadAtAllIsRefused) { EXPECT_THROW(use_threads(0), c10::Error); }

TEST(TrialSetupTest, ATrialGetsAsManyThreadsAsCpus) {
  const ScopedVariable cpus("MANTA_CPUS", "2");

  setup_trial();

  EXPECT_EQ(at::get_num_threads(), 2);
  use_threads(1);
}

TEST(TrialSetupTest, TheSameSeedGivesTheSameNumbers) {
  setup_trial(7);
  const auto first = five_numbers();
  setup_trial(7);
  const auto again = five_numbers();
  setup_trial(8);
  const auto other = five_numbers();

  EXPECT_EQ(first, again);
  EXPECT_NE(first, other);
}

TEST(TrialSetupTest, ATrialWithoutGpuComputesOnTheCpu) {
  const ScopedVariable devices("CUDA_VISIBLE_DEVICES", "");

  EXPECT_EQ(device(), c10::Device(c10::kCPU));
  EXPECT_EQ(setup_trial(), c10::Device(c10::kCPU));
}

TEST(TrialSetupTest, ATrialWithGpuUsesItIfLibTorchCan) {
  const ScopedVariable devices("CUDA_VISIBLE_DEVICES", "0");

  EXPECT_EQ(device(), ::torch::cuda::is_available() ? c10::Device(c10::kCUDA, 0) : c10::Device(c10::kCPU));
}

}  // namespace
}  // namespace manta::torch::trial_setup_test
