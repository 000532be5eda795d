// SPDX-License-Identifier: Apache-2.0
#include "core/net/lost_call.h"

#include <array>
#include <cstdio>

namespace manta {
namespace {

std::string to_text(Duration age) {
  const double seconds = std::chrono::duration<double>(age).count();
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), seconds < 1 ? "%.1f ms" : "%.1f s", seconds < 1 ? seconds * 1e3 : seconds);
  return text.data();
}

// What the actor printed last stays last.
Error with_note(const Error& death, const std::string& note) {
  Error error = death;
  error.message.insert(std::min(error.message.find(kLastLines), error.message.size()), note);
  return error;
}

}  // namespace

std::string title_of_actor(std::string_view name, std::string_view type, int pid) {
  std::string details(name == type ? "" : type);
  if (pid > 0) details += (details.empty() ? "pid " : ", pid ") + std::to_string(pid);
  return "actor " + std::string(name) + (details.empty() ? "" : " (" + details + ")");
}

Error lost_call_error(const Error& death, const Call& call, std::string_view caller) {
  return with_note(death, " before it answered " + std::string(call.name) + ", called by " + std::string(caller));
}

Error undelivered_call_error(const Error& death, Duration age, const Call& call, std::string_view caller) {
  return with_note(death,
                   " " + to_text(age) + " before " + std::string(call.name) + " was called by " + std::string(caller));
}

}  // namespace manta
