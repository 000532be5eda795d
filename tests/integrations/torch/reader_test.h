// SPDX-License-Identifier: Apache-2.0
// Files for tests of readers, gone when the test ends.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace manta::torch {

/// A folder of the test's own.
class ReaderTest : public ::testing::Test {
 protected:
  ReaderTest() { std::filesystem::create_directories(folder_); }
  ~ReaderTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path path_of(std::string_view name) const { return folder_ / name; }

  std::filesystem::path write(std::string_view name, std::string_view content) const {
    std::ofstream(path_of(name), std::ios::binary) << content;
    return path_of(name);
  }

  std::filesystem::path write_packed(std::string_view name, std::string_view content) const {
    gzFile file = ::gzopen(path_of(name).c_str(), "wb");
    ::gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
    ::gzclose(file);
    return path_of(name);
  }

 private:
  const std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) /
      ("manta-" + std::to_string(::getpid()) + "-" + ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

}  // namespace manta::torch
