// SPDX-License-Identifier: Apache-2.0
// A directory for one experiment, changes to put in it, and SQL to look at it from outside.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tune/loop/results_sink.h"
#include "tune/results/result_store.h"

namespace manta::testing {

using Row = std::vector<std::string>;

/// A connection as a viewer has it: SQLite's own API, nothing of ours.
class Viewer {
 public:
  explicit Viewer(const std::filesystem::path& file, int flags = SQLITE_OPEN_READWRITE) {
    EXPECT_EQ(sqlite3_open_v2(file.c_str(), &handle_, flags, nullptr), SQLITE_OK);
    sqlite3_busy_timeout(handle_, 10'000);
  }
  Viewer(const Viewer&) = delete;
  Viewer& operator=(const Viewer&) = delete;
  ~Viewer() { sqlite3_close(handle_); }

  /// All rows as text; NULL is "NULL".
  std::vector<Row> rows(const std::string& sql) {
    std::vector<Row> rows;
    const auto take = [](void* into, int count, char** values, char**) {
      Row row;
      for (int column = 0; column < count; ++column) row.emplace_back(values[column] ? values[column] : "NULL");
      static_cast<std::vector<Row>*>(into)->push_back(std::move(row));
      return 0;
    };
    char* message = nullptr;
    EXPECT_EQ(sqlite3_exec(handle_, sql.c_str(), take, &rows, &message), SQLITE_OK) << sql << ": " << message;
    sqlite3_free(message);
    return rows;
  }
  std::string value(const std::string& sql) {
    const std::vector<Row> found = rows(sql);
    return found.empty() || found[0].empty() ? "(no row)" : found[0][0];
  }

 private:
  sqlite3* handle_ = nullptr;
};

inline WallTime at_second(std::int64_t second) { return WallTime(std::chrono::seconds(1'767'225'600 + second)); }

inline Change trial_changed(std::int64_t trial, TrialState state, int attempt = 1, std::int64_t second = 0) {
  TrialStatus status;
  status.id = {trial};
  status.config = Config{{"lr", 0.5}, {"units", std::int64_t{16}}};
  status.state = state;
  status.attempt = attempt;
  return TrialChanged{std::move(status), at_second(second)};
}
inline Change attempt_started(std::int64_t trial, int attempt = 1, std::int64_t from = 0, std::int64_t second = 0,
                              int slots = 1) {
  return AttemptStarted{{trial}, attempt, from, at_second(second), slots};
}
inline Change attempt_ended(std::int64_t trial, TrialState state, std::string cause = "", int attempt = 1,
                            std::int64_t second = 0) {
  return AttemptEnded{{trial}, attempt, state, std::move(cause), at_second(second)};
}
inline Change reported(std::int64_t trial, std::int64_t iteration, Metrics metrics, int attempt = 1) {
  const Report report = {.trial = {trial},
                         .attempt = attempt,
                         .iteration = iteration,
                         .seconds = 0.5 * static_cast<double>(iteration),
                         .metrics = std::move(metrics)};
  return Reported{report, at_second(iteration)};
}
inline Change checkpoint_saved(std::int64_t trial, std::int64_t iteration, const std::string& text, int attempt = 1) {
  const auto view = std::as_bytes(std::span(text));
  Checkpoint checkpoint = {.iteration = iteration, .seconds = 0.5 * static_cast<double>(iteration)};
  checkpoint.bytes = SharedArray<std::byte>({view.begin(), view.end()});
  return CheckpointSaved{{trial}, attempt, std::move(checkpoint), at_second(iteration)};
}
inline std::string text_of(const Checkpoint& checkpoint) {
  return {reinterpret_cast<const char*>(checkpoint.bytes.data()), checkpoint.bytes.size()};
}

class ResultsFixture : public ::testing::Test {
 protected:
  ResultsFixture() {
    std::string pattern = (std::filesystem::temp_directory_path() / "manta_results_XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    directory_ = root_ / "experiment";
  }
  ~ResultsFixture() override { std::filesystem::remove_all(root_); }

  ResultStore create(ResultStoreOptions options = {}) {
    return ResultStore::create(directory_, spec_, std::move(options)).value();
  }
  ResultStore open(ResultStoreOptions options = {}) {
    return ResultStore::open(directory_, std::move(options)).value();
  }
  std::filesystem::path database() const { return directory_ / "experiment.db"; }

  /// Runs `body` in a child process, so that limits, users and deaths stay there. True if it returned true.
  static bool in_child(const std::function<bool()>& body) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body() ? 0 : 1);
    int status = -1;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return status == 0;
  }

  std::filesystem::path root_;
  std::filesystem::path directory_;  // Does not exist at first.
  ExperimentSpec spec_ = {.name = "digits",
                          .objective = {.metric = "accuracy", .mode = Mode::kMax},
                          .json = R"({"space":{}})",
                          .created = at_second(0)};
};

}  // namespace manta::testing
