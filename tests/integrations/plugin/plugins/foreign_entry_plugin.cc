// SPDX-License-Identifier: Apache-2.0
// A library whose function happens to bear the entry's name.
extern "C" __attribute__((visibility("default"))) const void* manta_plugin_entry() {
  static const unsigned info[16] = {1};
  return info;
}
