// SPDX-License-Identifier: Apache-2.0
// A thin layer over SQLite's C API: owners for its handles, and errors that name the file.
#pragma once

#include <sqlite3.h>

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace manta::internal {

class Database;

/// One use of a prepared statement; gives it back when it goes. Parameters are bound from the first to the last.
///
/// Thread-safety: that of its database. Ownership: the database must outlive it.
class Query {
 public:
  Query(Database& database, sqlite3_stmt* statement) : database_(&database), statement_(statement) {}
  Query(Query&& other) noexcept;
  Query& operator=(Query&&) = delete;
  ~Query();

  void bind(std::integral auto value) { bind_integer(static_cast<std::int64_t>(value)); }
  /// SQLite stores NaN as NULL.
  void bind(double value);
  /// `text` must live unchanged until the query is reset or goes.
  void bind(std::string_view text);
  template <class T>
  void bind(const std::optional<T>& value) {
    if (value)
      bind(*value);
    else
      bind_null();
  }

  /// True: the next row is there; false: there are no more.
  Result<bool> step();
  /// For a statement without rows.
  Result<void> run();

  bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  double real(int column) const { return sqlite3_column_double(statement_, column); }
  std::string text(int column) const;

 private:
  void bind_integer(std::int64_t value);
  void bind_null();

  Database* database_;
  sqlite3_stmt* statement_;
  int next_parameter_ = 1;
};

/// A connection, with the statements it has prepared.
///
/// Thread-safety: none; one thread at a time.
class Database {
 public:
  enum class Access { kCreate, kReadWrite, kReadOnly };

  /// `busy_timeout`: how long each statement waits for the lock of another connection.
  /// Errors: kStorage: names the path and SQLite's reason.
  static Result<Database> open(const std::filesystem::path& path, Access access, Duration busy_timeout);

  /// Runs statements without parameters and without rows that matter.
  Result<void> execute(const char* script);
  /// Runs a script of which only the first column of the first row matters; "" when there is none.
  Result<std::string> ask(std::string_view sql);
  /// Prepares `sql`, or takes it from the cache, and binds `values`. At most one query per text at a time.
  template <class... Values>
  Result<Query> query(std::string_view sql, const Values&... values) {
    MANTA_ASSIGN_OR_RETURN(Query query, prepare(sql));
    (query.bind(values), ...);
    return query;
  }
  template <class... Values>
  Result<void> run(std::string_view sql, const Values&... values) {
    MANTA_ASSIGN_OR_RETURN(Query query, prepare(sql));
    (query.bind(values), ...);
    return query.run();
  }
  /// Rows that the last statement changed.
  std::int64_t changes() const { return sqlite3_changes64(handle_.get()); }

  /// Begins a transaction that may write. False: another connection is writing, and was for `busy_timeout` if it
  /// `waits`.
  Result<bool> try_begin(bool waits = true);
  Result<void> commit() { return run("COMMIT"); }
  /// Does nothing when there is no transaction: SQLite ends it itself on some errors.
  void rollback();

  /// Moves what is in the write-ahead log into the database, as far as readers permit; with `truncate` also empties it.
  /// A reader in the way is no error.
  Result<void> checkpoint(bool truncate);

  /// From now on SQLite leaves the write-ahead log alone until checkpoint(), and wal_bytes() counts.
  void take_over_checkpoints();
  /// How much the write-ahead log held after the last commit.
  std::int64_t wal_bytes() const { return *wal_pages_ * kPageBytes; }
  /// Gives the write-ahead log's file room for what comes next, as zeros, where SQLite finds no frames: a commit that
  /// changes bytes which are there syncs these only, and not the file system's journal, which takes as long again.
  /// Within a transaction that may write. Where there is no room, commits go on by making the file longer.
  void make_room_in_log();

  /// The error that the last call met, as kStorage.
  Error last_error() const;
  /// That the error which last_error() described was a full disk, and nothing worse: once there is space, the same
  /// transaction can be tried again. A full disk that shows at fsync is worse: nobody knows what it has kept.
  bool was_full() const { return *was_full_; }
  /// A kStorage error for a database that makes no sense any more.
  Error damaged(const std::string& reason) const;
  const std::filesystem::path& path() const { return path_; }

 private:
  struct CloseHandle {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };

  static constexpr std::int64_t kPageBytes = 4096;  // SQLite's default, which no schema of ours changes.

  Database(std::filesystem::path path, sqlite3* handle) : path_(std::move(path)), handle_(handle) {}
  Result<Query> prepare(std::string_view sql);

  std::filesystem::path path_;
  int busy_milliseconds_ = 0;
  std::unique_ptr<std::int64_t> wal_pages_ = std::make_unique<std::int64_t>(0);  // SQLite keeps its address.
  std::unique_ptr<bool> was_full_ = std::make_unique<bool>(false);
  std::int64_t log_used_ = 0;  // Of the write-ahead log, when room was made last.
  std::int64_t log_room_ = 0;  // How long its file was then.
  std::unique_ptr<sqlite3, CloseHandle> handle_;
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>, TextHash, std::equal_to<>> statements_;
};

/// Rolls back when it goes, unless it was committed.
class Transaction {
 public:
  /// Takes over a transaction that has begun.
  explicit Transaction(Database& database) : database_(&database) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() { database_->rollback(); }

  Result<void> commit() { return database_->commit(); }

 private:
  Database* database_;
};

}  // namespace manta::internal
