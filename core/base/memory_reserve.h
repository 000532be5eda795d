// SPDX-License-Identifier: Apache-2.0
// Memory that is kept back for what must not fail.
#pragma once

#include <cstddef>
#include <utility>

namespace manta {

/// Room that the process keeps, untouched, for the time when it gets no more. What must be done as a whole or not at
/// all, the bookkeeping of the runtime, uses it then; what may be large, or is of the user's, fails instead. While it is
/// not whole, no new work is to be begun.
///
/// It comes into play by the handler of std::set_new_handler(): a program that sets another one is to call the one
/// before, and an operator new of its own is to call the handler, as the standard says.
///
/// Thread-safety: any method, from any thread.
class MemoryReserve {
 public:
  static constexpr std::size_t kPiece = std::size_t{1} << 20;
  static constexpr std::size_t kPieces = 8;

  /// While one lives, an allocation of this thread that would fail takes from the reserve. When that is empty too, the
  /// process stops, and says so.
  class Use {
   public:
    Use() { ++depth_; }
    ~Use() { --depth_; }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
  };
  /// While one lives, no Use around it counts.
  class Pause {
   public:
    Pause() : outer_(std::exchange(depth_, 0)) {}
    ~Pause() { depth_ = outer_; }
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    const int outer_;
  };

  /// From now on, until the end of the process, there is one.
  static void open();
  /// Whether it has all that it should. What is missing is asked of the system again.
  static bool is_whole();

 private:
  static void on_no_memory();

  static inline constinit thread_local int depth_ = 0;  // Of Use on this thread.
};

}  // namespace manta
