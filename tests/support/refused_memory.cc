// SPDX-License-Identifier: Apache-2.0
#include "tests/support/refused_memory.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

#include "core/base/memory_reserve.h"

namespace manta {
namespace {

std::atomic<bool> g_refuses{false};
std::atomic<Whose> g_whose{Whose::kThisThread};
std::atomic<int> g_left{0};  // That are still granted.
std::atomic<bool> g_all_after{false};
std::atomic<bool> g_any_refused{false};
std::atomic<long> g_given_back{0};  // Bytes, by the handler.
thread_local bool t_has_said_so = false;

bool is_refused(std::size_t size) {
  if (!g_refuses.load()) return false;
  const Whose whose = g_whose.load();
  if (whose != Whose::kAllThreads && (whose == Whose::kThisThread) != t_has_said_so) return false;
  const int before = g_left.fetch_sub(1);
  if (before > 0 || (before < 0 && !g_all_after.load())) return false;
  g_any_refused = true;
  if (!g_all_after.load()) return true;
  const auto wanted = static_cast<long>(size);
  if (g_given_back.fetch_sub(wanted) >= wanted) return false;
  g_given_back.fetch_add(wanted);
  return true;
}

// As the standard has it.
void* allocate(std::size_t size) {
  for (;;) {
    void* const memory = is_refused(size) ? nullptr : std::malloc(std::max<std::size_t>(size, 1));
    if (memory != nullptr) return memory;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
    g_given_back += static_cast<long>(MemoryReserve::kPiece);
  }
}

}  // namespace

void refuse_memory(Whose whose, int first, bool and_all_after) {
  t_has_said_so = true;
  g_whose = whose;
  g_all_after = and_all_after;
  g_any_refused = false;
  g_given_back = 0;
  g_left = first;
  g_refuses = true;
}

bool grant_memory() {
  g_refuses = false;
  t_has_said_so = false;
  return g_any_refused.load();
}

}  // namespace manta

void* operator new(std::size_t size) { return manta::allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
