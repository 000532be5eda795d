// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/folder_watch.h"

#include <sys/stat.h>

#include <system_error>

namespace manta {

FolderWatch::FolderWatch(std::filesystem::path directory, std::vector<Folder> folders,
                         std::function<void(const std::string&)> say)
    : directory_(std::move(directory)), say_(std::move(say)) {
  for (Folder& folder : folders) watched_.push_back({std::move(folder), std::nullopt});
}

std::optional<FolderWatch::FileId> FolderWatch::find(const std::filesystem::path& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) return std::nullopt;
  return FileId(file.st_dev, file.st_ino);
}

void FolderWatch::check() {
  for (Watched& watched : watched_) check(watched);
}

void FolderWatch::check(Watched& watched) {
  const std::filesystem::path path = directory_ / watched.folder.name;
  const std::optional<FileId> found = find(path);
  // Whoever writes there may have made it anew already.
  if (watched.seen && found != watched.seen) {
    std::error_code error;
    // Not the experiment's own directory: that it has gone is another matter, which the results notice.
    if (!found) std::filesystem::create_directory(path, error);
    say_("warning: " + path.string() + " was deleted" + (error ? "" : ", and made anew") + ": " + watched.folder.loss);
  }
  watched.seen = found ? found : find(path);
}

}  // namespace manta
