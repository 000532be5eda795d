// SPDX-License-Identifier: Apache-2.0
// A folder for one test.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "core/base/check.h"

namespace manta {

/// An empty folder that goes with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder() { MANTA_CHECK(::mkdtemp(path_.data()) != nullptr, "mkdtemp"); }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_ = (std::filesystem::temp_directory_path() / "manta-test-XXXXXX").string();
};

}  // namespace manta
