// SPDX-License-Identifier: Apache-2.0
// The driver's library as far as GpuDriver uses it. The file that MANTA_FAKE_NVML_FILE names has the processes, a line
// "device pid" each; every question adds a byte to the file of that name with ".asked".
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

extern "C" {

struct ProcessInfo {
  unsigned pid;
  unsigned long long used_memory;
  unsigned gpu_instance;
  unsigned compute_instance;
};

int nvmlInit_v2() { return std::getenv("MANTA_FAKE_NVML_BROKEN") != nullptr ? 9 : 0; }
int nvmlShutdown() { return 0; }

// A device is its number plus one, as a pointer.
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  if (index >= 4) return 2;
  *device = reinterpret_cast<void*>(static_cast<std::size_t>(index) + 1);
  return 0;
}

int nvmlDeviceGetHandleByUUID(const char* uuid, void** device) {
  if (std::strcmp(uuid, "GPU-fake") != 0) return 6;
  *device = reinterpret_cast<void*>(std::size_t{1});
  return 0;
}

int nvmlDeviceGetComputeRunningProcesses_v3(void* device, unsigned* count, ProcessInfo* infos) {
  const char* const name = std::getenv("MANTA_FAKE_NVML_FILE");
  if (name == nullptr) return 3;
  std::ofstream(std::string(name) + ".asked", std::ios::app) << '.';
  const std::size_t index = reinterpret_cast<std::size_t>(device) - 1;
  std::ifstream file(name);
  unsigned found = 0;
  for (std::size_t on = 0, pid = 0; file >> on >> pid;) {
    if (on != index) continue;
    if (found < *count) infos[found] = {static_cast<unsigned>(pid), 0, 0, 0};
    ++found;
  }
  const bool fits = found <= *count;
  *count = found;
  return fits ? 0 : 7;
}
}
