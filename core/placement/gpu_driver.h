// SPDX-License-Identifier: Apache-2.0
// Asks the GPU driver who uses a device.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace manta {

/// NVIDIA's management library (NVML), loaded at run time: a program that never sees a GPU needs none of it.
///
/// Thread-safety: any const method, from any thread. It must not be made in a process that forks afterwards.
class GpuDriver {
 public:
  /// Null: there is no such library here, or it cannot start.
  static std::unique_ptr<GpuDriver> load(const char* library = "libnvidia-ml.so.1");
  ~GpuDriver();
  GpuDriver(const GpuDriver&) = delete;
  GpuDriver& operator=(const GpuDriver&) = delete;

  /// The processes that have a context on `device`: its number in the driver's order, or its UUID, as
  /// CUDA_VISIBLE_DEVICES names it. None: the driver does not say.
  std::optional<std::vector<pid_t>> processes(const std::string& device) const;

 private:
  struct Functions;
  GpuDriver(void* library, std::unique_ptr<Functions> functions);

  void* const library_;
  const std::unique_ptr<Functions> functions_;
};

}  // namespace manta
