// SPDX-License-Identifier: Apache-2.0
#include "tune/results/experiment_view.h"

#include <limits>
#include <system_error>
#include <utility>

#include "tune/checkpoint/checkpoint_store.h"
#include "tune/results/internal/directory.h"
#include "tune/results/internal/directory_lock.h"
#include "tune/results/internal/experiment_loader.h"
#include "tune/results/internal/sqlite.h"
#include "tune/results/schema.h"

namespace manta {

namespace {

namespace fs = std::filesystem;
using internal::Database;
using internal::Query;

constexpr Duration kBusyTimeout = std::chrono::seconds(5);

WallTime to_time(std::int64_t us) { return WallTime(std::chrono::microseconds(us)); }

std::optional<WallTime> optional_time(const Query& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional(to_time(row.integer(column)));
}

double real_or_nan(const Query& row, int column) {
  return row.is_null(column) ? std::numeric_limits<double>::quiet_NaN() : row.real(column);
}

/// Calls `take(query)` for each row; it returns Result<void>.
template <class Take>
Result<void> for_each_row(Query query, Take take) {
  for (;;) {
    MANTA_ASSIGN_OR_RETURN(const bool has_row, query.step());
    if (!has_row) return {};
    MANTA_RETURN_IF_ERROR(take(query));
  }
}

/// A row of trials, beginning with its number.
Result<TrialRecord> read_trial(const Database& database, const Query& row) {
  TrialRecord record;
  TrialStatus& status = record.status;
  status.id = {row.integer(0)};
  const std::optional<TrialState> state = trial_state_from_string(row.text(1));
  if (!state) return database.damaged("trial " + to_string(status.id) + " has the state \"" + row.text(1) + "\"");
  status.state = *state;
  status.cause = row.text(2);
  status.attempt = static_cast<int>(row.integer(3));
  status.iteration = row.integer(4);
  status.seconds = row.real(5);
  if (row.integer(7) != 0) {
    status.value = std::numeric_limits<double>::quiet_NaN();
  } else if (!row.is_null(6)) {
    status.value = row.real(6);
  }
  if (!row.is_null(8)) status.best_value = row.real(8);
  record.ended = optional_time(row, 9);
  Result<Config> config = Config::from_json(row.text(10));
  if (!config) return database.damaged("config of trial " + to_string(status.id) + ": " + config.error().message);
  status.config = std::move(config).value();
  record.started = optional_time(row, 11);
  return record;
}

}  // namespace

class ExperimentView::Impl {
 public:
  Impl(fs::path directory, Database database) : directory_(std::move(directory)), database_(std::move(database)) {}

  Database& database() { return database_; }
  const fs::path& directory() const { return directory_; }

  /// Of the results that `sql` chooses as (trial, id).
  Result<std::map<TrialId, Metrics>> metrics_of(const std::string& sql) {
    std::map<TrialId, Metrics> metrics;
    MANTA_ASSIGN_OR_RETURN(Query rows, database_.query("SELECT chosen.trial, metric, value FROM (" + sql +
                                                       ") AS chosen JOIN metrics ON metrics.result = chosen.id"
                                                       " ORDER BY chosen.trial, metric"));
    MANTA_RETURN_IF_ERROR(for_each_row(std::move(rows), [&](const Query& row) -> Result<void> {
      metrics[TrialId{row.integer(0)}].set(row.text(1), real_or_nan(row, 2));
      return {};
    }));
    return metrics;
  }

