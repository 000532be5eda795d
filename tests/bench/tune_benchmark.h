// SPDX-License-Identifier: Apache-2.0
// The rows of manta_tune_benchmark: each file has some, and main() puts them together.
#pragma once

#include <manta/manta.h>

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace manta::bench {

/// One measurement, which prints its lines under `name`. It runs in a process of its own, where the runtime is up.
struct TuneRow {
  std::string_view name;
  void (*run)(std::string_view name, std::int64_t count);
  std::int64_t count = 0;  ///< Of trials or reports or repetitions, if the caller names none.
  double cpus = 2;         ///< That the runtime may use: as many trials at once.
};

std::vector<TuneRow> trial_rows();   ///< tune_benchmark_trials.cc: how many trials, how many reports.
std::vector<TuneRow> state_rows();   ///< tune_benchmark_states.cc: what a large state costs on its way.
std::vector<TuneRow> resume_rows();  ///< tune_benchmark_resume.cc: a large experiment, opened again.

/// A folder of its own below the working directory, so that it lies on a disk; its end removes it.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// One parameter, `x`, of 0 to 1; the metric is `loss`.
inline constexpr const char* kSmallSpace = R"({"x": {"float": [0, 1]}})";

/// Runs the experiment in a scratch folder. Returns the seconds from the call until all is on disk.
double seconds_of(TuneOptions options);

}  // namespace manta::bench
