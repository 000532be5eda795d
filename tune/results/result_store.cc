// SPDX-License-Identifier: Apache-2.0
#include "tune/results/result_store.h"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <map>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/failpoint.h"
#include "tune/checkpoint/checkpoint_store.h"
#include "tune/checkpoint/disk_error.h"
#include "tune/results/internal/change_writer.h"
#include "tune/results/internal/directory.h"
#include "tune/results/internal/directory_lock.h"
#include "tune/results/internal/experiment_loader.h"
#include "tune/results/internal/log_damage.h"
#include "tune/results/internal/sqlite.h"
#include "tune/results/schema.h"

namespace manta {

namespace {

namespace fs = std::filesystem;
using internal::Database;
using internal::Query;

// How far behind `epoch.seconds` may be: it is a page more in each transaction that writes it.
constexpr Duration kSecondsInterval = std::chrono::milliseconds(100);

std::int64_t now_us() { return SystemClock().wall_now().time_since_epoch().count(); }

/// The first column of the one row that `sql` gives.
Result<std::int64_t> ask_number(Database& database, std::string_view sql) {
  MANTA_ASSIGN_OR_RETURN(Query query, database.query(sql));
  MANTA_RETURN_IF_ERROR(query.step());
  return query.integer(0);
}

Result<bool> has_schema(Database& database) {
  MANTA_ASSIGN_OR_RETURN(const std::int64_t tables,
                         ask_number(database, "SELECT count(*) FROM sqlite_master WHERE name = 'experiment'"));
  return tables != 0;
}

/// That this program can read what `database` holds.
Result<void> check_version(Database& database, const fs::path& directory) {
  MANTA_ASSIGN_OR_RETURN(const std::int64_t version, ask_number(database, "PRAGMA user_version"));
  if (version > kSchemaVersion) {
    return Error{ErrorCode::kIncompatible, database.path().string() + " has version " + std::to_string(version) +
                                               " of the tables, and this program (Manta " MANTA_VERSION
                                               ") knows version " +
                                               std::to_string(kSchemaVersion) + ": use the newer Manta"};
  }
  MANTA_ASSIGN_OR_RETURN(const bool has_tables, has_schema(database));
  return has_tables ? Result<void>() : internal::no_experiment(directory);
}

/// Brings tables of an older version to ours; what was there stays beside it. Errors: kStorage: no room for the copy.
Result<void> migrate(Database& database, const fs::path& directory,
                     const std::function<void(const std::string&)>& warn) {
  MANTA_ASSIGN_OR_RETURN(const std::int64_t version, ask_number(database, "PRAGMA user_version"));
  if (version >= kSchemaVersion) return {};
  const fs::path copy = internal::backup_in(directory, static_cast<int>(version));
  // What a migration that was cut short left is no copy to keep.
  std::error_code ignored;
  fs::remove(copy, ignored);
  MANTA_RETURN_IF_ERROR(database.run("VACUUM INTO ?", std::string_view(copy.native())));
  internal::Transaction transaction(database);
  MANTA_RETURN_IF_ERROR(database.execute("BEGIN IMMEDIATE"));
  for (auto next = static_cast<int>(version); next < kSchemaVersion; ++next)
    MANTA_RETURN_IF_ERROR(database.execute(migration_from(next).c_str()));
  MANTA_RETURN_IF_ERROR(transaction.commit());
  warn(database.path().string() + " had version " + std::to_string(version) + " of the tables and has version " +
       std::to_string(kSchemaVersion) + " now; as it was it is kept in " + copy.filename().string());
  return {};
}

Result<void> check_health(Database& database) {
  MANTA_ASSIGN_OR_RETURN(const std::string verdict, database.ask("PRAGMA quick_check(1)"));
  if (verdict == "ok") return {};
  return database.damaged(verdict);
}

/// What a damaged log has lost is said, and the log kept: SQLite would use what is whole of it and forget the rest.
Result<void> look_for_damage(const fs::path& directory, const ResultStoreOptions& options) {
  const std::int64_t lost = internal::lost_transactions(internal::log_in(directory));
  if (lost == 0) return {};
  const fs::path kept = internal::damaged_log_in(directory);
  std::error_code error;
  fs::copy_file(internal::log_in(directory), kept, fs::copy_options::overwrite_existing, error);
  if (error) return disk_error(kept, "write", error.value());
  if (options.on_warning)
    options.on_warning(internal::log_in(directory).string() + " is damaged: what was recorded last is lost, at least " +
                       std::to_string(lost) + (lost == 1 ? " transaction" : " transactions") +
                       "; all before is there, and the damaged file is kept as " + kept.filename().string());
  return {};
}

/// What the view pareto_front goes by.
Result<void> write_goals(Database& database, const ExperimentSpec& spec) {
  std::vector<Objective> objectives{spec.objective};
  objectives.insert(objectives.end(), spec.further.objectives.begin(), spec.further.objectives.end());
  std::int64_t place = 0;
  for (const Objective& objective : objectives) {
    MANTA_RETURN_IF_ERROR(database.run("INSERT INTO objectives VALUES (?, ?, ?)", place++, objective.metric,
                                       mode_text(objective.mode)));
  }
  place = 0;
  for (const MetricCondition& constraint : spec.further.constraints) {
    MANTA_RETURN_IF_ERROR(database.run("INSERT INTO metric_constraints VALUES (?, ?, ?, ?)", place++, constraint.metric,
                                       constraint.comparison_text(), constraint.threshold));
  }
  return {};
}

/// What the writer needs: a log of its own that only it empties, synced before a commit returns, and no memory map.
Result<void> prepare_to_write(Database& database) {
  MANTA_ASSIGN_OR_RETURN(const std::string mode, database.ask("PRAGMA journal_mode = WAL"));
  if (mode != "wal") {
    return Error{ErrorCode::kStorage, database.path().string() + " cannot have a write-ahead log on this disk (SQLite" +
                                          " uses \"" + mode + "\"); choose another directory"};
  }
  MANTA_RETURN_IF_ERROR(database.execute("PRAGMA synchronous = FULL; PRAGMA mmap_size = 0"));
  database.take_over_checkpoints();
  return {};
}

}  // namespace

class ResultStore::Impl {
 public:
  Impl(fs::path directory, ResultStoreOptions options, Database database, CheckpointStore checkpoints)
      : directory_(std::move(directory)),
        options_(std::move(options)),
        database_(std::move(database)),
        checkpoints_(std::move(checkpoints)) {}

