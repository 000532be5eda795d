// SPDX-License-Identifier: Apache-2.0
// A plugin built with another C++ library.
#include "tune/plugin_info.h"

const manta::PluginInfo* manta_plugin_entry() {
  static const manta::PluginInfo info{.magic = manta::kPluginMagic,
                                      .abi = manta::kPluginAbi,
                                      .version = MANTA_TEST_VERSION,
                                      .library_abi = "libc++ 14",
                                      .compiler = "Clang 14"};
  return &info;
}
