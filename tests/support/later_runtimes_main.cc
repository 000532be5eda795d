// SPDX-License-Identifier: Apache-2.0
// main() of a test program whose tests start runtimes of their own.
#include <gtest/gtest.h>

#include "core/api/runtime.h"
#include "tests/support/later_runtimes.h"

namespace manta {

int g_argc = 0;
char** g_argv = nullptr;

}  // namespace manta

// A runtime at the very beginning, so that the fork server and the workers that later ones start never get beyond.
int main(int argc, char** argv) {
  manta::g_argc = argc;
  manta::g_argv = argv;
  {
    const auto runtime = manta::init(argc, argv);
    if (!runtime) return 1;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
