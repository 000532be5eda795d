// SPDX-License-Identifier: Apache-2.0
// main() of the explorers.
#include <gtest/gtest.h>

#include <charconv>
#include <cstdio>
#include <string_view>

#include "tests/explore/explore_flags.h"

namespace manta {
namespace {

ExploreFlags g_flags;

template <class T>
bool read_flag(std::string_view argument, std::string_view name, T& value) {
  if (!argument.starts_with(name)) return false;
  argument.remove_prefix(name.size());
  return std::from_chars(argument.data(), argument.data() + argument.size(), value).ec == std::errc();
}

}  // namespace

const ExploreFlags& explore_flags() { return g_flags; }

}  // namespace manta

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  manta::ExploreFlags& flags = manta::g_flags;
  for (int i = 1; i < argc; ++i) {
    if (manta::read_flag(argv[i], "--max-states=", flags.max_states) ||
        manta::read_flag(argv[i], "--walks=", flags.walks) || manta::read_flag(argv[i], "--seed=", flags.seed))
      continue;
    std::fprintf(stderr, "unknown: %s; there are --max-states=N, --walks=N, --seed=N\n", argv[i]);
    return 2;
  }
  return RUN_ALL_TESTS();
}
