// SPDX-License-Identifier: Apache-2.0
// How other programs of this machine find a runtime and ask for its status. The driver's end is
// core/node/status_server.h.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace manta {

/// What the two ends say. The client sends kRequest; the driver answers kAnswer, the number of bytes in decimal, a
/// newline, and as many bytes: to_json(RuntimeStatus). To what it does not understand it answers kRefusal.
struct StatusProtocol {
  static constexpr std::string_view kRequest = "manta-status 1\n";
  static constexpr std::string_view kAnswer = "manta-status 1 ";
  static constexpr std::string_view kRefusal = "manta-status 1 unknown\n";
  static constexpr std::string_view kAnyVersion = "manta-status ";
};

/// The abstract Unix socket of a runtime: it has no file, and is gone with its process.
struct RuntimeSocket {
  uid_t user = 0;
  pid_t pid = 0;       ///< The driver's.
  unsigned place = 0;  ///< Above 0: a process of this number, in another container, had the name already.

  /// The address for bind() and connect(); `length` becomes that of the name.
  sockaddr_un address(socklen_t& length) const;
  bool operator==(const RuntimeSocket&) const = default;
};

/// The sockets that the text of /proc/net/unix lists, by pid.
std::vector<RuntimeSocket> listed_runtimes(std::string_view table);
/// Those of this machine (of this network namespace), of all users.
/// Errors: kSystem.
Result<std::vector<RuntimeSocket>> find_runtimes();

/// The status of one runtime, as the driver's JSON. Waits at most `patience`.
/// Errors: kNotFound: the runtime has just ended. kFailedPrecondition: it is another user's. kIncompatible: it is of
/// another version. kTimeout: its process is stopped or overloaded. kSystem.
Result<std::string> ask_runtime(const RuntimeSocket& socket, Duration patience);

}  // namespace manta
