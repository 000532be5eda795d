// SPDX-License-Identifier: Apache-2.0
// What tuning itself costs: one row in each run of the program, printed as lines of JSON. docs/benchmarks.md says
// what each means. Every row has a process of its own, so that none finds what another has warmed.
#include "tests/bench/tune_benchmark.h"

#include <stdlib.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

namespace manta::bench {

ScratchFolder::ScratchFolder() {
  std::string pattern = (std::filesystem::current_path() / "tune_benchmark_XXXXXX").string();
  const char* const made = ::mkdtemp(pattern.data());
  MANTA_CHECK(made != nullptr, "cannot make a folder in the working directory");
  path_ = made;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

double seconds_of(TuneOptions options) {
  const ScratchFolder folder;
  const std::int64_t trials = options.samples;
  options.space = kSmallSpace;
  options.metric = "loss";
  if (options.searcher.empty()) options.searcher = "random";  // The loop is measured, no model.
  options.out = folder.path() / "experiment";
  const auto begin = std::chrono::steady_clock::now();
  const Result<TuneOutcome> outcome = tune_run(options, {.print_summary = false});
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  MANTA_CHECK(outcome.value().counts.completed == trials, "not all trials have completed");
  return elapsed.count();
}

namespace {

std::vector<TuneRow> all_rows() {
  std::vector<TuneRow> rows;
  for (const auto& some : {trial_rows(), state_rows(), resume_rows()})
    rows.insert(rows.end(), some.begin(), some.end());
  return rows;
}

int print_usage(const std::vector<TuneRow>& rows) {
  std::fputs("usage: manta_tune_benchmark ROW [COUNT], where ROW is one of\n", stderr);
  for (const TuneRow& row : rows) {
    std::fprintf(stderr, "  %s (%lld)\n", row.name.data(), static_cast<long long>(row.count));
  }
  return 2;
}

int run(int argc, char** argv) {
  const std::string_view name = argc == 2 || argc == 3 ? argv[1] : "";
  const std::vector<TuneRow> rows = all_rows();
  for (const TuneRow& row : rows) {
    if (row.name != name) continue;
    const std::int64_t count = argc == 3 ? std::atoll(argv[2]) : row.count;
    if (count < 1) break;
    const Runtime runtime = init(argc, argv, {.cpus = row.cpus}).value();
    row.run(row.name, count);
    return 0;
  }
  return print_usage(rows);
}

}  // namespace
}  // namespace manta::bench

int main(int argc, char** argv) { return manta::bench::run(argc, argv); }
