// SPDX-License-Identifier: Apache-2.0
// An experiment's directory: its database and its checkpoints.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "tune/loop/results_sink.h"
#include "tune/results/stored_experiment.h"

namespace manta {

struct ResultStoreOptions {
  int keep_checkpoints = 2;  ///< The newest of each trial, on disk; at least 1.
  int keep_best = 0;         ///< Besides, those of its best reports.
  /// While another program writes to the database: how long one try waits, and all tries together.
  Duration busy_timeout = std::chrono::seconds(2);
  Duration busy_limit = std::chrono::minutes(5);
  /// Moves the write-ahead log into the database when it has grown by this much.
  std::int64_t wal_limit_bytes = std::int64_t{8} << 20;
  /// Told what people should know though nothing failed: a program that keeps us waiting, a checkpoint that did not fit
  /// on the disk. Called on the thread that calls the store.
  std::function<void(const std::string& warning)> on_warning = {};
};

/// `experiment.db`, `checkpoints/` and `logs/` in one directory, on one connection. docs/schema.md has the tables.
///
/// One process has a directory open for writing; others may read the database meanwhile, with any program.
/// Thread-safety: none; one thread at a time.
class ResultStore {
 public:
  /// Makes `directory` and an experiment in it, open for writing.
  /// Errors: kAlreadyExists: there is an experiment already. kFailedPrecondition: another process uses it, or it is
  /// no directory, not writable, or on a network disk, where SQLite's locks do not hold. kStorage: the disk failed.
  static Result<ResultStore> create(const std::filesystem::path& directory, const ExperimentSpec& spec,
                                    ResultStoreOptions options = {});
  /// Opens an experiment to go on with it. Attempts that its last process left running are marked interrupted.
  /// Errors: kNotFound: no experiment there. kFailedPrecondition: another process has it open; names its pid and since
  /// when. kIncompatible: of a newer version of the schema. kFailedPrecondition: not writable. kStorage: damaged, or
  /// the disk failed.
  static Result<ResultStore> open(const std::filesystem::path& directory, ResultStoreOptions options = {});
  /// Opens an experiment to look at it, whoever writes it.
  /// Errors: kNotFound, kIncompatible, kStorage as above.
  static Result<ResultStore> open_read_only(const std::filesystem::path& directory, ResultStoreOptions options = {});

  ResultStore(ResultStore&& other) noexcept;
  ResultStore& operator=(ResultStore&& other) noexcept;
  /// As close(), without a word about what fails.
  ~ResultStore();  // NOLINT(bugprone-exception-escape): no memory for the text of an error is beyond help.

  /// Makes `changes` durable: all of them or none. Checkpoints are files before the transaction that names them begins;
  /// those that are not to be kept are removed after the one that forgets them. A checkpoint that cannot be written is
  /// left out with a warning. A report of an (attempt, iteration) that is there already changes nothing. Blocks while
  /// another program writes to the database, with a warning, up to busy_limit. Errors: kExhausted: the disk is full,
  /// and nothing has changed; the same changes can be applied once there is space. kStorage: the disk fails, the
  /// database is gone, or another process has taken the experiment over; the store is then good for nothing but
  /// close(). kFailedPrecondition: open for reading only.
  Result<void> apply(std::span<const Change> changes);
  /// As apply(), of changes without checkpoints, where that takes one transaction and no more. False: nothing has
  /// changed, as another program writes to the database, or its log is due to be moved.
  Result<bool> try_apply(std::span<const Change> changes);

  /// Errors: kStorage: what is there cannot be read, or makes no sense.
  Result<StoredExperiment> load();

  /// Closes the database, with all of it in one file, and lets go of the directory. Does nothing the second time.
  /// Errors: kStorage: what was applied is safe in the write-ahead log.
  Result<void> close();

  const std::filesystem::path& directory() const;

 private:
  class Impl;
  explicit ResultStore(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace manta
