// SPDX-License-Identifier: Apache-2.0
// The tables of trainables and searchers, and the entry by which a plugin shows them: in one file, because whoever
// registers something must link the entry.
#include "tune/trainable.h"

#include "tune/plugin_info.h"
#include "tune/searcher_entry.h"

#define MANTA_TEXT_INNER_(x) #x
#define MANTA_TEXT_(x) MANTA_TEXT_INNER_(x)

namespace manta {

namespace {

// g++ and clang++ share one C++ ABI on Linux, so the compiler's name and version do not matter; the standard library
// and the layout of its strings do.
constexpr const char* kLibraryAbi =
#if defined(__GLIBCXX__)
    "libstdc++, string ABI " MANTA_TEXT_(_GLIBCXX_USE_CXX11_ABI);
#else
    "libc++ " MANTA_TEXT_(_LIBCPP_VERSION);
#endif

}  // namespace

std::vector<TrainableEntry>& registered_trainables() {
  static std::vector<TrainableEntry> table;
  return table;
}

bool internal::register_trainable(TrainableEntry entry) {
  registered_trainables().push_back(std::move(entry));
  return true;
}

std::vector<SearcherEntry>& registered_searchers() {
  static std::vector<SearcherEntry> table;
  return table;
}

bool internal::register_searcher(SearcherEntry entry) {
  registered_searchers().push_back(std::move(entry));
  return true;
}

}  // namespace manta

const manta::PluginInfo* manta_plugin_entry() {
  static const manta::PluginInfo info{.magic = manta::kPluginMagic,
                                      .abi = manta::kPluginAbi,
                                      .version = MANTA_VERSION,
                                      .library_abi = manta::kLibraryAbi,
                                      .compiler = __VERSION__,
                                      .trainables = &manta::registered_trainables(),
                                      .searchers = &manta::registered_searchers()};
  return &info;
}
