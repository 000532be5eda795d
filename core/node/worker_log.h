// SPDX-License-Identifier: Apache-2.0
// The file that keeps what one worker prints.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/base/unique_fd.h"

namespace manta {

/// Is made with the first line, and takes up to `limit` bytes; then a last line says that there would be more.
///
/// Thread-safety: none.
class WorkerLog {
 public:
  static constexpr std::uint64_t kLimit = std::uint64_t{100} << 20;

  explicit WorkerLog(std::string path, std::uint64_t limit = kLimit) : path_(std::move(path)), limit_(limit) {}

  const std::string& path() const { return path_; }
  /// Appends whole lines. Gives the error of the disk, once; what comes then is dropped.
  std::optional<Error> append(std::string_view lines);

  /// "<driver>-<worker>-<label>.log" in `directory`, with what a file's name may not have replaced.
  static std::string path_of(const std::string& directory, int driver, std::uint64_t worker, std::string_view label);

 private:
  std::optional<Error> write(std::string_view text);

  const std::string path_;
  const std::uint64_t limit_;
  std::uint64_t written_ = 0;
  UniqueFd fd_;
  bool is_closed_ = false;  // It takes no more.
};

}  // namespace manta
