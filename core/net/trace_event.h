// SPDX-License-Identifier: Apache-2.0
// What a runtime's timeline is made of.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <type_traits>

#include "core/base/clock.h"

namespace manta {

/// Something that a thread did, from one moment to another. Travels as it lies in memory.
struct TraceEvent {
  enum class Kind : std::uint32_t {
    kSend = 1,  ///< The node sent a call to a worker.
    kCall,      ///< A worker ran a call.
    kWait,      ///< Waited for objects.
    kPut,       ///< A value of `bytes` bytes went into the store.
    kSpill,     ///< Objects of `bytes` bytes went from memory to disk.
  };

  Kind kind{};
  std::uint32_t thread = 0;   ///< As gettid().
  std::int64_t begin_ns = 0;  ///< By the steady clock, which all processes of a machine share.
  std::int64_t duration_ns = 0;
  std::uint64_t function = 0;  ///< Of kSend and kCall.
  std::uint64_t call = 0;      ///< Of kSend and kCall: its number among those of its worker.
  std::uint64_t worker = 0;    ///< Of kSend: to which.
  std::uint64_t bytes = 0;
};
static_assert(std::is_trivially_copyable_v<TraceEvent>);

/// Takes events. There is none where nothing is traced.
///
/// Thread-safety: add() from any thread; it never waits: what finds no room is left out and counted.
class Tracer {
 public:
  virtual ~Tracer() = default;
  virtual void add(const TraceEvent& event) = 0;
};

/// Adds an event that lasts as long as this lives; without a tracer it does nothing.
///
/// Thread-safety: none.
class TraceSpan {
 public:
  TraceSpan(Tracer* tracer, TraceEvent event) : tracer_(tracer), event_(event) {
    if (tracer_ == nullptr) return;
    event_.thread = thread_number();
    event_.begin_ns = now();
  }
  ~TraceSpan() {
    if (tracer_ == nullptr) return;
    event_.duration_ns = now() - event_.begin_ns;
    tracer_->add(event_);
  }
  TraceSpan(const TraceSpan&) = delete;
  TraceSpan& operator=(const TraceSpan&) = delete;

  void set_bytes(std::uint64_t bytes) { event_.bytes = bytes; }
  /// It was not worth an event.
  void drop() { tracer_ = nullptr; }

  /// Of the calling thread, as gettid(); asked once.
  static std::uint32_t thread_number() {
    thread_local const auto number = static_cast<std::uint32_t>(::syscall(SYS_gettid));
    return number;
  }

 private:
  static std::int64_t now() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

  Tracer* tracer_;
  TraceEvent event_;
};

}  // namespace manta
