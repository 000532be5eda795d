// SPDX-License-Identifier: Apache-2.0
// An experiment, asked for: each field is a command line option and a key of the experiment's JSON document.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tune/loop/loop_options.h"
#include "tune/trial/objective.h"

namespace manta {

struct TuneOptions {
  std::string space = {};   ///< JSON text of the search space (docs/space.md).
  std::string name = {};    ///< Of the experiment; default: the trainable's.
  std::string metric = {};  ///< Objective; required. Several: "error:min, accuracy:max" (parse_objectives()).
  Mode mode = Mode::kMin;   ///< Of a metric that does not name its own.
  std::vector<std::string> metric_constraint = {};  ///< "latency_ms <= 20"; only who keeps all of them is of use.
  std::int64_t samples = 10;  ///< Trials, or, with a grid, times the whole grid.
  /// A name of make_searcher.h, "Name" of MANTA_SEARCHER, "libx.so:Name" or "exec:COMMAND"; default: grid if the space
  /// has one, else auto.
  std::string searcher = {};
  std::int64_t repeat = 1;                   ///< How often a promising configuration is tried where values are noisy.
  double searcher_timeout_seconds = 60;             ///< For each answer of an exec: searcher.
  std::optional<std::filesystem::path> warm_start;  ///< An earlier experiment whose trials the searcher is told first.
  /// "fifo", "asha:grace=1,eta=4", "pbt:interval=5", or several: "hyperband + patience:reports=5" (make_scheduler.h).
  std::string scheduler = "fifo";
  std::optional<std::int64_t> max_iterations;
  std::vector<std::string> stop = {};  ///< "accuracy>=0.99"; any of them ends a trial.
  std::optional<double> time_budget_seconds;
  std::optional<double> min_gain;  ///< No more trials once the searcher expects less of one, in the metric's units.
  int concurrency = 0;             ///< Trials at once; 0: as many as the machine has room for.
  std::int64_t grow_every = 0;  ///< Trials take over slots that nobody wants, at most every so many reports; 0: never.
  double cpus_per_trial = 1;
  double gpus_per_trial = 0;
  std::uint64_t memory_per_trial = 0;        ///< Bytes that a trial's process may use; 0: any number.
  std::optional<double> trial_time_seconds;  ///< In its iterations; then the trial is stopped.
  std::optional<double> step_time_seconds;   ///< For one iteration; then the attempt fails.
  std::optional<double>
      stall_timeout_seconds;      ///< Without an answer; then the attempt fails, with its stack as the cause.
  double retry_wait_seconds = 1;  ///< Before a failed trial is tried again; doubled each time, up to 60 times as long.
  double storage_wait_seconds = 600;  ///< For space on a disk that is full; then the sweep ends, resumable.
  int max_failures = 0;           ///< Failed attempts that a trial may have and still be retried.
  double allow_failed = 0.5;      ///< Exit code 1 when more than this share of the trials failed, or none has a value.
  NonFinite non_finite = NonFinite::kContinue;
  std::int64_t checkpoint_every = 0;  ///< Iterations between checkpoints; 0: only when one is needed.
  int keep_checkpoints = 2;           ///< Per trial, on disk: the newest.
  int keep_best = 0;                  ///< Per trial, on disk: besides, those of its best reports.
  std::uint64_t seed = 0;
  bool deterministic =
      false;  ///< Decisions depend on nothing but what trials report (docs/guides/crash_and_resume.md).
  std::string trainable = {};      ///< "Name", "libx.so:Name" or "" for the only one there is.
  std::string command = {};        ///< Instead of a trainable: "./sim --nu {nu}".
  std::filesystem::path out = {};  ///< The experiment's directory; default runs/<name>-<UTC time>.
  /// Instead of running anything: the experiment or table whose recorded trials are run again in virtual time.
  std::optional<std::filesystem::path> simulate;
  std::optional<std::filesystem::path>
      resume;  ///< Go on with the experiment in this directory; only limits may change.
};

}  // namespace manta
