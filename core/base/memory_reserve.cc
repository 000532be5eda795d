// SPDX-License-Identifier: Apache-2.0
#include "core/base/memory_reserve.h"

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <new>

#include "core/base/check.h"

namespace manta {
namespace {

// The new-handler cannot be handed anything. A null piece has been given away.
struct Pieces {
  std::array<std::atomic<void*>, MemoryReserve::kPieces> pieces{};
  std::atomic<bool> is_whole{false};
  std::atomic<std::new_handler> before{nullptr};
};
constinit Pieces g_reserve;

// False: there is none left.
bool give_piece() {
  g_reserve.is_whole = false;
  for (std::atomic<void*>& piece : g_reserve.pieces)
    if (void* const memory = piece.exchange(nullptr)) return ::munmap(memory, MemoryReserve::kPiece) == 0;
  return false;
}

// Several threads may do so at a time.
bool refill() {
  for (std::atomic<void*>& piece : g_reserve.pieces) {
    if (piece.load() != nullptr) continue;
    void* const memory =
        ::mmap(nullptr, MemoryReserve::kPiece, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return false;
    void* none = nullptr;
    if (!piece.compare_exchange_strong(none, memory)) ::munmap(memory, MemoryReserve::kPiece);
  }
  g_reserve.is_whole = true;
  return true;
}

}  // namespace

void MemoryReserve::open() {
  if (std::get_new_handler() != &on_no_memory) g_reserve.before = std::set_new_handler(&on_no_memory);
  static_cast<void>(refill());
}

bool MemoryReserve::is_whole() { return g_reserve.is_whole || refill(); }

void MemoryReserve::on_no_memory() {
  if (depth_ > 0) {
    MANTA_CHECK(give_piece(), "no memory: this process gets no more (bad_alloc), and the runtime's reserve is used up");
    return;
  }
  const std::new_handler before = g_reserve.before;
  if (before == nullptr) throw std::bad_alloc();
  before();
}

}  // namespace manta
