// SPDX-License-Identifier: Apache-2.0
// A trial's configuration as a file, for programs that read one.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>
#include <utility>

#include "core/base/result.h"

namespace manta {

/// A file of JSON that only this user can read, while this lives.
///
/// Thread-safety: none.
class CommandConfigFile {
 public:
  /// Writes `json` and a newline to `path`, in place of what is there; makes its directory if that is missing. Where
  /// the name begins with an attempt's number, it removes what a killed attempt before it has left beside it.
  /// Errors: kStorage.
  static Result<std::unique_ptr<CommandConfigFile>> write(const std::filesystem::path& path, std::string_view json);
  CommandConfigFile(const CommandConfigFile&) = delete;
  CommandConfigFile& operator=(const CommandConfigFile&) = delete;
  ~CommandConfigFile();  ///< Removes it.

 private:
  explicit CommandConfigFile(std::filesystem::path path) : path_(std::move(path)) {}

  const std::filesystem::path path_;
};

}  // namespace manta
