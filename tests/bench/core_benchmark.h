// SPDX-License-Identifier: Apache-2.0
// The rows of manta_core_benchmark: each concept has a file of its own, and main() puts their rows together.
#pragma once

#include <manta/manta.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace manta::bench {

/// One measurement, which prints its lines under `name`. It runs in a process of its own, where the runtime is up.
struct CoreRow {
  std::string_view name;
  void (*run)(std::string_view name);
  double cpus = 2;           ///< That the runtime may use.
  bool on_one_core = false;  ///< All processes share one core.
};

std::vector<CoreRow> call_rows();     ///< core_benchmark_calls.cc: calls of actors, and tasks, by this process.
std::vector<CoreRow> client_rows();   ///< core_benchmark_clients.cc: the same, and put, by several others at once.
std::vector<CoreRow> object_rows();   ///< core_benchmark_objects.cc: put, get, wait.
std::vector<CoreRow> process_rows();  ///< core_benchmark_processes.cc: starts, and what an idle runtime takes.
std::vector<CoreRow> metg_rows();     ///< core_benchmark_metg.cc: how short a task may be.

/// What all rows send: two bytes, as `ray microbenchmark` does.
using SmallValue = std::uint16_t;
inline constexpr SmallValue kSmallValue = 0x6b6f;

inline SmallValue small_value() { return kSmallValue; }

class SmallActor {
 public:
  SmallValue small_value() { return kSmallValue; }
  SmallValue small_value_with(int) { return kSmallValue; }
};

/// The same, whose methods are coroutines.
class AsyncActor {
 public:
  Async<SmallValue> small_value() { co_return kSmallValue; }
  Async<SmallValue> small_value_with(int) { co_return kSmallValue; }
};

/// Calls, or tasks, that are under way at once.
inline constexpr std::size_t kBatch = 1000;
/// Of the rows with n actors or clients: one for each CPU.
inline constexpr std::size_t kActors = 2;

/// The refs of as many calls of `call` as a batch has.
template <class Call>
void get_batch(Call&& call) {
  std::vector<ObjectRef<SmallValue>> refs(kBatch);
  for (auto& ref : refs) ref = call();
  MANTA_CHECK(get(refs).has_value(), "a call failed");
}

template <class Class>
std::vector<Actor<Class>> actors() {
  std::vector<Actor<Class>> made(kActors);
  for (auto& each : made) each = actor<Class>();
  return made;
}

}  // namespace manta::bench
