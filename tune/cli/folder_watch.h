// SPDX-License-Identifier: Apache-2.0
// Folders of a running experiment that somebody deletes.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace manta {

/// Notices that a folder which was there has gone, makes it anew, and says so once each time. What was in it is lost.
///
/// Thread-safety: none.
class FolderWatch {
 public:
  struct Folder {
    std::string name;  ///< In the directory.
    std::string loss;  ///< What its loss means, for the user: "checkpoints are written again from now on".
  };

  FolderWatch(std::filesystem::path directory, std::vector<Folder> folders, std::function<void(const std::string&)> say);

  /// One stat for each: to be called again and again.
  void check();

 private:
  using FileId = std::pair<dev_t, ino_t>;
  struct Watched {
    Folder folder;
    std::optional<FileId> seen;
  };

  static std::optional<FileId> find(const std::filesystem::path& path);
  void check(Watched& watched);

  const std::filesystem::path directory_;
  std::vector<Watched> watched_;
  const std::function<void(const std::string&)> say_;
};

}  // namespace manta
