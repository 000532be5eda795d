// SPDX-License-Identifier: Apache-2.0
// What a node and its fork server say to each other, over a SOCK_SEQPACKET pair.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace manta {

/// Node to fork server, with two descriptors: the link's memory, and the write end of the worker's output.
struct SpawnRequest {
  std::uint64_t worker = 0;
  std::uint64_t memory_limit = 0;  ///< Bytes; 0: none.
  std::uint32_t use_cgroup = 0;    ///< 1: the limit is to be a memory cgroup's, if that can be.
  std::uint32_t cpus = 1;          ///< Threads that the worker's libraries should use.
  char visible_devices[232] = {};  ///< For CUDA_VISIBLE_DEVICES.
  char name[80] = {};              ///< Shown by ps and top.
};

/// Fork server to node. A worker was started, or has ended and been reaped.
struct SpawnNotice {
  enum class Kind : std::uint32_t { kStarted, kExited };
  Kind kind = Kind::kStarted;
  std::int32_t pid = 0;
  std::int32_t wait_status = 0;  ///< As from waitpid(); for kStarted: errno of a fork that failed, else 0.
  std::int64_t peak_memory_bytes = 0;
  std::uint64_t worker = 0;
  std::uint64_t group_peak_bytes = 0;  ///< Of its memory cgroup; 0: it had none, or the kernel does not say.
  std::uint64_t group_oom_kills = 0;   ///< Processes of its memory cgroup that the kernel has killed.
};

/// What the other side has sent, if it is what that side sends: texts end, kinds are known, and processes can be ended
/// one at a time (kill() takes some numbers for all processes).
std::optional<SpawnRequest> read_spawn_request(std::span<const std::byte> bytes);
std::optional<SpawnNotice> read_spawn_notice(std::span<const std::byte> bytes);

/// The environment variable that makes manta::init() a fork server. Its value names the descriptors and sizes.
inline constexpr const char* kForkServerVariable = "MANTA_FORK_SERVER";

// Descriptors of the runtime start here, out of the way of user code that counts on small numbers.
inline constexpr int kControlFd = 100;
inline constexpr int kArenaFd = 101;
inline constexpr int kNodePageFd = 102;
inline constexpr int kLinkFd = 103;
inline constexpr int kOutputFd = 104;

}  // namespace manta
