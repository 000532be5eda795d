// SPDX-License-Identifier: Apache-2.0
// Memory for things of one size that come and go by the thousand.
#pragma once

#include <cstddef>
#include <mutex>
#include <new>
#include <utility>

namespace manta {

namespace internal {

/// Free pieces of `kSize` bytes: each thread keeps some, which it gives and takes without a lock, and hands crowds of
/// them to the others. At most `kShared` crowds are kept for them; the rest goes back to the heap.
///
/// Thread-safety: any method, from any thread.
template <std::size_t kSize>
class Pool {
 public:
  static void* take() {
    Local& local = local_;
    if (local.first == nullptr && !refill(local)) return ::operator new(kSize);
    Piece* piece = local.first;
    local.first = piece->next;
    --local.count;
    return piece;
  }
  static void give(void* memory) {
    Local& local = local_;
    if (local.has_ended) return ::operator delete(memory);
    local.first = new (memory) Piece{local.first};
    if (++local.count >= 2 * kCrowd) share(local);
  }

 private:
  struct Piece {
    Piece* next;
  };
  static_assert(kSize >= sizeof(Piece));
  static constexpr std::size_t kCrowd = 1024;
  static constexpr std::size_t kShared = 16;

  // Nothing to be destroyed: what is let go of after the thread's end, in destructors of static objects, finds it.
  struct Local {
    Piece* first = nullptr;
    std::size_t count = 0;
    bool has_cleaner = false;
    bool has_ended = false;
  };
  struct Cleaner {
    ~Cleaner() {
      local_.has_ended = true;
      free(local_.first, local_.count);
      local_.first = nullptr;
    }
  };
  struct Shared {
    std::mutex mutex;
    std::size_t count = 0;  // Guarded by it, as are the crowds, each of kCrowd pieces.
    Piece* crowds[kShared];
  };

  // Never destroyed, for the same reason.
  static Shared& shared() {
    static auto* instance = new Shared;
    return *instance;
  }
  static bool refill(Local& local) {
    if (!local.has_cleaner && !local.has_ended) {
      [[maybe_unused]] static thread_local const Cleaner cleaner;
      local.has_cleaner = true;
    }
    Shared& all = shared();
    const std::lock_guard lock(all.mutex);
    if (all.count == 0) return false;
    local.first = all.crowds[--all.count];
    local.count = kCrowd;
    return true;
  }
  // Gives a crowd of the thread's pieces to all threads.
  static void share(Local& local) {
    Piece* const crowd = local.first;
    Piece* last = crowd;
    for (std::size_t i = 1; i < kCrowd; ++i) last = last->next;
    local.first = last->next;
    local.count -= kCrowd;
    last->next = nullptr;
    {
      Shared& all = shared();
      const std::lock_guard lock(all.mutex);
      if (all.count < kShared) {
        all.crowds[all.count++] = crowd;
        return;
      }
    }
    free(crowd, kCrowd);
  }
  static void free(Piece* piece, std::size_t count) {
    for (; count > 0; --count) ::operator delete(std::exchange(piece, piece->next));
  }

  static inline constinit thread_local Local local_;
};

}  // namespace internal

/// For std::allocate_shared of one thing at a time. Under AddressSanitizer everything comes from the heap, so that it
/// sees what is used too late.
template <class T>
class PoolAllocator {
 public:
  using value_type = T;

  PoolAllocator() = default;
  template <class U>
  PoolAllocator(const PoolAllocator<U>&) {}  // NOLINT(google-explicit-constructor): what an allocator must have.

  T* allocate(std::size_t count) {
#if !defined(__SANITIZE_ADDRESS__)
    if (count == 1) return static_cast<T*>(internal::Pool<sizeof(T)>::take());
#endif
    return static_cast<T*>(::operator new(count * sizeof(T)));
  }
  void deallocate(T* memory, [[maybe_unused]] std::size_t count) {
#if !defined(__SANITIZE_ADDRESS__)
    if (count == 1) return internal::Pool<sizeof(T)>::give(memory);
#endif
    ::operator delete(memory);
  }

  bool operator==(const PoolAllocator&) const = default;
};

}  // namespace manta