  /// Makes the tables, or takes over those that are there; from then on this is the writer.
  Result<void> start_new(const ExperimentSpec& spec, internal::DirectoryLock lock);
  Result<void> start_again(internal::DirectoryLock lock);
  Result<void> start_reading();

  Result<void> apply(std::span<const Change> changes);
  Result<bool> try_apply(std::span<const Change> changes);
  Result<StoredExperiment> load() { return internal::load_experiment(*database_, checkpoints_); }
  Result<void> close();
  const fs::path& directory() const { return directory_; }

 private:
  Result<void> begin();
  Result<void> open_epoch();
  Result<void> check_epoch();
  Result<void> check_open() const;
  Result<void> check_files() const;
  Result<void> remove_unlisted_checkpoints();
  std::optional<CheckpointName> write_file(const CheckpointSaved& saved);
  int keep_checkpoints() const { return std::max(options_.keep_checkpoints, 1); }
  // In a transaction that has begun.
  Result<std::vector<CheckpointName>> write_rows(std::span<const Change> changes,
                                                 const std::vector<std::optional<CheckpointName>>& names);
  Error failed_to_write(Error error);
  Result<void> write_seconds(TimePoint now);
  void write_last_seconds();
  bool is_log_due();
  void shorten_log();
  void warn(const std::string& warning) const {
    if (options_.on_warning) options_.on_warning(warning);
  }
  fs::path log_path() const { return internal::log_in(directory_); }

  const fs::path directory_;
  const ResultStoreOptions options_;
  std::optional<internal::DirectoryLock> lock_;  // Held while this is the writer.
  std::optional<Database> database_;             // Empty once closed. Goes before the lock does.
  CheckpointStore checkpoints_;
  Objective objective_;
  FurtherGoals further_;

