// SPDX-License-Identifier: Apache-2.0
// What work needs and what a machine has.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace manta {

/// Amounts of what only the user knows, such as licenses, by name. Fractions are allowed.
using Amounts = std::map<std::string, double>;

/// Needs of one task or actor. CPUs and GPUs may be fractions; above one, GPUs are whole.
struct Resources {
  double cpus = 0;
  double gpus = 0;
  std::uint64_t memory = 0;  ///< Bytes; 0: any amount, uncounted.
  Amounts custom = {};

  bool operator==(const Resources&) const = default;
};

/// What a node offers. GPUs by the names that CUDA_VISIBLE_DEVICES takes.
struct Machine {
  double cpus = 1;
  std::vector<std::string> gpus = {};
  std::uint64_t memory = 0;  ///< Bytes.
  Amounts custom = {};
};

/// This machine: the CPUs and the memory that this process may use (affinity and cgroup limits), the GPUs that the
/// driver lists, narrowed to `visible_devices` (the value of CUDA_VISIBLE_DEVICES) if that is not null.
Machine detect_machine(const char* visible_devices);

}  // namespace manta
