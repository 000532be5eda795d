// SPDX-License-Identifier: Apache-2.0
#include "tune/results/result_store.h"

#include <gmock/gmock.h>
#include <linux/magic.h>
#include <sys/stat.h>

#include <fstream>
#include <limits>
#include <set>

#include "tests/tune/results/results_fixture.h"
#include "tune/results/internal/directory.h"
#include "tune/results/schema.h"

namespace manta::testing::result_store_test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Lt;

class ResultStoreTest : public ResultsFixture {
 protected:
  Error error_of_create() { return ResultStore::create(directory_, spec_).error(); }
  Error error_of_open() { return ResultStore::open(directory_).error(); }
};

TEST_F(ResultStoreTest, CreateMakesTheDirectoryAndAnEmptyExperiment) {
  const ResultStore store = create();

  EXPECT_TRUE(fs::is_directory(directory_ / "checkpoints"));
  EXPECT_TRUE(fs::is_directory(directory_ / "logs"));
  Viewer viewer(database());
  EXPECT_EQ(viewer.rows("SELECT name, metric, mode, spec FROM experiment"),
            (std::vector<Row>{{"digits", "accuracy", "max", R"({"space":{}})"}}));
  EXPECT_EQ(viewer.value("SELECT count(*) FROM best_trials"), "0");
  EXPECT_EQ(viewer.value("PRAGMA user_version"), std::to_string(kSchemaVersion));
}

TEST_F(ResultStoreTest, CreateRefusesADirectoryThatHasAnExperiment) {
  ASSERT_TRUE(create().close());

  const Error error = error_of_create();

  EXPECT_EQ(error.code, ErrorCode::kAlreadyExists);
  EXPECT_THAT(error.message, HasSubstr("--resume " + directory_.string()));
}

TEST_F(ResultStoreTest, CreateGoesOnWhereAnotherCreateWasKilledBeforeItsFirstTransaction) {
  fs::create_directories(directory_);
  std::ofstream(database()).flush();

  EXPECT_TRUE(ResultStore::create(directory_, spec_).has_value());
}

