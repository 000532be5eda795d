// SPDX-License-Identifier: Apache-2.0
#include "core/node/worker_log.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>

#include "core/base/byte_text.h"

namespace manta {

std::string WorkerLog::path_of(const std::string& directory, int driver, std::uint64_t worker, std::string_view label) {
  constexpr std::size_t kMost = 100;
  std::string name(label.substr(0, kMost));
  std::replace_if(
      name.begin(), name.end(),
      [](unsigned char c) { return std::isalnum(c) == 0 && c != '-' && c != '_' && c != '.'; }, '_');
  return directory + "/" + std::to_string(driver) + "-" + std::to_string(worker) + "-" + name + ".log";
}

std::optional<Error> WorkerLog::append(std::string_view lines) {
  if (is_closed_) return std::nullopt;
  if (lines.size() <= limit_ - written_) return write(lines);
  lines = lines.substr(0, limit_ - written_);
  lines = lines.substr(0, lines.rfind('\n') + 1);
  std::optional<Error> error = write(lines);
  if (!error)
    error = write("[what the process printed from here on is left out: a log takes " + byte_text(limit_) + "]\n");
  is_closed_ = true;
  fd_.reset();
  return error;
}

std::optional<Error> WorkerLog::write(std::string_view text) {
  if (!fd_) fd_.reset(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0640));
  while (fd_ && !text.empty()) {
    const ssize_t count = ::write(fd_.get(), text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    written_ += static_cast<std::uint64_t>(count);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  if (fd_ && text.empty()) return std::nullopt;
  is_closed_ = true;
  return Error{ErrorCode::kStorage, "cannot write the log " + path_ + ": " + ::strerror(errno)};
}

}  // namespace manta
