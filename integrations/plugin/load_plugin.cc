// SPDX-License-Identifier: Apache-2.0
// dlopen, and every question that must be asked before a plugin's objects may be touched.
#include "integrations/plugin/load_plugin.h"

#include <dlfcn.h>

#include <array>
#include <cstring>
#include <fstream>
#include <system_error>

#include "tune/plugin_info.h"
#include "tune/trainable_reference.h"

namespace manta {

namespace {

bool is_elf_file(const std::filesystem::path& path) {
  std::array<char, 4> magic{};
  std::ifstream file(path, std::ios::binary);
  file.read(magic.data(), magic.size());
  return file.good() && std::memcmp(magic.data(), "\177ELF", magic.size()) == 0;
}

// The loader's own messages for these cases speak of "invalid ELF header" or search the system's library path.
Result<void> check_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return Error{ErrorCode::kNotFound, "plugin " + path.string() + ": no such file"};
  }
  if (!std::filesystem::is_regular_file(path, ignored) || !is_elf_file(path)) {
    return Error{ErrorCode::kInvalidArgument, "plugin " + path.string() +
                                                  ": not a shared library; build it with add_library(… SHARED …) "
                                                  "or g++ -shared -fPIC"};
  }
  return {};
}

Error incompatible(const std::string& path, std::string_view what, const std::string& its, const std::string& ours) {
  return {ErrorCode::kIncompatible, "plugin " + path + " was built with " + std::string(what) + " " + its +
                                        ", this program with " + ours + ": build the plugin again"};
}

Result<void> check_info(const PluginInfo* info, const std::string& path) {
  const PluginInfo& ours = *manta_plugin_entry();
  if (info == nullptr || info->magic != kPluginMagic) {
    return Error{ErrorCode::kInvalidArgument,
                 "plugin " + path + ": its " + kPluginEntryName + "() is not Manta's: link manta::manta"};
  }
  if (info->abi != ours.abi) {
    return incompatible(path, "plugin ABI", std::to_string(info->abi), std::to_string(ours.abi));
  }
  if (std::strcmp(info->version, ours.version) != 0) {
    return incompatible(path, "Manta", info->version, ours.version);
  }
  if (std::strcmp(info->library_abi, ours.library_abi) != 0) {
    return incompatible(path,
                        "another C++ library:", std::string(info->library_abi) + " (compiler " + info->compiler + ")",
                        std::string(ours.library_abi) + " (compiler " + ours.compiler + ")");
  }
  return {};
}

// Loads the library, asks all that must be asked, and returns what it says of itself.
Result<const PluginInfo*> open_plugin(const PluginReference& reference) {
  MANTA_RETURN_IF_ERROR(check_file(reference.path));
  // With a slash in it the loader takes the path as it is; a bare name would be searched for in the system's folders.
  const std::string path = std::filesystem::absolute(reference.path).string();
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    return Error{ErrorCode::kInvalidArgument, "plugin " + path + " does not load: " + dlerror()};
  }
  void* const symbol = dlsym(handle, kPluginEntryName);
  if (symbol == nullptr) {
    return Error{ErrorCode::kInvalidArgument,
                 "plugin " + path +
                     " is not a Manta plugin: link manta::manta and use MANTA_TRAINABLE(YourClass) "
                     "or MANTA_SEARCHER(YourClass)"};
  }
  const PluginInfo* const info = reinterpret_cast<PluginEntry>(symbol)();
  MANTA_RETURN_IF_ERROR(check_info(info, path));
  return info;
}

std::string name_of(const PluginReference& reference) {
  return "plugin " + std::filesystem::absolute(reference.path).string();
}

}  // namespace

std::optional<PluginReference> PluginReference::parse(std::string_view text) {
  const std::size_t slash = text.rfind('/');
  const std::size_t file_begin = slash == std::string_view::npos ? 0 : slash + 1;
  const std::size_t colon = text.find(':', file_begin);
  const std::string_view path = text.substr(0, colon);
  const std::string_view file = path.substr(file_begin);
  const bool is_library = file.size() > 3 && (file.ends_with(".so") || file.find(".so.") != std::string_view::npos);
  if (!is_library) return std::nullopt;
  return PluginReference{path, colon == std::string_view::npos ? "" : std::string(text.substr(colon + 1))};
}

Result<TrainableEntry> load_plugin(const PluginReference& reference) {
  MANTA_ASSIGN_OR_RETURN(const PluginInfo* info, open_plugin(reference));
  return find_trainable(*info->trainables, reference.name, name_of(reference));
}

Result<SearcherEntry> load_plugin_searcher(const PluginReference& reference) {
  MANTA_ASSIGN_OR_RETURN(const PluginInfo* info, open_plugin(reference));
  return find_searcher(*info->searchers, reference.name, name_of(reference));
}

}  // namespace manta