TEST_F(ResultStoreTest, CreateRefusesAFileInPlaceOfADirectory) {
  std::ofstream(directory_) << "a file";

  const Error error = error_of_create();

  EXPECT_EQ(error.code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(error.message, AllOf(HasSubstr(directory_.string()), HasSubstr("not a directory")));
}

TEST_F(ResultStoreTest, CreateRefusesADirectoryThatIsNotWritable) {
  fs::create_directory(directory_);
  fs::permissions(root_, fs::perms::all);
  fs::permissions(directory_,
                  fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read | fs::perms::others_exec);

  EXPECT_TRUE(in_child([this] {
    if (::geteuid() == 0 && ::setuid(65534) != 0) return false;
    const auto store = ResultStore::create(directory_, spec_);
    return !store && store.error().code == ErrorCode::kFailedPrecondition &&
           store.error().message.find(directory_.string() + " is not writable") != std::string::npos;
  }));
}

TEST_F(ResultStoreTest, CreateRefusesADirectoryThatCannotBeMade) {
  fs::permissions(root_,
                  fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read | fs::perms::others_exec);

  EXPECT_TRUE(in_child([this] {
    if (::geteuid() == 0 && ::setuid(65534) != 0) return false;
    const auto store = ResultStore::create(directory_, spec_);
    return !store && store.error().code == ErrorCode::kFailedPrecondition &&
           store.error().message.find(directory_.string()) != std::string::npos;
  }));
  fs::permissions(root_, fs::perms::owner_all);
}

TEST_F(ResultStoreTest, ANetworkDiskIsRefusedByName) {
  EXPECT_FALSE(internal::check_disk_type("/data", NFS_SUPER_MAGIC).has_value());
  EXPECT_FALSE(internal::check_disk_type("/data", 0xFF534D42).has_value());
  EXPECT_TRUE(internal::check_disk_type("/data", EXT4_SUPER_MAGIC).has_value());
  EXPECT_THAT(internal::check_disk_type("/data", NFS_SUPER_MAGIC).error().message,
              AllOf(HasSubstr("/data"), HasSubstr("network disk")));
}

TEST_F(ResultStoreTest, ASecondWriterIsRefusedAndToldWhoIsThere) {
  const ResultStore first = create();

  const Error error = error_of_open();

  EXPECT_EQ(error.code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(error.message, AllOf(HasSubstr("pid " + std::to_string(::getpid())), HasSubstr(" since 2")));
  EXPECT_EQ(error_of_create().code, ErrorCode::kFailedPrecondition);
}

TEST_F(ResultStoreTest, TheDirectoryIsFreeOnceItsWriterIsClosedOrDead) {
  ASSERT_TRUE(in_child([this] {
    ResultStore store = create();
    ::_exit(0);  // Without closing: as a process that is killed.
    return true;
  }));

  ASSERT_TRUE(open().close());
  EXPECT_TRUE(open().close());
}

TEST_F(ResultStoreTest, OpenFindsNothingWhereThereIsNoExperiment) {
  EXPECT_EQ(error_of_open().code, ErrorCode::kNotFound);
  EXPECT_EQ(ResultStore::open_read_only(directory_).error().code, ErrorCode::kNotFound);
  fs::create_directory(directory_);
  std::ofstream(database()).flush();

  EXPECT_EQ(error_of_open().code, ErrorCode::kNotFound);
  EXPECT_EQ(ResultStore::open_read_only(directory_).error().code, ErrorCode::kNotFound);
}

TEST_F(ResultStoreTest, OpenRefusesANewerSchemaAndNamesBothVersions) {
  ASSERT_TRUE(create().close());
  Viewer(database()).rows("PRAGMA user_version = 17");

  const Error error = error_of_open();

  EXPECT_EQ(error.code, ErrorCode::kIncompatible);
  EXPECT_THAT(error.message, AllOf(HasSubstr("version 17"), HasSubstr("version " + std::to_string(kSchemaVersion))));
  EXPECT_EQ(ResultStore::open_read_only(directory_).error().code, ErrorCode::kIncompatible);
}

TEST_F(ResultStoreTest, OpenRefusesADamagedDatabase) {
  {
    ResultStore store = create();
    std::vector<Change> changes = {trial_changed(0, TrialState::kRunning)};
    for (int iteration = 1; iteration <= 2000; ++iteration) {
      changes.push_back(reported(0, iteration, {{"accuracy", 0.5}}));
    }
    ASSERT_TRUE(store.apply(changes));
    ASSERT_TRUE(store.close());
  }
  std::fstream file(database(), std::ios::in | std::ios::out | std::ios::binary);
  const auto pages = static_cast<std::streamoff>(fs::file_size(database()) / 4096);
  for (std::streamoff page = 10; page < pages; ++page) {
    file.seekp(page * 4096);
    file << std::string(64, '\xee');
  }
  file.close();

  const Error error = error_of_open();

  EXPECT_EQ(error.code, ErrorCode::kStorage);
  EXPECT_THAT(error.message, HasSubstr(database().string() + " is damaged"));
}

TEST_F(ResultStoreTest, OpenRefusesAFileThatIsNoDatabase) {
  fs::create_directory(directory_);
  std::ofstream(database()) << std::string(8192, 'x');

  const Error error = error_of_open();

  EXPECT_EQ(error.code, ErrorCode::kStorage);
  EXPECT_THAT(error.message, HasSubstr("not a database"));
}

TEST_F(ResultStoreTest, AppliesNothingWithoutChanges) {
  ResultStore store = create();

  EXPECT_TRUE(store.apply({}));
}

TEST_F(ResultStoreTest, ARepeatedReportChangesNothing) {
  ResultStore store = create();
  const std::vector<Change> changes = {trial_changed(0, TrialState::kRunning), attempt_started(0),
                                       reported(0, 1, {{"accuracy", 0.5}}), reported(0, 1, {{"accuracy", 0.9}})};

  ASSERT_TRUE(store.apply(changes));
  ASSERT_TRUE(store.apply(std::vector<Change>{reported(0, 1, {{"accuracy", 0.8}})}));

  EXPECT_EQ(Viewer(database()).rows("SELECT iteration, value FROM learning_curves"), (std::vector<Row>{{"1", "0.5"}}));
  EXPECT_EQ(Viewer(database()).value("SELECT best_value FROM trials"), "0.5");
}

TEST_F(ResultStoreTest, ParametersFollowTheConfiguration) {
  ResultStore store = create();
  ASSERT_TRUE(store.apply(std::vector<Change>{trial_changed(0, TrialState::kRunning)}));
  TrialStatus cloned = std::get<TrialChanged>(trial_changed(0, TrialState::kPending)).trial;
  cloned.config = Config{{"act", std::string("relu")}, {"lr", 0.25}, {"bias", true}};

  ASSERT_TRUE(store.apply(std::vector<Change>{TrialChanged{cloned, at_second(1)}}));

  EXPECT_EQ(Viewer(database()).rows("SELECT name, value, number FROM params ORDER BY name"),
            (std::vector<Row>{{"act", "\"relu\"", "NULL"}, {"bias", "true", "1.0"}, {"lr", "0.25", "0.25"}}));
}

TEST_F(ResultStoreTest, AWriterThatWasSupersededRecordsNoMore) {
  ResultStore store = create();
  ASSERT_TRUE(store.apply(std::vector<Change>{trial_changed(0, TrialState::kRunning)}));
  // As a second tune_run does where the lock does not hold.
  Viewer(database()).rows("INSERT INTO epoch (pid, opened_us, seconds) VALUES (4711, 0, 0)");

  const auto applied =
      store.apply(std::vector<Change>{checkpoint_saved(0, 1, "mine"), trial_changed(1, TrialState::kRunning)});

  ASSERT_FALSE(applied.has_value());
  EXPECT_EQ(applied.error().code, ErrorCode::kStorage);
  EXPECT_THAT(applied.error().message, AllOf(HasSubstr("another tune_run"), HasSubstr("4711")));
  EXPECT_EQ(Viewer(database()).value("SELECT count(*) FROM trials"), "1");
  EXPECT_TRUE(fs::is_empty(directory_ / "checkpoints"));
}

TEST_F(ResultStoreTest, AReaderAppliesNothing) {
  ASSERT_TRUE(create().close());
  ResultStore reader = ResultStore::open_read_only(directory_).value();

  EXPECT_EQ(reader.apply({}).error().code, ErrorCode::kFailedPrecondition);
}

TEST_F(ResultStoreTest, AReaderOpensWhatAnotherWrites) {
  ResultStore store = create();
  ResultStore reader = ResultStore::open_read_only(directory_).value();

  ASSERT_TRUE(store.apply(std::vector<Change>{trial_changed(0, TrialState::kRunning)}));

  EXPECT_EQ(reader.load().value().state.trials.size(), 1u);
}

TEST_F(ResultStoreTest, AClosedStoreAppliesNothing) {
  ResultStore store = create();
  ASSERT_TRUE(store.close());

  EXPECT_EQ(store.apply({}).error().code, ErrorCode::kFailedPrecondition);
  EXPECT_TRUE(store.close());
}

TEST_F(ResultStoreTest, WaitsWithAWarningWhileAViewerHoldsTheDatabase) {
  std::vector<std::string> warnings;
  std::unique_ptr<Viewer> viewer;
  ResultStore store = create({.busy_timeout = {}, .on_warning = [&](const std::string& warning) {
                                warnings.push_back(warning);
                                viewer->rows("ROLLBACK");
                              }});
  viewer = std::make_unique<Viewer>(database());
  viewer->rows("BEGIN EXCLUSIVE");

  EXPECT_TRUE(store.apply(std::vector<Change>{trial_changed(0, TrialState::kRunning)}));

  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0], HasSubstr(database().string()));
  EXPECT_EQ(viewer->value("SELECT count(*) FROM trials"), "1");
}

