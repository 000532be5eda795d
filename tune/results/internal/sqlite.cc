// SPDX-License-Identifier: Apache-2.0
#include "tune/results/internal/sqlite.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <iterator>
#include <string>
#include <utility>

#include "tune/checkpoint/disk_error.h"

namespace manta::internal {

Query::Query(Query&& other) noexcept
    : database_(other.database_),
      statement_(std::exchange(other.statement_, nullptr)),
      next_parameter_(other.next_parameter_) {}

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

// Binding fails only for a parameter that the statement lacks, which the tests of each statement would show.
void Query::bind(double value) {
  MANTA_CHECK(sqlite3_bind_double(statement_, next_parameter_++, value) == SQLITE_OK, sqlite3_sql(statement_));
}

void Query::bind(std::string_view text) {
  const int code = sqlite3_bind_text64(statement_, next_parameter_++, text.data() == nullptr ? "" : text.data(),
                                       text.size(), SQLITE_STATIC, SQLITE_UTF8);
  MANTA_CHECK(code == SQLITE_OK, sqlite3_sql(statement_));
}

void Query::bind_integer(std::int64_t value) {
  MANTA_CHECK(sqlite3_bind_int64(statement_, next_parameter_++, value) == SQLITE_OK, sqlite3_sql(statement_));
}

void Query::bind_null() {
  MANTA_CHECK(sqlite3_bind_null(statement_, next_parameter_++) == SQLITE_OK, sqlite3_sql(statement_));
}

Result<bool> Query::step() {
  switch (sqlite3_step(statement_)) {
    case SQLITE_ROW: return true;
    case SQLITE_DONE: return false;
    default: return database_->last_error();
  }
}

Result<void> Query::run() {
  MANTA_ASSIGN_OR_RETURN(const bool has_row, step());
  static_cast<void>(has_row);
  return {};
}

std::string Query::text(int column) const {
  const auto* begin = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return begin == nullptr ? "" : std::string(begin, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

Result<Database> Database::open(const std::filesystem::path& path, Access access, Duration busy_timeout) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= access == Access::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (access == Access::kCreate) flags |= SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  Database database(path, handle);  // There is a handle to close even after an error.
  if (code != SQLITE_OK) return database.last_error();
  const auto timeout = std::chrono::duration_cast<std::chrono::milliseconds>(busy_timeout);
  database.busy_milliseconds_ = static_cast<int>(timeout.count());
  sqlite3_busy_timeout(handle, database.busy_milliseconds_);
  return database;
}

Result<void> Database::execute(const char* script) {
  if (sqlite3_exec(handle_.get(), script, nullptr, nullptr, nullptr) != SQLITE_OK) return last_error();
  return {};
}

Result<std::string> Database::ask(std::string_view sql) {
  MANTA_ASSIGN_OR_RETURN(Query query, prepare(sql));
  MANTA_ASSIGN_OR_RETURN(const bool has_row, query.step());
  return has_row ? query.text(0) : std::string();
}

Result<Query> Database::prepare(std::string_view sql) {
  const auto known = statements_.find(sql);
  if (known != statements_.end()) return Query(*this, known->second.get());
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return last_error();
  statements_.emplace(sql, statement);
  return Query(*this, statement);
}

Result<bool> Database::try_begin(bool waits) {
  if (!waits) sqlite3_busy_timeout(handle_.get(), 0);
  const Result<void> begun = run("BEGIN IMMEDIATE");
  if (!waits) sqlite3_busy_timeout(handle_.get(), busy_milliseconds_);
  if (begun) return true;
  if ((sqlite3_extended_errcode(handle_.get()) & 0xff) == SQLITE_BUSY) return false;
  return begun.error();
}

void Database::rollback() {
  if (sqlite3_get_autocommit(handle_.get()) != 0) return;
  sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Result<void> Database::checkpoint(bool truncate) {
  const int mode = truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
  const int code = sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, mode, nullptr, nullptr);
  if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED) return {};
  return last_error();
}

void Database::take_over_checkpoints() {
  // A hook of ours takes the place of the one that checkpoints by itself.
  const auto count = [](void* pages, sqlite3*, const char*, int in_log) {
    *static_cast<std::int64_t*>(pages) = in_log;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(handle_.get(), count, wal_pages_.get());
}

void Database::make_room_in_log() {
  constexpr std::int64_t kFrameBytes = kPageBytes + 24;
  constexpr std::int64_t kLeast = std::int64_t{128} << 10;
  constexpr std::int64_t kMost = std::int64_t{1} << 20;
  constexpr std::int64_t kLargeCommit = kLeast / 2;  // Of which the file system's journal is a small part.
  const std::int64_t used = *wal_pages_ * kFrameBytes;
  const std::int64_t last_commit = used - std::exchange(log_used_, used);
  // As much again as there is: a short experiment is to stay small.
  const std::int64_t ahead = std::clamp(used, kLeast, kMost);
  if (last_commit > kLargeCommit || used + ahead / 4 < log_room_) return;
  sqlite3_file* log = nullptr;
  sqlite3_int64 length = 0;
  if (sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) != SQLITE_OK || log == nullptr ||
      log->pMethods == nullptr || log->pMethods->xFileSize(log, &length) != SQLITE_OK)
    return;
  log_room_ = std::max<std::int64_t>(length, used + ahead);
  if (length >= log_room_) return;
  static constexpr std::array<std::byte, std::size_t{64} << 10> kZeros{};  // SQLite writes less than 128 KiB at once.
  int code = SQLITE_OK;
  for (std::int64_t at = length; at < log_room_ && code == SQLITE_OK; at += std::ssize(kZeros))
    code = log->pMethods->xWrite(log, kZeros.data(), static_cast<int>(kZeros.size()), at);
  if (code != SQLITE_OK) log->pMethods->xTruncate(log, length);  // What little space there is others need more.
}

Error Database::last_error() const {
  if (handle_ == nullptr) return {ErrorCode::kExhausted, "no memory to open " + path_.string()};
  const int code = sqlite3_extended_errcode(handle_.get());
  const std::string reason = std::string(sqlite3_errmsg(handle_.get())) + " (" + sqlite3_errstr(code & 0xff) +
                             ", SQLite code " + std::to_string(code) + ")";
  *was_full_ = (code & 0xff) == SQLITE_FULL;
  if (*was_full_) {
    Error error = disk_error(path_, "write", ENOSPC);
    error.message += " [" + reason + "]";
    return error;
  }
  if ((code & 0xff) == SQLITE_IOERR) {
    const int errno_value = sqlite3_system_errno(handle_.get());
    const bool no_space = errno_value == ENOSPC || errno_value == EDQUOT;
    *was_full_ = no_space && code != SQLITE_IOERR_FSYNC && code != SQLITE_IOERR_DIR_FSYNC;
    Error error = disk_error(path_, "use", no_space ? errno_value : EIO);
    error.message += " [" + reason + "]";
    return error;
  }
  if ((code & 0xff) == SQLITE_CORRUPT) return damaged(reason);
  return {ErrorCode::kStorage, path_.string() + ": " + reason};
}

Error Database::damaged(const std::string& reason) const {
  return {ErrorCode::kStorage,
          path_.string() + " is damaged: " + reason + "; `sqlite3 FILE .recover` may save what is left of it"};
}

}  // namespace manta::internal
