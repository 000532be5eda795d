// SPDX-License-Identifier: Apache-2.0
// A plugin built when Trainable had another layout.
#include "tune/plugin_info.h"

const manta::PluginInfo* manta_plugin_entry() {
  // The version stays null: whoever reads on after the ABI number crashes.
  static const manta::PluginInfo info{.magic = manta::kPluginMagic, .abi = 999999};
  return &info;
}
