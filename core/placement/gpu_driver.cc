// SPDX-License-Identifier: Apache-2.0
#include "core/placement/gpu_driver.h"

#include <dlfcn.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace manta {

namespace {

// What NVML's interface has of this, by its documentation; it is C and stays binary compatible.
constexpr int kSuccess = 0;
constexpr int kInsufficientSize = 7;
using Device = struct NvmlDevice*;
struct ProcessInfo {  // nvmlProcessInfo_v2_t; of both versions of the call below.
  unsigned pid;
  unsigned long long used_memory;
  unsigned gpu_instance;
  unsigned compute_instance;
};

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

}  // namespace

struct GpuDriver::Functions {
  int (*init)() = nullptr;
  int (*shut_down)() = nullptr;
  int (*device_by_index)(unsigned index, Device* device) = nullptr;
  int (*device_by_uuid)(const char* uuid, Device* device) = nullptr;
  int (*processes)(Device device, unsigned* count, ProcessInfo* infos) = nullptr;

  bool load(void* library) {
    return find(library, "nvmlInit_v2", init) && find(library, "nvmlShutdown", shut_down) &&
           find(library, "nvmlDeviceGetHandleByIndex_v2", device_by_index) &&
           find(library, "nvmlDeviceGetHandleByUUID", device_by_uuid) &&
           (find(library, "nvmlDeviceGetComputeRunningProcesses_v3", processes) ||
            find(library, "nvmlDeviceGetComputeRunningProcesses_v2", processes));
  }

  std::optional<Device> device(const std::string& name) const {
    Device found = nullptr;
    unsigned index = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
    const bool is_number = error == std::errc{} && end == name.data() + name.size();
    const int code = is_number ? device_by_index(index, &found) : device_by_uuid(name.c_str(), &found);
    return code == kSuccess ? std::optional(found) : std::nullopt;
  }
};

std::unique_ptr<GpuDriver> GpuDriver::load(const char* library) {
  void* const handle = ::dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return nullptr;
  auto functions = std::make_unique<Functions>();
  if (functions->load(handle) && functions->init() == kSuccess)
    return std::unique_ptr<GpuDriver>(new GpuDriver(handle, std::move(functions)));
  ::dlclose(handle);
  return nullptr;
}

GpuDriver::GpuDriver(void* library, std::unique_ptr<Functions> functions)
    : library_(library), functions_(std::move(functions)) {}

GpuDriver::~GpuDriver() {
  functions_->shut_down();
  ::dlclose(library_);
}

std::optional<std::vector<pid_t>> GpuDriver::processes(const std::string& device) const {
  const std::optional<Device> found = functions_->device(device);
  if (!found) return std::nullopt;
  std::vector<ProcessInfo> infos(32);
  for (;;) {
    auto count = static_cast<unsigned>(infos.size());
    const int code = functions_->processes(*found, &count, infos.data());
    if (code == kInsufficientSize) {  // `count` says how many there are; more may come meanwhile.
      infos.resize(std::max<std::size_t>(count, infos.size()) * 2);
      continue;
    }
    if (code != kSuccess) return std::nullopt;
    std::vector<pid_t> pids;
    for (unsigned index = 0; index < count; ++index) pids.push_back(static_cast<pid_t>(infos[index].pid));
    return pids;
  }
}

}  // namespace manta
