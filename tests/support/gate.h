// SPDX-License-Identifier: Apache-2.0
// A place where a call in a worker waits for the test.
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "core/base/check.h"
#include "core/base/unique_fd.h"

namespace manta {

/// A named pipe. The call runs stand_at(path) and stands there until the test lets it through.
///
/// Thread-safety: none.
class Gate {
 public:
  Gate() {
    MANTA_CHECK(::mkdtemp(folder_.data()) != nullptr, "mkdtemp");
    MANTA_CHECK(::mkfifo(path().c_str(), 0600) == 0, "mkfifo");
  }
  ~Gate() { std::filesystem::remove_all(folder_); }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  std::string path() const { return folder_ + "/gate"; }
  /// Waits until somebody stands at the gate.
  void meet() { end_.reset(::open(path().c_str(), O_WRONLY | O_CLOEXEC)); }
  /// After meet().
  void let_through() { end_.reset(); }

  /// For the call.
  static void stand_at(const std::string& path) {
    const UniqueFd end(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    char byte = 0;
    MANTA_CHECK(::read(end.get(), &byte, 1) == 0, "the gate has no other side");
  }

 private:
  std::string folder_ = (std::filesystem::temp_directory_path() / "manta-gate-XXXXXX").string();
  UniqueFd end_;
};

}  // namespace manta
