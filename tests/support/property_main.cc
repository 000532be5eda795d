// SPDX-License-Identifier: Apache-2.0
// The main() of property tests: the same cases in every run.
//
// A property that fails prints its smallest failing case and a line that begins with RC_PARAMS: with this in the
// environment, the case runs again. RC_PARAMS="max_success=10000" tries many more cases, of a seed of its own; with
// "seed=7 max_success=10000", the same each time.
#include <gtest/gtest.h>

#include <cstdlib>

int main(int argc, char** argv) {
  // Read before the first property; what the environment says already goes first.
  constexpr int kKeep = 0;
  ::setenv("RC_PARAMS", "seed=1 max_success=500", kKeep);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
