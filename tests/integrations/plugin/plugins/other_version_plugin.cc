// SPDX-License-Identifier: Apache-2.0
// A plugin of another version of Manta.
#include "tune/plugin_info.h"

const manta::PluginInfo* manta_plugin_entry() {
  static const manta::PluginInfo info{.magic = manta::kPluginMagic, .abi = manta::kPluginAbi, .version = "0.0.9-test"};
  return &info;
}
