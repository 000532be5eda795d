// SPDX-License-Identifier: Apache-2.0
// Tells other programs of this machine what there is in the runtime.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace manta {

/// Listens at an abstract Unix socket whose name has this process' user and number (core/net/status_socket.h), so that
/// nothing is left of it when the process ends, however it does. Answers who is the same user, or root; others are
/// dropped. Never waits: a client that does not read its answer keeps that answer's memory until it goes, or until
/// kMaxClients others have come after it.
///
/// Thread-safety: none.
class StatusServer {
 public:
  static constexpr std::size_t kMaxClients = 8;

  /// Errors: kSystem.
  Result<void> open();
  /// Readable when serve() has something to do.
  int fd() const { return epoll_.get(); }
  /// Takes what clients want and gives what they take. `status()` is the status as JSON, made once for each request.
  void serve(const std::function<std::string()>& status);

 private:
  struct Client {
    UniqueFd fd;
    std::string request;
    std::string answer;  // What is left to be sent; "": the request is not complete.
  };

  void accept_clients();
  // False: it is done, or not worth more.
  bool serve_client(std::uint64_t id, Client& client, const std::function<std::string()>& status);

  UniqueFd listener_;
  UniqueFd epoll_;
  std::map<std::uint64_t, Client> clients_;  // In the order in which they came.
  std::uint64_t next_id_ = 1;                // 0 is the listener in epoll_.
};

}  // namespace manta
