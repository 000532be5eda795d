// SPDX-License-Identifier: Apache-2.0
#include "core/base/process_state.h"

#include <fstream>

namespace manta {

std::string describe_process(pid_t pid) {
  const std::string directory = "/proc/" + std::to_string(pid);
  constexpr std::string_view kState = "State:\t";
  std::ifstream status(directory + "/status");
  std::string line;
  while (std::getline(status, line) && !line.starts_with(kState)) {
  }
  if (!line.starts_with(kState)) return "it has ended";
  std::string text = "state " + line.substr(kState.size());
  std::string function;
  std::getline(std::ifstream(directory + "/wchan"), function);
  if (!function.empty() && function != "0") text += ", waits in " + function;
  return text;
}

}  // namespace manta