  std::int64_t epoch_ = 0;
  TimePoint opened_{};
  TimePoint seconds_written_{};
  std::int64_t next_id_ = 1;  // Of results, trial_changes, snapshots and suggestions.
  internal::FileIdentity database_file_;
  internal::FileIdentity log_file_;
  std::int64_t last_log_bytes_ = 0;
  std::int64_t shorten_at_bytes_ = 0;
  bool keeps_checkpoints_ = true;  // The last one that was to be written was.
  std::optional<Error> broken_;    // What made going on unsafe.
};

Result<void> ResultStore::Impl::start_new(const ExperimentSpec& spec, internal::DirectoryLock lock) {
  lock_ = std::move(lock);
  objective_ = spec.objective;
  further_ = spec.further;
  MANTA_ASSIGN_OR_RETURN(const bool has_tables, has_schema(*database_));
  if (has_tables) {
    return Error{ErrorCode::kAlreadyExists, "there is an experiment in " + directory_.string() +
                                                " already: go on with it by --resume " + directory_.string() +
                                                ", or choose another directory with --out"};
  }
  MANTA_RETURN_IF_ERROR(prepare_to_write(*database_));
  MANTA_RETURN_IF_ERROR(begin());
  internal::Transaction transaction(*database_);
  MANTA_RETURN_IF_ERROR(database_->execute(schema().c_str()));
  MANTA_RETURN_IF_ERROR(database_->execute(("PRAGMA user_version = " + std::to_string(kSchemaVersion)).c_str()));
  MANTA_RETURN_IF_ERROR(database_->run("INSERT INTO experiment VALUES (1, ?, ?, ?, ?, ?, ?, ?)", spec.name,
                                       spec.created.time_since_epoch().count(), spec.objective.metric,
                                       spec.objective.mode == Mode::kMax ? "max" : "min", spec.json, MANTA_VERSION,
                                       kSchemaVersion));
  MANTA_RETURN_IF_ERROR(write_goals(*database_, spec));
  MANTA_RETURN_IF_ERROR(open_epoch());
  return transaction.commit();
}

Result<void> ResultStore::Impl::start_again(internal::DirectoryLock lock) {
  lock_ = std::move(lock);
  MANTA_RETURN_IF_ERROR(check_version(*database_, directory_));
  MANTA_RETURN_IF_ERROR(check_health(*database_));
  MANTA_RETURN_IF_ERROR(prepare_to_write(*database_));
  MANTA_RETURN_IF_ERROR(migrate(*database_, directory_, [this](const std::string& text) { warn(text); }));
  MANTA_ASSIGN_OR_RETURN(const ExperimentSpec spec, internal::load_spec(*database_));
  objective_ = spec.objective;
  further_ = spec.further;
  MANTA_RETURN_IF_ERROR(begin());
  internal::Transaction transaction(*database_);
  MANTA_RETURN_IF_ERROR(open_epoch());
  MANTA_RETURN_IF_ERROR(database_->execute(
      "UPDATE attempts SET state = 'interrupted', cause = 'its driver ended' WHERE state = 'running';"
      "UPDATE trials SET state = 'interrupted' WHERE state = 'running'"));
  MANTA_RETURN_IF_ERROR(transaction.commit());
  return remove_unlisted_checkpoints();
}

Result<void> ResultStore::Impl::start_reading() {
  MANTA_RETURN_IF_ERROR(check_version(*database_, directory_));
  MANTA_ASSIGN_OR_RETURN(const ExperimentSpec spec, internal::load_spec(*database_));
  objective_ = spec.objective;
  further_ = spec.further;
  return {};
}

/// Within a transaction: from its end on, whoever had opened the experiment before is refused.
Result<void> ResultStore::Impl::open_epoch() {
  opened_ = SystemClock().now();
  MANTA_RETURN_IF_ERROR(
      database_->run("INSERT INTO epoch (pid, opened_us, seconds) VALUES (?, ?, 0)", ::getpid(), now_us()));
  MANTA_ASSIGN_OR_RETURN(Query query,
                         database_->query("SELECT max(epoch), 1 + max(coalesce((SELECT max(id) FROM results), 0),"
                                          " coalesce((SELECT max(id) FROM trial_changes), 0),"
                                          " coalesce((SELECT max(id) FROM snapshots), 0),"
                                         " coalesce((SELECT max(id) FROM suggestions), 0)) FROM epoch"));
  MANTA_RETURN_IF_ERROR(query.step());
  epoch_ = query.integer(0);
  next_id_ = query.integer(1);
  database_file_ = internal::identify(internal::database_in(directory_));
  log_file_ = internal::identify(log_path());
  shorten_at_bytes_ = options_.wal_limit_bytes;
  return {};
}

/// Begins a transaction that may write, however long another program is writing: a viewer must not end a sweep.
Result<void> ResultStore::Impl::begin() {
  const TimePoint deadline = SystemClock().now() + options_.busy_limit;
  for (bool warned = false;; warned = true) {
    MANTA_ASSIGN_OR_RETURN(const bool begun, database_->try_begin());
    if (begun) return {};
    if (SystemClock().now() >= deadline) {
      return Error{ErrorCode::kStorage, "another program has kept " + database_->path().string() + " locked for " +
                                            std::to_string(to_seconds(options_.busy_limit)) +
                                            " s: end it, then go on with --resume"};
    }
    if (!warned) warn("another program is writing to " + database_->path().string() + "; waiting for it");
  }
}

Result<void> ResultStore::Impl::check_epoch() {
  MANTA_ASSIGN_OR_RETURN(Query newest, database_->query("SELECT epoch, pid FROM epoch ORDER BY epoch DESC LIMIT 1"));
  MANTA_ASSIGN_OR_RETURN(const bool has_row, newest.step());
  if (has_row && newest.integer(0) == epoch_) return {};
  return Error{ErrorCode::kStorage, "another tune_run (pid " + std::to_string(has_row ? newest.integer(1) : 0) +
                                        ") has taken over " + directory_.string() + "; this one records no more"};
}

/// A file that was deleted takes writes without an error, and keeps none of them.
Result<void> ResultStore::Impl::check_files() const {
  const fs::path path = internal::database_in(directory_);
  if (internal::identify(path) == database_file_ && internal::identify(log_path()) == log_file_) return {};
  return Error{ErrorCode::kStorage, path.string() + " or " + log_path().filename().string() +
                                        " was deleted or replaced while in use; what was recorded since is lost"};
}

Result<void> ResultStore::Impl::remove_unlisted_checkpoints() {
  MANTA_ASSIGN_OR_RETURN(Query rows, database_->query("SELECT trial, attempt, iteration, revision FROM checkpoints"));
  std::set<CheckpointName> listed;
  for (;;) {
    MANTA_ASSIGN_OR_RETURN(const bool has_row, rows.step());
    if (!has_row) return checkpoints_.retain(listed);
    listed.insert({.trial = {rows.integer(0)},
                   .attempt = static_cast<int>(rows.integer(1)),
                   .iteration = rows.integer(2),
                   .revision = static_cast<int>(rows.integer(3))});
  }
}

/// And that it is still where it was.
Result<void> ResultStore::Impl::check_open() const {
  if (!lock_ || !database_) {
    return Error{ErrorCode::kFailedPrecondition, directory_.string() + " is not open for writing"};
  }
  if (broken_) return *broken_;
  return check_files();
}

/// What to answer: a full disk breaks nothing.
Error ResultStore::Impl::failed_to_write(Error error) {
  if (database_->was_full()) return Error{ErrorCode::kExhausted, std::move(error.message)};
  broken_ = std::move(error);
  return *broken_;
}

Result<bool> ResultStore::Impl::try_apply(std::span<const Change> changes) {
  MANTA_RETURN_IF_ERROR(check_open());
  if (is_log_due()) return false;
  failpoint("store.files_written");  // There are none.
  const Result<bool> begun = database_->try_begin(/*waits=*/false);
  if (!begun) return failed_to_write(begun.error());
  if (!*begun) return false;
  const Result<std::vector<CheckpointName>> written = write_rows(changes, {});
  if (!written) return failed_to_write(written.error());
  return true;
}

Result<void> ResultStore::Impl::apply(std::span<const Change> changes) {
  MANTA_RETURN_IF_ERROR(check_open());
  std::map<TrialId, int> behind;  // Checkpoints that are still to come.
  for (const Change& change : changes)
    if (const auto* saved = std::get_if<CheckpointSaved>(&change)) ++behind[saved->trial];
  std::vector<std::optional<CheckpointName>> names;
  for (const Change& change : changes) {
    const auto* saved = std::get_if<CheckpointSaved>(&change);
    if (saved == nullptr) continue;
    // Before the first file: a writer that was superseded must not touch those of its successor.
    if (names.empty()) MANTA_RETURN_IF_ERROR(check_epoch());
    // Of those that these very changes supersede nothing would be left when they are applied; which are the best is not
    // known before.
    const bool is_kept = behind[saved->trial]-- <= keep_checkpoints() || options_.keep_best > 0;
    names.push_back(is_kept ? write_file(*saved) : std::nullopt);
  }
  failpoint("store.files_written");
  const Result<void> begun = begin();
  const Result<std::vector<CheckpointName>> forgotten =
      begun ? write_rows(changes, names) : Result<std::vector<CheckpointName>>(begun.error());
  if (!forgotten) {
    Error error = failed_to_write(forgotten.error());
    if (error.code != ErrorCode::kExhausted) return error;
    // The next try writes them again; until then they only take space.
    for (const std::optional<CheckpointName>& name : names)
      if (name) static_cast<void>(checkpoints_.remove(*name));
    return error;
  }
  for (const CheckpointName& name : *forgotten) {
    // Only a waste of space; opening the experiment again tries once more.
    if (Result<void> removed = checkpoints_.remove(name); !removed) warn(removed.error().message);
    failpoint("store.checkpoint_removed");
  }
  shorten_log();
  return {};
}

/// None: it did not fit. The trial goes on, and a resumed run has an older checkpoint.
std::optional<CheckpointName> ResultStore::Impl::write_file(const CheckpointSaved& saved) {
  CheckpointName name = {.trial = saved.trial, .attempt = saved.attempt, .iteration = saved.checkpoint.iteration};
  while (checkpoints_.exists(name)) ++name.revision;
  const Result<void> written = checkpoints_.write(name, saved.checkpoint);
  const bool was_kept = std::exchange(keeps_checkpoints_, written.has_value());
  if (!written && was_kept)
    warn("the checkpoint of " + to_string(name) +
         " is not kept, and it may not be the last: " + written.error().message);
  if (!written) return std::nullopt;
  if (!was_kept) warn("checkpoints are kept again, from that of " + to_string(name) + " on");
  return name;
}

Result<std::vector<CheckpointName>> ResultStore::Impl::write_rows(
    std::span<const Change> changes, const std::vector<std::optional<CheckpointName>>& names) {
  internal::Transaction transaction(*database_);
  MANTA_RETURN_IF_ERROR(check_epoch());
  database_->make_room_in_log();
  internal::ChangeWriter writer(*database_, objective_, further_, next_id_);
  auto name = names.begin();
  for (const Change& change : changes) {
    MANTA_RETURN_IF_ERROR(std::visit(
        [&](const auto& held) -> Result<void> {
          if constexpr (std::is_same_v<std::decay_t<decltype(held)>, CheckpointSaved>) {
            const std::optional<CheckpointName>& written = *name++;
            return written ? writer.write(held, *written) : Result<void>();
          } else {
            return writer.write(held);
          }
        },
        change));
  }
  MANTA_ASSIGN_OR_RETURN(std::vector<CheckpointName> forgotten,
                         writer.finish({.newest = keep_checkpoints(), .best = options_.keep_best}));
  const TimePoint now = SystemClock().now();
  const bool writes_seconds = now - seconds_written_ >= kSecondsInterval;
  if (writes_seconds) MANTA_RETURN_IF_ERROR(write_seconds(now));
  failpoint("store.rows_written");
  MANTA_RETURN_IF_ERROR(transaction.commit());
  failpoint("store.committed");
  next_id_ = writer.next_id();
  if (writes_seconds) seconds_written_ = now;
  return forgotten;
}

Result<void> ResultStore::Impl::write_seconds(TimePoint now) {
  return database_->run("UPDATE epoch SET seconds = ? WHERE epoch = ?", to_seconds(now - opened_), epoch_);
}

/// How long this writer was there, to the end. Not worth an error: what is there is a little too short at worst. But a
/// disk that failed is not written to again.
void ResultStore::Impl::write_last_seconds() {
  const Result<bool> begun = database_->try_begin(/*waits=*/false);
  if (!begun || !*begun) return;
  internal::Transaction transaction(*database_);
  if (!check_epoch()) return;
  Result<void> written = write_seconds(SystemClock().now());
  if (written) written = transaction.commit();
  if (!written && !database_->was_full()) broken_ = written.error();
}

/// The log starts again from its beginning once all of it is in the database and no reader needs it any more. Until
/// then each try costs what the one before did, so the next comes only after as much again.
bool ResultStore::Impl::is_log_due() {
  const std::int64_t log_bytes = database_->wal_bytes();
  if (log_bytes < last_log_bytes_) shorten_at_bytes_ = options_.wal_limit_bytes;
  last_log_bytes_ = log_bytes;
  return log_bytes >= shorten_at_bytes_;
}

void ResultStore::Impl::shorten_log() {
  if (!is_log_due()) return;
  // What was applied is safe in the log, but a disk that failed once is not written to again.
  const Result<void> moved = database_->checkpoint(/*truncate=*/false);
  if (!moved && !database_->was_full()) broken_ = moved.error();
  shorten_at_bytes_ = last_log_bytes_ + options_.wal_limit_bytes;
}

Result<void> ResultStore::Impl::close() {
  if (!database_) return {};
  if (lock_ && !broken_) write_last_seconds();
  Result<void> moved = lock_ && !broken_ ? database_->checkpoint(/*truncate=*/true) : Result<void>();
  if (!moved && database_->was_full()) {
    warn("the disk is full: what was recorded last stays in " + log_path().filename().string() +
         ", beside the database, until the experiment is opened for writing again");
    moved = {};
  }
  database_.reset();
  lock_.reset();
  return moved;
}

Result<ResultStore> ResultStore::create(const fs::path& directory, const ExperimentSpec& spec,
                                        ResultStoreOptions options) {
  MANTA_RETURN_IF_ERROR(internal::prepare_directory(directory));
  MANTA_ASSIGN_OR_RETURN(internal::DirectoryLock lock, internal::DirectoryLock::acquire(directory));
  MANTA_ASSIGN_OR_RETURN(Database database, Database::open(internal::database_in(directory), Database::Access::kCreate,
                                                           options.busy_timeout));
  MANTA_ASSIGN_OR_RETURN(CheckpointStore checkpoints, CheckpointStore::open(internal::checkpoints_in(directory)));
  auto impl = std::make_unique<Impl>(directory, std::move(options), std::move(database), std::move(checkpoints));
  MANTA_RETURN_IF_ERROR(impl->start_new(spec, std::move(lock)));
  return ResultStore(std::move(impl));
}

Result<ResultStore> ResultStore::open(const fs::path& directory, ResultStoreOptions options) {
  if (!fs::exists(internal::database_in(directory))) return internal::no_experiment(directory);
  MANTA_RETURN_IF_ERROR(internal::prepare_directory(directory));
  MANTA_ASSIGN_OR_RETURN(internal::DirectoryLock lock, internal::DirectoryLock::acquire(directory));
  MANTA_RETURN_IF_ERROR(look_for_damage(directory, options));
  MANTA_ASSIGN_OR_RETURN(Database database, Database::open(internal::database_in(directory),
                                                           Database::Access::kReadWrite, options.busy_timeout));
  MANTA_ASSIGN_OR_RETURN(CheckpointStore checkpoints, CheckpointStore::open(internal::checkpoints_in(directory)));
  auto impl = std::make_unique<Impl>(directory, std::move(options), std::move(database), std::move(checkpoints));
  MANTA_RETURN_IF_ERROR(impl->start_again(std::move(lock)));
  return ResultStore(std::move(impl));
}

Result<ResultStore> ResultStore::open_read_only(const fs::path& directory, ResultStoreOptions options) {
  if (!fs::exists(internal::database_in(directory))) return internal::no_experiment(directory);
  MANTA_ASSIGN_OR_RETURN(Database database, Database::open(internal::database_in(directory),
                                                           Database::Access::kReadOnly, options.busy_timeout));
  auto impl = std::make_unique<Impl>(directory, std::move(options), std::move(database),
                                     CheckpointStore(internal::checkpoints_in(directory)));
  MANTA_RETURN_IF_ERROR(impl->start_reading());
  return ResultStore(std::move(impl));
}

ResultStore::ResultStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ResultStore::ResultStore(ResultStore&& other) noexcept = default;
ResultStore& ResultStore::operator=(ResultStore&& other) noexcept = default;

ResultStore::~ResultStore() {  // NOLINT(bugprone-exception-escape): as in the header.
  if (impl_) static_cast<void>(impl_->close());
}

Result<void> ResultStore::apply(std::span<const Change> changes) { return impl_->apply(changes); }
Result<bool> ResultStore::try_apply(std::span<const Change> changes) { return impl_->try_apply(changes); }
Result<StoredExperiment> ResultStore::load() { return impl_->load(); }
Result<void> ResultStore::close() { return impl_->close(); }
const fs::path& ResultStore::directory() const { return impl_->directory(); }

}  // namespace manta
