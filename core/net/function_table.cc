// SPDX-License-Identifier: Apache-2.0
#include "core/net/function_table.h"

#include <dlfcn.h>

#include <mutex>
#include <unordered_map>

#include "core/base/check.h"
#include "core/base/random.h"

namespace manta {
namespace {

struct Table {
  std::mutex mutex;  // A library may be loaded while calls run.
  std::unordered_map<std::uint64_t, FunctionEntry> functions;
};

// Made when first used, as registration runs before main() in no particular order; never destroyed.
Table& table() {
  static Table& instance = *new Table;
  return instance;
}

}  // namespace

std::uint64_t register_function(Invoker invoke, std::string_view name, FunctionKind kind) {
  Dl_info module{};
  const auto address = reinterpret_cast<std::uintptr_t>(invoke);
  const bool known = ::dladdr(reinterpret_cast<const void*>(address), &module) != 0;
  const std::uintptr_t base = known ? reinterpret_cast<std::uintptr_t>(module.dli_fbase) : 0;
  const std::uint64_t id = hash_name(name) ^ ((address - base) * 0x9E3779B97F4A7C15ull);
  const std::lock_guard lock(table().mutex);
  const auto [it, inserted] = table().functions.emplace(id, FunctionEntry{invoke, name, kind});
  MANTA_CHECK(inserted || it->second.invoke == invoke, "two remote functions have the same number");
  return id;
}

const FunctionEntry* find_function(std::uint64_t id) {
  // Entries stay where they are, and most calls are of the function called last.
  thread_local std::uint64_t last_id = 0;
  thread_local const FunctionEntry* last = nullptr;
  if (last != nullptr && last_id == id) return last;
  const std::lock_guard lock(table().mutex);
  const auto it = table().functions.find(id);
  if (it == table().functions.end()) return nullptr;
  last_id = id;
  return last = &it->second;
}

}  // namespace manta
