// SPDX-License-Identifier: Apache-2.0
// The table of trainables, and the entry by which a plugin shows it.
#include "tune/trainable.h"

#include "tune/plugin_info.h"

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

}  // namespace manta

const manta::PluginInfo* manta_plugin_entry() {
  static const manta::PluginInfo info{.magic = manta::kPluginMagic,
                                      .abi = manta::kPluginAbi,
                                      .version = MANTA_VERSION,
                                      .library_abi = manta::kLibraryAbi,
                                      .compiler = __VERSION__,
                                      .trainables = &manta::registered_trainables()};
  return &info;
}
