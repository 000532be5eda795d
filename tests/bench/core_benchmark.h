// SPDX-License-Identifier: Apache-2.0
// The rows of manta_core_benchmark: each concept has a file of its own, and main() puts their rows together.
#pragma once

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

std::vector<CoreRow> call_rows();     ///< core_benchmark_calls.cc: calls of actors, and tasks.
std::vector<CoreRow> object_rows();   ///< core_benchmark_objects.cc: put, get, wait.
std::vector<CoreRow> process_rows();  ///< core_benchmark_processes.cc: starts, and what an idle runtime takes.
std::vector<CoreRow> metg_rows();     ///< core_benchmark_metg.cc: how short a task may be.

/// What the others call too. Two bytes are what `ray microbenchmark` sends.
using SmallValue = std::uint16_t;

class SmallActor {
 public:
  SmallValue small_value() { return kSmallValue; }
  SmallValue small_value_with(int) { return kSmallValue; }

 private:
  static constexpr SmallValue kSmallValue = 0x6b6f;
};

}  // namespace manta::bench