TEST_F(ResultStoreTest, FailsOnceAViewerHasHeldTheDatabaseForTooLong) {
  ResultStore store = create({.busy_timeout = {}, .busy_limit = {}});
  Viewer viewer(database());
  viewer.rows("BEGIN EXCLUSIVE");

  const auto applied = store.apply(std::vector<Change>{trial_changed(0, TrialState::kRunning)});

  ASSERT_FALSE(applied.has_value());
  EXPECT_EQ(applied.error().code, ErrorCode::kStorage);
  EXPECT_THAT(applied.error().message, HasSubstr("locked"));
}

TEST_F(ResultStoreTest, NoticesThatItsDatabaseWasDeleted) {
  ResultStore store = create();
  fs::remove(database());

  const auto applied = store.apply(std::vector<Change>{trial_changed(0, TrialState::kRunning)});

  ASSERT_FALSE(applied.has_value());
  EXPECT_EQ(applied.error().code, ErrorCode::kStorage);
  EXPECT_THAT(applied.error().message, HasSubstr("deleted"));
}

TEST_F(ResultStoreTest, NoticesThatItsLogWasDeleted) {
  ResultStore store = create();
  fs::remove(database().string() + "-wal");

  EXPECT_EQ(store.apply(std::vector<Change>{trial_changed(0, TrialState::kRunning)}).error().code, ErrorCode::kStorage);
}

