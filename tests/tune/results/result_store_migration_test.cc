// SPDX-License-Identifier: Apache-2.0
// Databases of older versions: brought to this one, with a copy of what was there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tune/results/results_fixture.h"
#include "tune/results/experiment_view.h"
#include "tune/results/result_store.h"
#include "tune/results/schema.h"

namespace manta::result_store_migration_test {
namespace {

using namespace testing;

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class MigrationTest : public ResultsFixture {
 protected:
  /// An experiment with two trials, in tables as version 1 had them.
  void create_version_1() {
    ResultStore store = create();
    ASSERT_TRUE(store.apply(std::vector<Change>{
        trial_changed(0, TrialState::kRunning), attempt_started(0), reported(0, 1, {{"accuracy", 0.5}}),
        checkpoint_saved(0, 1, "weights"), trial_changed(1, TrialState::kRunning), attempt_started(1),
        attempt_ended(1, TrialState::kCompleted), trial_changed(1, TrialState::kCompleted)}));
    ASSERT_TRUE(store.close());
    Viewer(database())
        .rows(
            "DROP TABLE suggestions; DROP VIEW pareto_front; DROP TABLE objectives; DROP TABLE metric_constraints;"
            "ALTER TABLE attempts DROP COLUMN slots; DROP TABLE events; DROP TABLE notes;"
            "ALTER TABLE trials DROP COLUMN by_hand; ALTER TABLE trials DROP COLUMN retried;"
            "ALTER TABLE trial_changes DROP COLUMN retried; UPDATE experiment SET schema_version = 1;"
            "PRAGMA user_version = 1");
  }

  /// The same as version 2 had them.
  void create_version_2() {
    create_version_3();
    Viewer(database()).rows("DROP TABLE events; UPDATE experiment SET schema_version = 2; PRAGMA user_version = 2");
  }

  /// The same as version 3 had them.
  void create_version_3() {
    create_version_1();
    ASSERT_TRUE(open().close());
    std::filesystem::remove(directory_ / "experiment.db.v1");
    Viewer(database())
        .rows(
            "DROP TABLE suggestions; DROP VIEW pareto_front; DROP TABLE objectives; DROP TABLE metric_constraints;"
            "ALTER TABLE attempts DROP COLUMN slots; UPDATE experiment SET schema_version = 3;"
            "PRAGMA user_version = 3");
  }

  /// The same as version 4 had them.
  void create_version_4() {
    create_version_1();
    ASSERT_TRUE(open().close());
    std::filesystem::remove(directory_ / "experiment.db.v1");
    Viewer(database())
        .rows(
            "DROP TABLE suggestions; DROP VIEW pareto_front; DROP TABLE objectives; DROP TABLE metric_constraints;"
            "UPDATE experiment SET schema_version = 4; PRAGMA user_version = 4");
  }

  /// The same as version 5 had them.
  void create_version_5() {
    create_version_1();
    ASSERT_TRUE(open().close());
    std::filesystem::remove(directory_ / "experiment.db.v1");
    Viewer(database())
        .rows("DROP TABLE suggestions; UPDATE experiment SET schema_version = 5; PRAGMA user_version = 5");
  }

  std::string schema() {
    std::string text;
    for (const Row& row : Viewer(database()).rows("SELECT name FROM sqlite_master ORDER BY name")) {
      text += row[0] + "(";
      for (const Row& column : Viewer(database()).rows("SELECT name FROM pragma_table_info('" + row[0] + "')"))
        text += column[0] + " ";
      text += ")\n";
    }
    return text;
  }
};

TEST_F(MigrationTest, AnOlderDatabaseBecomesOneOfThisVersionAndIsKeptAsItWas) {
  create_version_1();
  std::vector<std::string> warnings;

  ResultStore store = open({.on_warning = [&](const std::string& text) { warnings.push_back(text); }});

  EXPECT_THAT(warnings, ElementsAre(HasSubstr("as it was it is kept in experiment.db.v1")));
  const StoredExperiment stored = store.load().value();
  ASSERT_EQ(stored.state.trials.size(), 2U);
  EXPECT_EQ(text_of(stored.state.checkpoints.at({0})), "weights");
  EXPECT_FALSE(stored.state.trials[0].by_hand);
  ASSERT_TRUE(store.apply(std::vector<Change>{NoteAdded{TrialId{0}, "hello", at_second(1)}}));
  ASSERT_TRUE(store.close());
  Viewer copy(directory_ / "experiment.db.v1");
  EXPECT_EQ(copy.value("PRAGMA user_version"), "1");
  EXPECT_EQ(copy.value("SELECT count(*) FROM trials"), "2");
  EXPECT_EQ(copy.value("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(Viewer(database()).value("SELECT schema_version FROM experiment"), std::to_string(kSchemaVersion));
}

TEST_F(MigrationTest, AMigratedDatabaseHasTheTablesOfANewOne) {
  create_version_1();
  ASSERT_TRUE(open().close());
  const std::string from_1 = schema();
  std::filesystem::remove_all(directory_);
  create_version_2();
  ASSERT_TRUE(open().close());
  const std::string from_2 = schema();
  std::filesystem::remove_all(directory_);
  create_version_3();
  ASSERT_TRUE(open().close());
  const std::string from_3 = schema();
  std::filesystem::remove_all(directory_);
  create_version_4();
  ASSERT_TRUE(open().close());
  const std::string from_4 = schema();
  std::filesystem::remove_all(directory_);
  create_version_5();
  ASSERT_TRUE(open().close());
  const std::string from_5 = schema();
  std::filesystem::remove_all(directory_);
  ASSERT_TRUE(create().close());

  EXPECT_EQ(from_1, schema());
  EXPECT_EQ(from_2, schema());
  EXPECT_EQ(from_3, schema());
  EXPECT_EQ(from_4, schema());
  EXPECT_EQ(from_5, schema());
}

TEST_F(MigrationTest, TheFrontOfAnOlderExperimentIsItsBestTrial) {
  create_version_4();
  ASSERT_TRUE(open().close());

  EXPECT_EQ(Viewer(database()).value("SELECT objectives FROM pareto_front"), R"({"accuracy":0.5})");
}

TEST_F(MigrationTest, ItIsDoneOnce) {
  create_version_1();
  ASSERT_TRUE(open().close());
  std::vector<std::string> warnings;

  ASSERT_TRUE(open({.on_warning = [&](const std::string& text) { warnings.push_back(text); }}).close());

  EXPECT_THAT(warnings, ElementsAre());
}

TEST_F(MigrationTest, WhoOnlyLooksChangesNothing) {
  create_version_1();

  ResultStore store = ResultStore::open_read_only(directory_).value();
  EXPECT_EQ(store.load().value().state.trials.size(), 2U);
  ExperimentView view = ExperimentView::open(directory_).value();
  EXPECT_EQ(view.trials().value().size(), 2U);
  EXPECT_TRUE(view.notes().value().empty());
  EXPECT_EQ(view.attempts().value()[0].slots, 1);

  EXPECT_EQ(Viewer(database()).value("PRAGMA user_version"), "1");
  EXPECT_FALSE(std::filesystem::exists(directory_ / "experiment.db.v1"));
}

TEST_F(MigrationTest, ACopyThatCannotBeMadeLeavesTheDatabaseAsItWas) {
  create_version_1();
  std::filesystem::create_directories(directory_ / "experiment.db.v1" / "in the way");

  const Result<ResultStore> store = ResultStore::open(directory_);

  ASSERT_FALSE(store.has_value());
  EXPECT_EQ(store.error().code, ErrorCode::kStorage);
  EXPECT_EQ(Viewer(database()).value("PRAGMA user_version"), "1");
}

TEST_F(MigrationTest, RemovingTheExperimentRemovesTheCopy) {
  create_version_1();
  ASSERT_TRUE(open().close());

  EXPECT_TRUE(remove_experiment(directory_).value().empty());

  EXPECT_FALSE(std::filesystem::exists(directory_));
}

}  // namespace
}  // namespace manta::result_store_migration_test
