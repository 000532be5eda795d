// SPDX-License-Identifier: Apache-2.0
// What a plugin says of itself before anything in it is used.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tune/searcher_entry.h"
#include "tune/trainable.h"

namespace manta {

inline constexpr std::uint32_t kPluginMagic = 0x4d4e5441;  // "MNTA"
/// The layout of Trainable, TrainableEntry, Config, Metrics, CheckpointWriter, CheckpointReader, Searcher,
/// SearcherEntry, SearcherSetup, Space, Outcome and PluginInfo. Raised whenever one of them changes.
inline constexpr std::uint32_t kPluginAbi = 5;
/// The exported function's name; its type is PluginEntry.
inline constexpr const char* kPluginEntryName = "manta_plugin_entry";

/// Read from the top: a field is meaningful only if all above it are as expected.
struct PluginInfo {
  std::uint32_t magic = 0;
  std::uint32_t abi = 0;
  const char* version = nullptr;      ///< Of Manta: "0.1.0".
  const char* library_abi = nullptr;  ///< What decides whether C++ objects can cross the border.
  const char* compiler = nullptr;     ///< For people: "12.2.0".
  const std::vector<TrainableEntry>* trainables = nullptr;
  const std::vector<SearcherEntry>* searchers = nullptr;
};

using PluginEntry = const PluginInfo* (*)();

}  // namespace manta

/// What this program, or the shared library that this is linked into, was built as. Each plugin exports its own,
/// because MANTA_TRAINABLE and MANTA_SEARCHER pull in the file that defines it.
extern "C" __attribute__((visibility("default"))) const manta::PluginInfo* manta_plugin_entry();
