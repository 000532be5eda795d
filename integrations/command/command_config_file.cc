// SPDX-License-Identifier: Apache-2.0
#include "integrations/command/command_config_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>

#include "core/base/unique_fd.h"

namespace manta {

namespace {

namespace fs = std::filesystem;

constexpr mode_t kOwnerOnly = 0600;  // A configuration may hold what not everybody on the machine is to read.

Error config_file_error(const fs::path& path) {
  return {ErrorCode::kStorage, "the configuration of a command, " + path.string() + ": " + std::strerror(errno)};
}

// Anew, so that neither the rights nor the target of what is there are taken over.
UniqueFd create_anew(const fs::path& path) {
  ::unlink(path.c_str());
  return UniqueFd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly));
}

bool write_fully(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void remove_former(const fs::path& path) {
  const std::string name = path.filename().string();
  int attempt = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), attempt);
  if (error != std::errc{} || attempt < 2) return;
  const std::string ending(end, name.data() + name.size());
  ::unlink((path.parent_path() / (std::to_string(attempt - 1) + ending)).c_str());
}

}  // namespace

Result<std::unique_ptr<CommandConfigFile>> CommandConfigFile::write(const fs::path& path, std::string_view json) {
  remove_former(path);
  UniqueFd file = create_anew(path);
  if (!file && errno == ENOENT) {
    std::error_code ignored;
    fs::create_directories(path.parent_path(), ignored);
    file = create_anew(path);
  }
  if (!file) return config_file_error(path);
  // Made first, so that a file that could be written in part only is removed.
  std::unique_ptr<CommandConfigFile> written(new CommandConfigFile(path));
  if (!write_fully(file.get(), std::string(json) + "\n")) return config_file_error(path);
  return written;
}

CommandConfigFile::~CommandConfigFile() { ::unlink(path_.c_str()); }

}  // namespace manta
