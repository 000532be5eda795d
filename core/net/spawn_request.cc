// SPDX-License-Identifier: Apache-2.0
#include "core/net/spawn_request.h"

#include <algorithm>
#include <cstring>

namespace manta {
namespace {

template <class T>
std::optional<T> read_whole(std::span<const std::byte> bytes) {
  if (bytes.size() != sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

bool text_ends(std::span<const char> text) { return std::find(text.begin(), text.end(), '\0') != text.end(); }

}  // namespace

std::optional<SpawnRequest> read_spawn_request(std::span<const std::byte> bytes) {
  const std::optional<SpawnRequest> request = read_whole<SpawnRequest>(bytes);
  if (!request || request->use_cgroup > 1 || request->cpus == 0) return std::nullopt;
  if (!text_ends(request->visible_devices) || !text_ends(request->name)) return std::nullopt;
  return request;
}

std::optional<SpawnNotice> read_spawn_notice(std::span<const std::byte> bytes) {
  const std::optional<SpawnNotice> notice = read_whole<SpawnNotice>(bytes);
  if (!notice) return std::nullopt;
  const bool is_process = notice->pid > 1;
  const bool has_failed = notice->kind == SpawnNotice::Kind::kStarted && notice->pid == -1;
  const bool is_known = notice->kind == SpawnNotice::Kind::kStarted || notice->kind == SpawnNotice::Kind::kExited;
  return is_known && (is_process || has_failed) ? notice : std::nullopt;
}

}  // namespace manta
