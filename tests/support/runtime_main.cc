// SPDX-License-Identifier: Apache-2.0
// main() of a test program that uses the runtime.
#include <gmock/gmock.h>

#include <cstdio>

#include "core/api/runtime.h"

// The machine is the same everywhere: 2 CPUs, 2 GPUs (names only), 4 GiB of memory (counted, not used), two licenses,
// and 64 MiB of object store.
int main(int argc, char** argv) {
  auto runtime = manta::init(argc, argv,
                             {.cpus = 2,
                              .gpus = 2,
                              .memory = std::uint64_t{4} << 30,
                              .resources = {{"license", 2}},
                              .object_store_bytes = std::size_t{64} << 20});
  if (!runtime) {
    std::fprintf(stderr, "%s\n", to_string(runtime.error()).c_str());
    return 1;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
