// SPDX-License-Identifier: Apache-2.0
// Trainables and searchers from a shared library.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "tune/searcher_entry.h"
#include "tune/trainable.h"

namespace manta {

/// A trainable in a shared library, as written on the command line: "./libx.so:Name", or "./libx.so" for its only one.
struct PluginReference {
  std::filesystem::path path;
  std::string name;  ///< "" for the only one.

  /// None if `text` does not name a file that ends in ".so" (or ".so.1.2"), with or without ":Name".
  static std::optional<PluginReference> parse(std::string_view text);
};

/// Loads the shared library and returns its trainable; it stays loaded until the process ends, because libraries such
/// as LibTorch register what would dangle.
///
/// Runs the library's static initialisers in this process: call it in the worker that is to run the trainable.
/// Thread-safety: any thread.
/// Errors: kNotFound: no such file, or no such trainable in it (the message lists those there are).
///         kInvalidArgument: not a shared library, one that does not load (the loader's words name a missing library or
///           symbol), not a plugin, or several trainables and no name.
///         kIncompatible: built with another Manta or standard library (the message names both); build it again.
Result<TrainableEntry> load_plugin(const PluginReference& reference);

/// The same of its searchers, which MANTA_SEARCHER makes known. They run in the driver, so it is called there.
Result<SearcherEntry> load_plugin_searcher(const PluginReference& reference);

}  // namespace manta