TEST_F(ResultStoreTest, ClosingLeavesOneFile) {
  ResultStore store = create();
  ASSERT_TRUE(store.apply(std::vector<Change>{trial_changed(0, TrialState::kRunning)}));

  ASSERT_TRUE(store.close());

  EXPECT_FALSE(fs::exists(database().string() + "-wal"));
  EXPECT_EQ(Viewer(database()).value("SELECT count(*) FROM trials"), "1");
}

TEST_F(ResultStoreTest, TheLogsFileHasRoomForWhatComesNext) {
  ASSERT_TRUE(in_child([this] {
    ResultStore store = create();
    std::set<std::uintmax_t> sizes;
    for (int iteration = 1; iteration <= 100; ++iteration) {
      if (!store.apply(std::vector<Change>{reported(0, iteration, {{"accuracy", 0.5}})})) ::_exit(1);
      sizes.insert(fs::file_size(database().string() + "-wal"));
    }
    ::_exit(sizes.size() < 10 ? 0 : 2);  // As a process that is killed.
    return true;
  }));

  // Where nothing was written yet, nothing is found.
  EXPECT_EQ(Viewer(database()).value("SELECT count(*) FROM results"), "100");
  EXPECT_TRUE(open().close());
}

TEST_F(ResultStoreTest, TriesWithoutWaitingForAnybody) {
  ResultStore store = create({.on_warning = [](const std::string& warning) { ADD_FAILURE() << warning; }});
  const std::vector<Change> changes{reported(0, 1, {{"accuracy", 0.5}})};
  Viewer viewer(database());
  viewer.rows("BEGIN EXCLUSIVE");

  const Result<bool> refused = store.try_apply(changes);
  viewer.rows("ROLLBACK");
  const Result<bool> applied = store.try_apply(changes);

  ASSERT_TRUE(refused && applied);
  EXPECT_FALSE(*refused);
  EXPECT_TRUE(*applied);
  EXPECT_EQ(viewer.value("SELECT count(*) FROM results"), "1");
}

