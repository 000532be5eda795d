// SPDX-License-Identifier: Apache-2.0
// A shared library that links Manta but registers no trainable.
#include "tune/plugin_info.h"

const manta::PluginInfo* manta_test_keep_entry() { return manta_plugin_entry(); }
