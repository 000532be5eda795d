// SPDX-License-Identifier: Apache-2.0
// Who holds how much of a machine.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/placement/resources.h"

namespace manta {

/// A share of the machine, to be given back by release().
struct Assignment {
  Resources resources;
  std::vector<std::size_t> gpu_indices;  ///< Into the machine's list.
};

/// Counts what is taken. Fractions are kept in units of 1/10,000, so that ten tenths are one.
///
/// Thread-safety: none.
class ResourceLedger {
 public:
  explicit ResourceLedger(Machine machine);

  const Machine& machine() const { return machine_; }

  /// True if the machine could ever hold this.
  /// Errors: kInvalidArgument: says what was asked for and what there is. kSystem: it could, but for the GPUs that were
  /// set aside.
  Result<void> check(const Resources& resources) const;
  /// Takes `resources` now, or nothing. A fraction of a GPU goes to the fullest device with room for it.
  std::optional<Assignment> acquire(const Resources& resources);
  void release(const Assignment& assignment);
  /// As release(), but its GPUs: nobody can have their share any more.
  void set_aside(const Assignment& assignment);
  /// The CPUs of an assignment whose holder waits: others may have them meanwhile.
  void lend_cpus(const Assignment& assignment);
  /// The holder goes on. Until those who had them are done, more is taken than there is.
  void reclaim_cpus(const Assignment& assignment);

  /// "0,1": what CUDA_VISIBLE_DEVICES is to be.
  std::string visible_devices(const Assignment& assignment) const;

 private:
  using Units = std::int64_t;
  static constexpr Units kWhole = 10'000;
  static Units to_units(double amount) {
    constexpr double kMost = 1e12;  // Far above any machine, and what it becomes still fits.
    return static_cast<Units>(std::min(amount, kMost) * kWhole + 0.5);
  }

  Result<void> check_custom(const Amounts& amounts) const;
  bool has_gpus_left(Units need) const;
  std::optional<std::vector<std::size_t>> pick_gpus(Units need) const;
  bool has_custom(const Amounts& amounts) const;

  const Machine machine_;
  Units free_cpus_;
  std::vector<Units> free_gpus_;  // By device.
  std::vector<Units> left_gpus_;  // What was not set aside.
  std::uint64_t free_memory_;     // Bytes.
  std::map<std::string, Units> free_custom_;
};

}  // namespace manta
