// SPDX-License-Identifier: Apache-2.0
// Processes that die and disks that fill: what was acknowledged is there afterwards.
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <fstream>

#include "core/base/random.h"
#include "core/base/unique_fd.h"
#include "tests/tune/results/results_fixture.h"
#include "tune/results/results_writer.h"

namespace manta::testing::results_crash_test {
namespace {

namespace fs = std::filesystem;

/// Which iterations of an attempt have been acknowledged, as the driver knows it.
class AcknowledgedReports {
 public:
  void add(std::uint64_t number) { waiting_.push_back(number); }
  /// Number of reports, from the first on, that are durable.
  std::int64_t count(std::uint64_t durable) {
    for (; !waiting_.empty() && waiting_.front() <= durable; waiting_.pop_front()) ++count_;
    return count_;
  }

 private:
  std::deque<std::uint64_t> waiting_;
  std::int64_t count_ = 0;
};

class ResultsCrashTest : public ResultsFixture {
 protected:
  /// A driver: goes on with the experiment as attempt `attempt` of trial 0, and says into `acknowledged` how many of
  /// its reports are durable. Ends with its process only.
  [[noreturn]] void drive(int attempt, int acknowledged) {
    Result<ResultStore> store = attempt == 1 ? ResultStore::create(directory_, spec_) : ResultStore::open(directory_);
    if (!store || !store->load()) ::_exit(2);
    // A short queue makes small transactions, so that a kill meets every part of one, and keeps the database small.
    ResultsWriter writer(std::move(store).value(), {.max_queued_changes = 20});
    AcknowledgedReports reports;
    writer.record(trial_changed(0, TrialState::kRunning, attempt));
    writer.record(attempt_started(0, attempt));
    std::int64_t said = -1;
    for (std::int64_t iteration = 1;; ++iteration) {
      reports.add(writer.record(reported(0, iteration, {{"accuracy", 0.5}, {"loss", 1}}, attempt)));
      if (iteration % 100 == 0) writer.record(checkpoint_saved(0, iteration, std::string(3000, 'w'), attempt));
      if (iteration % 150 == 0) writer.record(SnapshotsSaved{{"[\"searcher\"]"}, {"[\"scheduler\"]"}});
      const std::int64_t count = reports.count(writer.durable());
      if (count == said) continue;
      said = count;
      if (::write(acknowledged, &said, sizeof said) != sizeof said) ::_exit(3);
    }
  }

