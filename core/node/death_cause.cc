// SPDX-License-Identifier: Apache-2.0
#include "core/node/death_cause.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include <algorithm>

#include "core/base/byte_text.h"

namespace manta {
namespace {

std::string out_of_memory(std::uint64_t peak, std::uint64_t limit, const std::string& by) {
  return "OOM: peak " + byte_text(peak) + ", limit " + byte_text(limit) + ", killed by " + by;
}

}  // namespace

std::string over_limit_cause(std::uint64_t found, std::uint64_t limit) {
  return "was killed (" + out_of_memory(found, limit, "the runtime, which had found it above") + ")";
}

std::string_view cause_word(std::string_view cause) {
  const auto has = [&](std::string_view part) { return cause.find(part) != std::string_view::npos; };
  if (has("(OOM") || has("; OOM")) return "out_of_memory";
  if (has("exited with code 0")) return "exited";
  if (has("exited with code")) return "exit_code";
  if (has("killed by signal")) return "signal";
  return has("longer than its timeout") ? "timeout" : "killed";
}

std::string death_cause(const SpawnNotice& notice, const DeathCircumstances& circumstances) {
  const int status = notice.wait_status;
  const bool was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  // A group is never above its limit, but it was about to be.
  const std::uint64_t group_peak = std::max(notice.group_peak_bytes, circumstances.memory_limit);
  const std::string by_group = out_of_memory(group_peak, circumstances.memory_limit, "its memory cgroup");
  if (was_killed && notice.group_oom_kills > 0) return "was killed (" + by_group + ")";
  std::string text;
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    text = "was killed by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
  } else {
    text = "exited with code " + std::to_string(WEXITSTATUS(status));
  }
  text += ", peak memory " + std::to_string(notice.peak_memory_bytes >> 20) + " MiB";
  if (notice.group_oom_kills > 0) text += "; a process that it had started was killed before (" + by_group + ")";
  if (was_killed && circumstances.kernel_freed_memory)
    text += "; perhaps because memory had run out: about then the kernel killed a process of this machine for that";
  return text;
}

}  // namespace manta