TEST_F(ResultStoreTest, DoesNotTryWhileItsLogIsToBeMoved) {
  ResultStore store = create({.wal_limit_bytes = 1 << 18});
  std::int64_t iteration = 0;
  const auto apply_until_refused = [&] {
    int applied = 0;
    for (; applied < 1'000; ++applied)
      if (!store.try_apply(std::vector<Change>{reported(0, ++iteration, {{"accuracy", 0.5}})}).value()) break;
    EXPECT_TRUE(store.apply(std::vector<Change>{reported(0, iteration, {{"accuracy", 0.5}})}));
    return applied;
  };

  const int first = apply_until_refused();
  const int second = apply_until_refused();
  const int third = apply_until_refused();

  EXPECT_THAT(first, AllOf(Gt(1), Lt(200)));
  EXPECT_THAT(second, AllOf(Gt(1), Lt(200)));
  EXPECT_THAT(third, AllOf(Gt(1), Lt(200)));
}

TEST_F(ResultStoreTest, KnowsHowLongItWasThere) {
  ASSERT_TRUE(create().close());

  EXPECT_EQ(Viewer(database()).value("SELECT seconds > 0 FROM epoch"), "1");
}

TEST_F(ResultStoreTest, TheLogStartsAgainOnceItHasReachedItsLimit) {
  constexpr std::int64_t kLimit = 1 << 20;
  ResultStore store = create({.wal_limit_bytes = kLimit});
  std::int64_t iteration = 0;

  for (int batch = 0; batch < 200; ++batch) {
    std::vector<Change> changes;
    for (int index = 0; index < 500; ++index) changes.push_back(reported(0, ++iteration, {{"accuracy", 0.5}}));
    ASSERT_TRUE(store.apply(changes));
  }

  EXPECT_GT(fs::file_size(database()), 3u * kLimit);
  EXPECT_LT(fs::file_size(database().string() + "-wal"), 2u * kLimit);
}

TEST_F(ResultStoreTest, KeepsTheNewestCheckpointsOfEachTrialOnDisk) {
  ResultStore store = create({.keep_checkpoints = 2});
  std::vector<Change> changes = {trial_changed(0, TrialState::kRunning), trial_changed(1, TrialState::kRunning),
                                 checkpoint_saved(1, 1, "other")};
  for (int iteration = 1; iteration <= 4; ++iteration) changes.push_back(checkpoint_saved(0, iteration, "weights"));

  ASSERT_TRUE(store.apply(changes));

  EXPECT_FALSE(fs::exists(directory_ / "checkpoints/0/1-2.ckpt"));
  EXPECT_TRUE(fs::exists(directory_ / "checkpoints/0/1-3.ckpt"));
  EXPECT_TRUE(fs::exists(directory_ / "checkpoints/0/1-4.ckpt"));
  EXPECT_TRUE(fs::exists(directory_ / "checkpoints/1/1-1.ckpt"));
  EXPECT_EQ(Viewer(database()).value("SELECT group_concat(file) FROM checkpoints"), "1/1-1.ckpt,0/1-3.ckpt,0/1-4.ckpt");
}

TEST_F(ResultStoreTest, KeepsThoseOfTheBestReportsToo) {
  ResultStore store = create({.keep_checkpoints = 1, .keep_best = 2});
  const std::vector<double> accuracies{0.3, 0.9, std::numeric_limits<double>::quiet_NaN(), 0.5, 0.8, 0.1, 0.2};
  ASSERT_TRUE(store.apply(std::vector<Change>{trial_changed(0, TrialState::kRunning)}));

  for (std::size_t i = 0; i < accuracies.size(); ++i) {
    const auto iteration = static_cast<std::int64_t>(i) + 1;
    ASSERT_TRUE(store.apply(std::vector<Change>{reported(0, iteration, {{"loss", 0.0}, {"accuracy", accuracies[i]}}),
                                                checkpoint_saved(0, iteration, "weights")}));
  }

  EXPECT_EQ(Viewer(database()).value("SELECT group_concat(iteration) FROM checkpoints"), "2,5,7");
  EXPECT_FALSE(fs::exists(directory_ / "checkpoints/0/1-4.ckpt"));
  EXPECT_EQ(store.load().value().state.checkpoints.at(TrialId{0}).iteration, 7) << "a trial goes on from the newest";
}

// As where trials pause faster than a disk takes files: what nobody would ever read is not written.
TEST_F(ResultStoreTest, CheckpointsThatAreSupersededAtOnceCostNothing) {
  std::vector<std::string> warnings;
  ResultStore store =
      create({.keep_checkpoints = 1, .on_warning = [&](const std::string& warning) { warnings.push_back(warning); }});
  std::vector<Change> changes = {trial_changed(0, TrialState::kRunning)};
  for (int iteration = 1; iteration <= 9; ++iteration) changes.push_back(checkpoint_saved(0, iteration, "weights"));
  // Where it would be written, so that it would be seen if it were.
  fs::create_directories(directory_ / "checkpoints/0/1-3.ckpt.tmp");

  ASSERT_TRUE(store.apply(changes));

  EXPECT_TRUE(fs::exists(directory_ / "checkpoints/0/1-9.ckpt"));
  EXPECT_TRUE(warnings.empty()) << "that of iteration 3 could not have been written";
  EXPECT_EQ(store.load().value().state.checkpoints.at(TrialId{0}).iteration, 9);
}

TEST_F(ResultStoreTest, OneOfTheBestReportsIsNotSuperseded) {
  ResultStore store = create({.keep_checkpoints = 1, .keep_best = 1});
  std::vector<Change> changes = {trial_changed(0, TrialState::kRunning)};
  for (int iteration = 1; iteration <= 5; ++iteration) {
    changes.push_back(reported(0, iteration, {{"accuracy", iteration == 2 ? 0.9 : 0.1}}));
    changes.push_back(checkpoint_saved(0, iteration, "weights"));
  }

  ASSERT_TRUE(store.apply(changes));

  EXPECT_EQ(Viewer(database()).value("SELECT group_concat(iteration) FROM checkpoints"), "2,5");
  EXPECT_TRUE(fs::exists(directory_ / "checkpoints/0/1-2.ckpt"));
}

TEST_F(ResultStoreTest, ATrialThatTakesOverACheckpointKeepsItsOwnOfThatIteration) {
  ResultStore store = create();
  ASSERT_TRUE(store.apply(std::vector<Change>{trial_changed(0, TrialState::kRunning), checkpoint_saved(0, 5, "own")}));

  ASSERT_TRUE(store.apply(std::vector<Change>{checkpoint_saved(0, 5, "donor's")}));

  EXPECT_TRUE(fs::exists(directory_ / "checkpoints/0/1-5.ckpt"));
  EXPECT_EQ(text_of(store.load().value().state.checkpoints.at(TrialId{0})), "donor's");
}

TEST_F(ResultStoreTest, OpeningRemovesCheckpointFilesThatNoRowNames) {
  ASSERT_TRUE(create().close());
  fs::create_directory(directory_ / "checkpoints/0");
  std::ofstream(directory_ / "checkpoints/0/1-7.ckpt") << "its transaction never came";
  std::ofstream(directory_ / "checkpoints/0/1-8.ckpt.tmp") << "half";

  const ResultStore store = open();

  EXPECT_TRUE(fs::is_empty(directory_ / "checkpoints/0"));
}

TEST_F(ResultStoreTest, ACheckpointThatCannotBeWrittenIsAWarningAndTheRestIsKept) {
  std::vector<std::string> warnings;
  ResultStore store = create({.on_warning = [&](const std::string& warning) { warnings.push_back(warning); }});
  std::ofstream(directory_ / "checkpoints/0") << "a file where a folder must be";

  ASSERT_TRUE(store.apply(std::vector<Change>{trial_changed(0, TrialState::kRunning), checkpoint_saved(0, 5, "weights"),
                                              reported(0, 6, {{"accuracy", 0.5}})}));

  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0], HasSubstr("trial 0, attempt 1, iteration 5"));
  EXPECT_EQ(Viewer(database()).value("SELECT count(*) FROM checkpoints"), "0");
  EXPECT_EQ(Viewer(database()).value("SELECT count(*) FROM results"), "1");
}

}  // namespace
}  // namespace manta::testing::result_store_test
