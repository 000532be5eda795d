// SPDX-License-Identifier: Apache-2.0
#include "core/node/gpu_drain.h"

#include <algorithm>
#include <utility>

namespace manta {

namespace {

constexpr Duration kInterval = std::chrono::milliseconds(20);
constexpr Duration kPatience = std::chrono::seconds(30);

}  // namespace

bool GpuDrain::keep(const Assignment& assignment, std::vector<std::string> devices, pid_t process, TimePoint now) {
  if (!reader_.processes || devices.empty() || remainder(devices, process).empty()) return false;
  kept_.push_back({assignment, std::move(devices), process, now + kInterval, now + kPatience});
  return true;
}

std::optional<TimePoint> GpuDrain::next() const {
  const auto first = std::ranges::min_element(kept_, {}, &Kept::next);
  return first == kept_.end() ? std::nullopt : std::optional(first->next);
}

GpuDrain::Outcome GpuDrain::look(TimePoint now) {
  Outcome outcome;
  std::erase_if(kept_, [&](Kept& kept) {
    if (kept.next > now) return false;
    const std::string left = remainder(kept.devices, kept.process);
    if (left.empty()) {
      outcome.free.push_back(kept.assignment);
      return true;
    }
    kept.next = now + kInterval;
    if (now < kept.deadline) return false;
    outcome.lost.push_back(kept.assignment);
    outcome.warnings.push_back("GPU busy: " + left + " is still there " +
                               std::to_string(std::chrono::duration_cast<std::chrono::seconds>(kPatience).count()) +
                               " s after its worker " + std::to_string(kept.process) +
                               " ended; that share of the device is not given to others any more");
    return true;
  });
  return outcome;
}

std::string GpuDrain::remainder(const std::vector<std::string>& devices, pid_t process) const {
  for (const std::string& device : devices) {
    for (const pid_t pid : reader_.processes(device).value_or(std::vector<pid_t>{})) {
      // A worker leads its process group, whose number stays taken while anybody is in it.
      if (pid == process || reader_.group_of(pid) == process)
        return "process " + std::to_string(pid) + " on GPU " + device;
    }
  }
  return {};
}

}  // namespace manta
