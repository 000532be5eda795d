// SPDX-License-Identifier: Apache-2.0
// How other programs speak to a running experiment: a Unix socket in its directory, a line each way.
#pragma once

#include <sys/un.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace manta {

/// The socket's end in the tuning process. The file is `control.sock`, for its user only; one that a killed process
/// left is replaced. Answers the same user and root; others are dropped. A client that says nothing holds up nobody.
///
/// Thread-safety: all methods from one thread; the handler runs on a thread of the server.
class ControlServer {
 public:
  static constexpr std::size_t kMaxClients = 16;
  static constexpr std::size_t kLongestRequest = std::size_t{1} << 20;

  /// May be called once, now or later, from any thread, also when the server is gone.
  using Reply = std::function<void(std::string answer)>;
  /// Takes one request, without its newline.
  using Handler = std::function<void(std::string request, Reply reply)>;

  /// The caller holds the experiment's lock. Errors: kSystem: names the call; the experiment can run without.
  static Result<std::unique_ptr<ControlServer>> open(const std::filesystem::path& directory, Handler handler);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  /// Makes the file anew if somebody has deleted it, or put another one in its place; true if so. Cheap: to be called
  /// again and again. Any thread.
  /// Errors: kSystem: it cannot be made.
  Result<bool> renew_door();
  /// Takes the file away: nobody comes in any more; who is in gets an answer. Does nothing the second time. Any thread.
  void close_door();

 private:
  class Impl;
  explicit ControlServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

/// Sends `request`, which has no newline, to the experiment that runs in `directory`, and waits for its answer as long
/// as its process lives. `on_wait` is called once when that takes longer than two seconds.
/// Errors: kNotFound: nobody listens there. kFailedPrecondition: it is another user's. kCancelled: the process ended
/// without an answer. kSystem.
Result<std::string> ask_experiment(const std::filesystem::path& directory, const std::string& request,
                                   const std::function<void()>& on_wait);

}  // namespace manta
