// SPDX-License-Identifier: Apache-2.0
// A GPU whose process has ended, and the driver that still lists it. The library that is loaded is a fake.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/api/actor.h"
#include "core/api/object_ref.h"
#include "core/api/runtime.h"
#include "tests/support/temporary_folder.h"

namespace manta::gpu_test {
namespace {

class User {
 public:
  int pid() { return ::getpid(); }
};

std::uintmax_t questions(const std::string& file) {
  std::error_code none;
  const std::uintmax_t size = std::filesystem::file_size(file + ".asked", none);
  return none ? 0 : size;
}

TEST(GpuTest, ADeviceIsGivenAgainWhenTheDriverNoLongerListsItsProcess) {
  TemporaryFolder folder;
  const std::string file = folder.path() + "/processes";
  ::setenv("MANTA_FAKE_NVML_FILE", file.c_str(), 1);
  const auto first = actor<User>.with({.gpus = 1})();
  std::ofstream(file) << "0 " << get(first.call<&User::pid>()).value() << "\n";

  first.kill();
  const auto second = actor<User>.with({.gpus = 1})();
  const auto pid = second.call<&User::pid>();
  for (int wait = 0; wait < 30'000 && questions(file) < 3; ++wait) ::usleep(1000);
  ASSERT_GE(questions(file), 3u) << "the driver is asked again and again";

  EXPECT_EQ(second.pid(), 0) << "it waits for the device";
  std::ofstream(file) << "";
  EXPECT_GT(get(pid).value(), 0);
}

}  // namespace
}  // namespace manta::gpu_test

int main(int argc, char** argv) {
  auto runtime = manta::init(argc, argv, {.cpus = 2, .gpus = 1, .object_store_bytes = std::size_t{64} << 20});
  if (!runtime) {
    std::fprintf(stderr, "%s\n", to_string(runtime.error()).c_str());
    return 1;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
