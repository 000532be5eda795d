// SPDX-License-Identifier: Apache-2.0
#include "core/placement/resource_ledger.h"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace manta {
namespace {

std::string amount(double value, const char* unit) {
  std::ostringstream out;
  out << value << ' ' << unit << (value == 1 ? "" : "s");
  return out.str();
}

}  // namespace

ResourceLedger::ResourceLedger(Machine machine)
    : machine_(std::move(machine)), free_cpus_(to_units(machine_.cpus)), free_gpus_(machine_.gpus.size(), kWhole) {}

Result<void> ResourceLedger::check(const Resources& resources) const {
  const auto refuse = [](std::string message) { return Error{ErrorCode::kInvalidArgument, std::move(message)}; };
  if (!std::isfinite(resources.cpus) || resources.cpus < 0 || !std::isfinite(resources.gpus) || resources.gpus < 0)
    return refuse("cpus and gpus must be numbers >= 0");
  if (resources.gpus > 1 && resources.gpus != std::floor(resources.gpus))
    return refuse("asked for " + amount(resources.gpus, "GPU") + ": above 1, a number of GPUs must be whole");
  if (to_units(resources.cpus) > to_units(machine_.cpus))
    return refuse("asked for " + amount(resources.cpus, "CPU") + ", this machine has " + amount(machine_.cpus, "CPU"));
  if (resources.gpus > static_cast<double>(machine_.gpus.size()))
    return refuse("asked for " + amount(resources.gpus, "GPU") + ", this machine has " +
                  amount(static_cast<double>(machine_.gpus.size()), "GPU"));
  return {};
}

std::optional<std::vector<std::size_t>> ResourceLedger::pick_gpus(Units need) const {
  std::vector<std::size_t> picked;
  if (need < kWhole) {
    std::optional<std::size_t> fullest;
    for (std::size_t i = 0; i < free_gpus_.size(); ++i)
      if (free_gpus_[i] >= need && (!fullest || free_gpus_[i] < free_gpus_[*fullest])) fullest = i;
    if (fullest) picked.push_back(*fullest);
    return fullest ? std::optional(picked) : std::nullopt;
  }
  for (std::size_t i = 0; i < free_gpus_.size() && static_cast<Units>(picked.size()) * kWhole < need; ++i)
    if (free_gpus_[i] == kWhole) picked.push_back(i);
  return static_cast<Units>(picked.size()) * kWhole == need ? std::optional(picked) : std::nullopt;
}

std::optional<Assignment> ResourceLedger::acquire(const Resources& resources) {
  const Units cpus = to_units(resources.cpus);
  const Units gpus = to_units(resources.gpus);
  if (cpus > free_cpus_) return std::nullopt;
  Assignment assignment{.resources = resources, .gpu_indices = {}};
  if (gpus > 0) {
    auto picked = pick_gpus(gpus);
    if (!picked) return std::nullopt;
    assignment.gpu_indices = std::move(*picked);
  }
  free_cpus_ -= cpus;
  for (const std::size_t index : assignment.gpu_indices) free_gpus_[index] -= std::min(gpus, kWhole);
  return assignment;
}

void ResourceLedger::release(const Assignment& assignment) {
  free_cpus_ += to_units(assignment.resources.cpus);
  for (const std::size_t index : assignment.gpu_indices)
    free_gpus_[index] += std::min(to_units(assignment.resources.gpus), kWhole);
}

void ResourceLedger::lend_cpus(const Assignment& assignment) { free_cpus_ += to_units(assignment.resources.cpus); }

void ResourceLedger::reclaim_cpus(const Assignment& assignment) { free_cpus_ -= to_units(assignment.resources.cpus); }

std::string ResourceLedger::visible_devices(const Assignment& assignment) const {
  std::string list;
  for (const std::size_t index : assignment.gpu_indices) list += (list.empty() ? "" : ",") + machine_.gpus[index];
  return list;
}

}  // namespace manta
