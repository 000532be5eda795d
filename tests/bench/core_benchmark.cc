// SPDX-License-Identifier: Apache-2.0
// The rows of `ray microbenchmark`, under their names, and what else an actor runtime is measured by: one row in each
// run of the program, printed as lines of JSON. docs/benchmarks_core.md says what each means. Every row has a process
// of its own, so that none finds what another has warmed.
#include "tests/bench/core_benchmark.h"

#include <manta/manta.h>
#include <sched.h>

#include <cstdio>

#include "tests/bench/benchmark_support.h"

namespace {

using manta::bench::CoreRow;

std::vector<CoreRow> all_rows() {
  std::vector<CoreRow> rows;
  for (const auto& some : {manta::bench::call_rows(), manta::bench::client_rows(), manta::bench::object_rows(),
                           manta::bench::process_rows(), manta::bench::metg_rows()})
    rows.insert(rows.end(), some.begin(), some.end());
  return rows;
}

// This process, and all that it will start.
void stay_on_one_core() {
  cpu_set_t core;
  CPU_ZERO(&core);
  CPU_SET(0, &core);
  MANTA_CHECK(::sched_setaffinity(0, sizeof core, &core) == 0, "cannot stay on core 0");
}

int print_usage(const std::vector<CoreRow>& rows) {
  std::fputs("usage: manta_core_benchmark ROW, where ROW is one of\n", stderr);
  for (const CoreRow& row : rows) std::fprintf(stderr, "  %s\n", row.name.data());
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view name = argc == 2 ? argv[1] : "";
  std::vector<CoreRow> rows = all_rows();
  for (const CoreRow& row : rows) {
    if (row.name != name) continue;
    if (row.on_one_core) stay_on_one_core();
    const manta::Runtime runtime = manta::init(argc, argv, {.cpus = row.cpus}).value();
    row.run(row.name);
    return 0;
  }
  if (name != "first_result") return print_usage(rows);
  const manta::Runtime runtime = manta::init(argc, argv, {.cpus = 2}).value();
  manta::bench::first_result();
}
