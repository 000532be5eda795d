// SPDX-License-Identifier: Apache-2.0
#include "core/base/failpoint.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>

namespace manta {
namespace {

const char* wanted_failpoint() { return std::getenv("MANTA_FAILPOINT"); }

}  // namespace

const bool has_failpoint = wanted_failpoint() != nullptr;

void come_to_failpoint(const char* name) {
  static std::atomic<long> times{0};
  const char* const wanted = wanted_failpoint();
  const std::string text = wanted != nullptr ? wanted : "";
  const std::size_t colon = text.find(':');
  if (text.substr(0, colon) != name) return;
  const long last = colon == std::string::npos ? 1 : std::strtol(text.c_str() + colon + 1, nullptr, 10);
  if (times.fetch_add(1) + 1 == last) ::kill(::getpid(), SIGKILL);
}

}  // namespace manta