 private:
  const fs::path directory_;
  Database database_;
};

ExperimentView::ExperimentView(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ExperimentView::ExperimentView(ExperimentView&& other) noexcept = default;
ExperimentView& ExperimentView::operator=(ExperimentView&& other) noexcept = default;
ExperimentView::~ExperimentView() = default;

Result<ExperimentView> ExperimentView::open(const fs::path& directory) {
  const fs::path path = internal::database_in(directory);
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return internal::no_experiment(directory);
  MANTA_ASSIGN_OR_RETURN(Database database, Database::open(path, Database::Access::kReadOnly, kBusyTimeout));
  MANTA_ASSIGN_OR_RETURN(const std::string version, database.ask("PRAGMA user_version"));
  if (std::atoi(version.c_str()) > kSchemaVersion) {
    return Error{ErrorCode::kIncompatible, path.string() + " has version " + version +
                                               " of the tables, and this program (Manta " MANTA_VERSION
                                               ") knows "
                                               "version " +
                                               std::to_string(kSchemaVersion) + ": use the newer Manta"};
  }
  MANTA_ASSIGN_OR_RETURN(const std::string tables,
                         database.ask("SELECT count(*) FROM sqlite_master WHERE name = 'experiment'"));
  if (tables == "0") return internal::no_experiment(directory);
  return ExperimentView(std::make_unique<Impl>(directory, std::move(database)));
}

const fs::path& ExperimentView::directory() const { return impl_->directory(); }

Result<ExperimentSpec> ExperimentView::spec() { return internal::load_spec(impl_->database()); }

Result<double> ExperimentView::elapsed_seconds() {
  MANTA_ASSIGN_OR_RETURN(Query row, impl_->database().query("SELECT total(seconds) FROM epoch"));
  MANTA_RETURN_IF_ERROR(row.step());
  return row.real(0);
}

Result<std::vector<TrialRecord>> ExperimentView::trials() {
  std::vector<TrialRecord> records;
  MANTA_ASSIGN_OR_RETURN(
      Query rows,
      impl_->database().query("SELECT trial, state, cause, attempts, iteration, seconds, value, value_is_nan,"
                              " best_value, ended_us, config,"
                              " (SELECT started_us FROM attempts WHERE attempts.trial = trials.trial"
                              "  ORDER BY attempt LIMIT 1)"
                              " FROM trials ORDER BY trial"));
  MANTA_RETURN_IF_ERROR(for_each_row(std::move(rows), [&](const Query& row) -> Result<void> {
    MANTA_ASSIGN_OR_RETURN(TrialRecord record, read_trial(impl_->database(), row));
    records.push_back(std::move(record));
    return {};
  }));
  return records;
}

Result<std::map<TrialId, Metrics>> ExperimentView::last_metrics() {
  return impl_->metrics_of("SELECT trial, max(id) AS id FROM results GROUP BY trial");
}

Result<std::map<TrialId, Metrics>> ExperimentView::objective_metrics() {
  return impl_->metrics_of(
      "SELECT trial, max(id) AS id FROM results JOIN metrics ON metrics.result = results.id"
      " WHERE metric = (SELECT metric FROM experiment) GROUP BY trial");
}

Result<std::vector<AttemptRecord>> ExperimentView::attempts(std::optional<TrialId> trial) {
  std::vector<AttemptRecord> records;
  std::optional<std::int64_t> number;
  if (trial) number = trial->number;
  MANTA_ASSIGN_OR_RETURN(
      const std::string has_slots,
      impl_->database().ask("SELECT count(*) FROM pragma_table_info('attempts') WHERE name = 'slots'"));
  const std::string slots = has_slots == "0" ? "1" : "slots";  // An older version.
  MANTA_ASSIGN_OR_RETURN(
      Query rows,
      impl_->database().query("SELECT trial, attempt, state, cause, from_iteration, started_us, ended_us, " + slots +
                                  " FROM attempts WHERE trial = coalesce(?, trial) ORDER BY trial, attempt",
                              number));
  MANTA_RETURN_IF_ERROR(for_each_row(std::move(rows), [&](const Query& row) -> Result<void> {
    records.push_back({.trial = {row.integer(0)},
                       .attempt = static_cast<int>(row.integer(1)),
                       .state = row.text(2),
                       .cause = row.text(3),
                       .from_iteration = row.integer(4),
                       .started = to_time(row.integer(5)),
                       .ended = optional_time(row, 6),
                       .slots = static_cast<int>(row.integer(7))});
    return {};
  }));
  return records;
}

Result<std::vector<CheckpointRecord>> ExperimentView::checkpoints(TrialId trial) {
  std::vector<CheckpointRecord> records;
  MANTA_ASSIGN_OR_RETURN(Query rows, impl_->database().query("SELECT attempt, iteration, bytes, file FROM checkpoints"
                                                             " WHERE trial = ? ORDER BY id",
                                                             trial.number));
  MANTA_RETURN_IF_ERROR(for_each_row(std::move(rows), [&](const Query& row) -> Result<void> {
    records.push_back({.trial = trial,
                       .attempt = static_cast<int>(row.integer(0)),
                       .iteration = row.integer(1),
                       .bytes = row.integer(2),
                       .file = row.text(3)});
    return {};
  }));
  return records;
}

Result<void> ExperimentView::for_each_report(std::optional<TrialId> trial,
                                             const std::function<void(const Report&, WallTime)>& take) {
  std::optional<std::int64_t> number;
  if (trial) number = trial->number;
  MANTA_ASSIGN_OR_RETURN(
      Query rows, impl_->database().query("SELECT id, trial, attempt, iteration, seconds, reported_us, metric, value"
                                          " FROM results LEFT JOIN metrics ON metrics.result = results.id"
                                          " WHERE trial = coalesce(?, trial) ORDER BY id, metric",
                                          number));
  Report report;
  WallTime when;
  std::int64_t id = 0;
  MANTA_RETURN_IF_ERROR(for_each_row(std::move(rows), [&](const Query& row) -> Result<void> {
    if (id != row.integer(0)) {
      if (id != 0) take(report, when);
      id = row.integer(0);
      report = {.trial = {row.integer(1)},
                .attempt = static_cast<int>(row.integer(2)),
                .iteration = row.integer(3),
                .seconds = row.real(4)};
      when = to_time(row.integer(5));
    }
    if (!row.is_null(6)) report.metrics.set(row.text(6), real_or_nan(row, 7));
    return {};
  }));
  if (id != 0) take(report, when);
  return {};
}

Result<std::optional<Snapshot>> ExperimentView::scheduler_snapshot() {
  MANTA_ASSIGN_OR_RETURN(Query row,
                         impl_->database().query("SELECT scheduler FROM snapshots ORDER BY id DESC LIMIT 1"));
  MANTA_ASSIGN_OR_RETURN(const bool has_row, row.step());
  return has_row ? std::optional(Snapshot{row.text(0)}) : std::nullopt;
}

Result<std::optional<Checkpoint>> ExperimentView::newest_checkpoint(TrialId trial) {
  MANTA_ASSIGN_OR_RETURN(Query rows, impl_->database().query("SELECT attempt, iteration, revision FROM checkpoints"
                                                             " WHERE trial = ? ORDER BY id DESC",
                                                             trial.number));
  const CheckpointStore files(internal::checkpoints_in(directory()));
  for (;;) {
    MANTA_ASSIGN_OR_RETURN(const bool has_row, rows.step());
    if (!has_row) return std::optional<Checkpoint>();
    Result<Checkpoint> read = files.read({.trial = trial,
                                          .attempt = static_cast<int>(rows.integer(0)),
                                          .iteration = rows.integer(1),
                                          .revision = static_cast<int>(rows.integer(2))});
    if (read) return std::optional(*std::move(read));
  }
}

Result<std::vector<NoteRecord>> ExperimentView::notes() {
  std::vector<NoteRecord> notes;
  MANTA_ASSIGN_OR_RETURN(const std::string tables,
                         impl_->database().ask("SELECT count(*) FROM sqlite_master WHERE name = 'notes'"));
  if (tables == "0") return notes;  // An older version.
  MANTA_ASSIGN_OR_RETURN(Query rows, impl_->database().query("SELECT trial, noted_us, text FROM notes ORDER BY id"));
  MANTA_RETURN_IF_ERROR(for_each_row(std::move(rows), [&](const Query& row) -> Result<void> {
    std::optional<TrialId> trial;
    if (!row.is_null(0)) trial = TrialId{row.integer(0)};
    notes.push_back({.trial = trial, .when = to_time(row.integer(1)), .text = row.text(2)});
    return {};
  }));
  return notes;
}

std::optional<std::string> experiment_owner(const fs::path& directory) {
  return internal::DirectoryLock::holder(directory);
}

Result<std::vector<fs::path>> remove_experiment(const fs::path& directory) {
  std::error_code error;
  if (!fs::exists(internal::database_in(directory), error)) return internal::no_experiment(directory);
  MANTA_ASSIGN_OR_RETURN(const internal::DirectoryLock lock, internal::DirectoryLock::acquire(directory));
  // The database goes last: what was cut short is an experiment still, and can be removed again.
  for (const char* name :
       {"checkpoints", "logs", "control.sock", "experiment.db-shm", "experiment.db-wal", "experiment.db", ".lock"}) {
    fs::remove_all(directory / name, error);
    if (error) {
      return Error{ErrorCode::kStorage, "removing " + (directory / name).string() + ": " + error.message()};
    }
  }
  fs::remove(internal::damaged_log_in(directory), error);
  for (int version = 1; version < kSchemaVersion; ++version) fs::remove(internal::backup_in(directory, version), error);
  std::vector<fs::path> left;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, error)) left.push_back(entry.path());
  if (left.empty()) fs::remove(directory, error);
  return left;
}

}  // namespace manta