  /// Runs a driver and kills it once `target` of its reports are acknowledged. Returns how many were when it died.
  std::int64_t drive_and_kill(int attempt, std::int64_t target) {
    std::array<int, 2> pipe{};
    EXPECT_EQ(::pipe(pipe.data()), 0);
    UniqueFd from_driver(pipe[0]);
    UniqueFd to_parent(pipe[1]);
    const pid_t driver = ::fork();
    if (driver == 0) {
      from_driver.reset();
      drive(attempt, to_parent.get());
    }
    to_parent.reset();
    std::int64_t acknowledged = 0;
    const auto read_next = [&] { return ::read(from_driver.get(), &acknowledged, sizeof acknowledged) > 0; };
    while (acknowledged < target && read_next()) {
    }
    ::kill(driver, SIGKILL);
    while (read_next()) {
    }
    int status = 0;
    EXPECT_EQ(::waitpid(driver, &status, 0), driver);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the driver ended by itself: " << status;
    return acknowledged;
  }
};

TEST_F(ResultsCrashTest, NoAcknowledgedRowIsLostWhenTheDriverIsKilledAHundredTimes) {
  RandomStream random(/*seed=*/20260101, /*stream=*/0);
  // The first driver makes the experiment, so it is let live until it has acknowledged something.
  for (int attempt = 1; attempt <= 100; ++attempt) {
    // One in ten dies while it resumes.
    const bool at_once = attempt > 1 && random.below(10) == 0;
    const std::int64_t target = at_once ? 0 : 1 + static_cast<std::int64_t>(random.below(600));

    const std::int64_t acknowledged = drive_and_kill(attempt, target);

    ResultStore store = open();
    Viewer viewer(database(), SQLITE_OPEN_READONLY);
    ASSERT_EQ(viewer.value("PRAGMA quick_check"), "ok");
    ASSERT_EQ(viewer.value("SELECT count(*) FROM results WHERE attempt = " + std::to_string(attempt) +
                           " AND iteration <= " + std::to_string(acknowledged)),
              std::to_string(acknowledged));
    ASSERT_EQ(viewer.value("SELECT count(*) FROM results LEFT JOIN metrics ON result = id WHERE metric IS NULL"), "0");
    const auto loaded = store.load();
    ASSERT_TRUE(loaded.has_value()) << to_string(loaded.error());
    ASSERT_EQ(loaded->warnings, std::vector<std::string>()) << "attempt " << attempt;
    ASSERT_TRUE(store.close());
  }
}

/// Records until storage fails, and returns how many reports were acknowledged by then; -1: it failed in another way.
std::int64_t record_until_the_disk_is_full(ResultStore store) {
  // A short queue: otherwise the first transaction may be the one that does not fit.
  ResultsWriter writer(std::move(store), {.max_queued_changes = 100, .full_interval = {}, .full_limit = {}});
  AcknowledgedReports reports;
  writer.record(trial_changed(0, TrialState::kRunning));
  for (std::int64_t iteration = 1; writer.status(); ++iteration) {
    reports.add(writer.record(reported(0, iteration, {{"accuracy", 0.5}})));
  }
  const Error error = writer.status().error();
  const std::int64_t acknowledged = reports.count(writer.durable());
  const bool is_as_it_should = error.code == ErrorCode::kStorage &&
                               error.message.find("disk full") != std::string::npos &&
                               error.message.find("experiment.db") != std::string::npos &&
                               error.message.find("free there") != std::string::npos && !writer.close();
  if (!is_as_it_should) std::fprintf(stderr, "%s\n", to_string(error).c_str());
  return is_as_it_should ? acknowledged : -1;
}

bool holds_at_least(const fs::path& database, std::int64_t reports) {
  Viewer viewer(database);
  return viewer.value("PRAGMA quick_check") == "ok" &&
         std::stoll(viewer.value("SELECT count(*) FROM results")) >= reports;
}

// Stands for a full disk where the tests may not mount one.
TEST_F(ResultsCrashTest, AFileThatCannotGrowEndsInAStorageErrorAndKeepsAcknowledgedRows) {
  EXPECT_TRUE(in_child([this] {
    ResultStore store = create();
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {.rlim_cur = 600'000, .rlim_max = RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::int64_t acknowledged = record_until_the_disk_is_full(std::move(store));
    const rlimit no_limit = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &no_limit);
    return acknowledged > 0 && holds_at_least(database(), acknowledged);
  }));
  EXPECT_TRUE(open().load().has_value());
}

/// A disk of 2 MB at `mount_point`, in a mount namespace of this process. False: not allowed here.
bool mount_small_disk(const fs::path& mount_point) {
  if (::unshare(::geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  return ::mount("tmpfs", mount_point.c_str(), "tmpfs", 0, "size=2m") == 0;
}

TEST_F(ResultsCrashTest, AFullDiskEndsInAStorageErrorAndTheSweepGoesOnOnceThereIsRoom) {
  fs::create_directory(directory_);
  if (!in_child([this] { return mount_small_disk(directory_); })) GTEST_SKIP() << "no right to mount a disk here";

  EXPECT_TRUE(in_child([this] {
    if (!mount_small_disk(directory_)) return false;
    std::ofstream(directory_ / "ballast") << std::string(500'000, 'x');
    const std::int64_t acknowledged = record_until_the_disk_is_full(create());
    fs::remove(directory_ / "ballast");
    Result<ResultStore> again = ResultStore::open(directory_);
    return acknowledged > 0 && again && holds_at_least(database(), acknowledged) &&
           again->apply(std::vector<Change>{trial_changed(0, TrialState::kCompleted)});
  }));
}

TEST_F(ResultsCrashTest, AWriterWaitsForSpaceAndLosesNothing) {
  fs::create_directory(directory_);
  if (!in_child([this] { return mount_small_disk(directory_); })) GTEST_SKIP() << "no right to mount a disk here";

  EXPECT_TRUE(in_child([this] {
    if (!mount_small_disk(directory_)) return false;
    const fs::path ballast = directory_ / "ballast";
    std::ofstream(ballast) << std::string(1'000'000, 'x');
    std::vector<std::string> notices;
    ResultsWriter writer(create(), {.max_queued_changes = 100,
                                    .full_interval = std::chrono::milliseconds(1),
                                    .on_notice = [&](const std::string& notice) {
                                      notices.push_back(notice);
                                      fs::remove(ballast);
                                    }});
    writer.record(trial_changed(0, TrialState::kRunning));
    std::int64_t iteration = 0;
    while (fs::exists(ballast) && iteration < 100'000) writer.record(reported(0, ++iteration, {{"accuracy", 0.5}}));
    // Files too are written again when their transaction is.
    writer.record(checkpoint_saved(0, iteration, "weights"));
    if (!writer.close() || notices.size() != 2) return false;
    Viewer viewer(database());
    return viewer.value("SELECT count(*) FROM results") == std::to_string(iteration) &&
           viewer.value("SELECT count(*) FROM checkpoints") == "1" && viewer.value("PRAGMA quick_check") == "ok";
  }));
}

// All is durable in the log, which only cannot be moved into the database.
TEST_F(ResultsCrashTest, ADiskThatIsFullAtTheEndIsNoFailure) {
  fs::create_directory(directory_);
  if (!in_child([this] { return mount_small_disk(directory_); })) GTEST_SKIP() << "no right to mount a disk here";

  EXPECT_TRUE(in_child([this] {
    if (!mount_small_disk(directory_)) return false;
    std::vector<std::string> warnings;
    ResultStore store = create({.on_warning = [&](const std::string& warning) { warnings.push_back(warning); }});
    std::vector<Change> changes{trial_changed(0, TrialState::kRunning)};
    for (int iteration = 1; iteration <= 3000; ++iteration) changes.push_back(reported(0, iteration, {{"accuracy", 0.5}}));
    if (!store.apply(changes)) return false;
    const fs::path ballast = directory_ / "ballast";
    std::ofstream(ballast) << std::string(2'000'000, 'x');
    if (!store.close() || warnings.size() != 1) return false;
    fs::remove(ballast);
    return Viewer(database()).value("SELECT count(*) FROM results") == "3000";
  }));
}

}  // namespace
}  // namespace manta::testing::results_crash_test
