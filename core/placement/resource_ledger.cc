// SPDX-License-Identifier: Apache-2.0
#include "core/placement/resource_ledger.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "core/base/byte_text.h"
#include "core/base/did_you_mean.h"

namespace manta {
namespace {

std::string amount(double value, const char* unit) {
  std::ostringstream out;
  out << value << ' ' << unit << (value == 1 ? "" : "s");
  return out.str();
}

std::string amount_of(double value, const std::string& name) {
  std::ostringstream out;
  out << value << " of \"" << name << '"';
  return out.str();
}

Error refused(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

}  // namespace

ResourceLedger::ResourceLedger(Machine machine)
    : machine_(std::move(machine)),
      free_cpus_(to_units(machine_.cpus)),
      free_gpus_(machine_.gpus.size(), kWhole),
      left_gpus_(machine_.gpus.size(), kWhole),
      free_memory_(machine_.memory) {
  for (const auto& [name, amount] : machine_.custom) free_custom_[name] = to_units(amount);
}

Result<void> ResourceLedger::check(const Resources& resources) const {
  if (!std::isfinite(resources.cpus) || resources.cpus < 0 || !std::isfinite(resources.gpus) || resources.gpus < 0)
    return refused("cpus and gpus must be numbers >= 0");
  if (resources.gpus > 1 && resources.gpus != std::floor(resources.gpus))
    return refused("asked for " + amount(resources.gpus, "GPU") + ": above 1, a number of GPUs must be whole");
  if (to_units(resources.cpus) > to_units(machine_.cpus))
    return refused("asked for " + amount(resources.cpus, "CPU") + ", this machine has " + amount(machine_.cpus, "CPU"));
  if (resources.gpus > static_cast<double>(machine_.gpus.size()))
    return refused("asked for " + amount(resources.gpus, "GPU") + ", this machine has " +
                   amount(static_cast<double>(machine_.gpus.size()), "GPU"));
  if (resources.memory > machine_.memory)
    return refused("asked for " + byte_text(resources.memory) + " of memory, this machine has " +
                   byte_text(machine_.memory) + " for tasks and actors (RuntimeOptions::memory)");
  if (!has_gpus_left(to_units(resources.gpus)))
    return Error{ErrorCode::kSystem, "asked for " + amount(resources.gpus, "GPU") +
                                         ": what is left of this machine's is not enough, as processes that have ended "
                                         "still hold the rest (see the warning \"GPU busy\")"};
  return check_custom(resources.custom);
}

Result<void> ResourceLedger::check_custom(const Amounts& amounts) const {
  for (const auto& [name, asked] : amounts) {
    if (!std::isfinite(asked) || asked < 0) return refused("an amount of \"" + name + "\" must be a number >= 0");
    const auto known = machine_.custom.find(name);
    if (known == machine_.custom.end()) {
      std::vector<std::string> names;
      for (const auto& [other, has] : machine_.custom) names.push_back(other);
      return refused("asked for " + amount_of(asked, name) +
                     ", of which this machine has none (RuntimeOptions::resources)" + did_you_mean(name, names));
    }
    if (to_units(asked) > to_units(known->second))
      return refused("asked for " + amount_of(asked, name) + ", this machine has " + amount_of(known->second, name));
  }
  return {};
}

bool ResourceLedger::has_gpus_left(Units need) const {
  if (need < kWhole)
    return need == 0 || std::ranges::any_of(left_gpus_, [need](Units left) { return left >= need; });
  return std::ranges::count(left_gpus_, kWhole) * kWhole >= need;
}

bool ResourceLedger::has_custom(const Amounts& amounts) const {
  return std::all_of(amounts.begin(), amounts.end(), [this](const auto& entry) {
    const auto known = free_custom_.find(entry.first);
    return known != free_custom_.end() && known->second >= to_units(entry.second);
  });
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
  if (cpus > free_cpus_ || resources.memory > free_memory_ || !has_custom(resources.custom)) return std::nullopt;
  Assignment assignment{.resources = resources, .gpu_indices = {}};
  if (gpus > 0) {
    auto picked = pick_gpus(gpus);
    if (!picked) return std::nullopt;
    assignment.gpu_indices = std::move(*picked);
  }
  free_cpus_ -= cpus;
  free_memory_ -= resources.memory;
  for (const auto& [name, taken] : resources.custom) free_custom_[name] -= to_units(taken);
  for (const std::size_t index : assignment.gpu_indices) free_gpus_[index] -= std::min(gpus, kWhole);
  return assignment;
}

void ResourceLedger::release(const Assignment& assignment) {
  free_cpus_ += to_units(assignment.resources.cpus);
  free_memory_ += assignment.resources.memory;
  for (const auto& [name, taken] : assignment.resources.custom) free_custom_[name] += to_units(taken);
  for (const std::size_t index : assignment.gpu_indices)
    free_gpus_[index] += std::min(to_units(assignment.resources.gpus), kWhole);
}

void ResourceLedger::set_aside(const Assignment& assignment) {
  release(assignment);
  const Units share = std::min(to_units(assignment.resources.gpus), kWhole);
  for (const std::size_t index : assignment.gpu_indices) {
    free_gpus_[index] -= share;
    left_gpus_[index] -= share;
  }
}

void ResourceLedger::lend_cpus(const Assignment& assignment) { free_cpus_ += to_units(assignment.resources.cpus); }

void ResourceLedger::reclaim_cpus(const Assignment& assignment) { free_cpus_ -= to_units(assignment.resources.cpus); }

std::string ResourceLedger::visible_devices(const Assignment& assignment) const {
  std::string list;
  for (const std::size_t index : assignment.gpu_indices) list += (list.empty() ? "" : ",") + machine_.gpus[index];
  return list;
}

}  // namespace manta
