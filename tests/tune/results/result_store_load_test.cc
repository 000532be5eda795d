// SPDX-License-Identifier: Apache-2.0
// What a resumed run gets back.
#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "tests/tune/results/results_fixture.h"
#include "tune/results/result_store.h"

namespace manta::testing::result_store_load_test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

class ResultStoreLoadTest : public ResultsFixture {
 protected:
  /// Applies `changes` to a new experiment, closes it and loads it as a resumed run does.
  StoredExperiment load_after(const std::vector<Change>& changes) {
    ResultStore store = create();
    EXPECT_TRUE(store.apply(changes));
    EXPECT_TRUE(store.close());
    return open().load().value();
  }
};

TEST_F(ResultStoreLoadTest, AnExperimentWithoutTrialsIsItsSpec) {
  const StoredExperiment loaded = load_after({});

  EXPECT_EQ(loaded.spec.name, "digits");
  EXPECT_EQ(loaded.spec.json, R"({"space":{}})");
  EXPECT_EQ(loaded.spec.objective.metric, "accuracy");
  EXPECT_EQ(loaded.spec.objective.mode, Mode::kMax);
  EXPECT_EQ(loaded.spec.created, at_second(0));
  EXPECT_EQ(loaded.manta_version, MANTA_VERSION);
  EXPECT_TRUE(loaded.state.trials.empty());
  EXPECT_TRUE(loaded.changes.empty());
}

TEST_F(ResultStoreLoadTest, TheEventsOfADeterministicRunAreWhatWasHandled) {
  const auto handled = [](auto what, std::int64_t iteration, int attempt = 1) {
    return EventHandled{.event = Event{{0}, attempt, std::move(what)}, .iteration = iteration};
  };
  const Saved saved{SharedArray<std::byte>(std::vector<std::byte>(3))};
  const Stepped nan{.metrics = {{"accuracy", kNan}, {"loss", kInf}}, .seconds = 0.25, .finished = true};
  const std::vector<Change> changes{EventHandled{},
                                    trial_changed(0, TrialState::kRunning),
                                    attempt_started(0),
                                    handled(Launched{}, 0),
                                    handled(Stepped{.metrics = {{"accuracy", 0.5}}, .seconds = 1.5}, 1),
                                    reported(0, 1, {{"accuracy", 0.5}}),
                                    handled(saved, 1),
                                    handled(Saved{}, 1),
                                    handled(AttemptFailed{{ErrorCode::kActorDied, "it fell"}}, 1),
                                    handled(AttemptFailed{{ErrorCode::kTaskFailed, "no"}, true}, 1),
                                    handled(Relaunched{7}, 7),
                                    handled(nan, 2, 2),
                                    reported(0, 2, nan.metrics, 2),
                                    handled(Stepped{.metrics = {}, .seconds = 0, .finished = true}, 2, 2),
                                    handled(AttemptStopped{}, 2, 2)};

  const std::vector<EventHandled> events = load_after(changes).events;

  ASSERT_EQ(events.size(), 11U);
  EXPECT_FALSE(events[0].event);
  EXPECT_TRUE(std::holds_alternative<Launched>(events[1].event->what));
  const auto& stepped = std::get<Stepped>(events[2].event->what);
  EXPECT_EQ(stepped.metrics.find("accuracy"), 0.5);
  EXPECT_EQ(stepped.seconds, 1.5);
  EXPECT_FALSE(stepped.finished);
  EXPECT_EQ(events[2].iteration, 1);
  EXPECT_FALSE(std::get<Saved>(events[3].event->what).bytes.empty());
  EXPECT_TRUE(std::get<Saved>(events[4].event->what).bytes.empty());
  const auto& failed = std::get<AttemptFailed>(events[5].event->what);
  EXPECT_EQ(failed.error.code, ErrorCode::kActorDied);
  EXPECT_EQ(failed.error.message, "it fell");
  EXPECT_FALSE(failed.infeasible);
  EXPECT_TRUE(std::get<AttemptFailed>(events[6].event->what).infeasible);
  EXPECT_EQ(std::get<Relaunched>(events[7].event->what).from_iteration, 7);
  const auto& last = std::get<Stepped>(events[8].event->what);
  EXPECT_TRUE(std::isnan(last.metrics.find("accuracy").value()));
  EXPECT_EQ(last.metrics.find("loss"), kInf);
  EXPECT_TRUE(last.finished);
  EXPECT_EQ(events[8].event->attempt, 2);
  EXPECT_TRUE(std::get<Stepped>(events[9].event->what).metrics.empty());
  EXPECT_TRUE(std::get<Stepped>(events[9].event->what).finished);
  EXPECT_TRUE(std::holds_alternative<AttemptStopped>(events[10].event->what));
}

TEST_F(ResultStoreLoadTest, TrialsHaveTheStandingOfTheirLastReport) {
  const StoredExperiment loaded =
      load_after({trial_changed(0, TrialState::kRunning), attempt_started(0), reported(0, 1, {{"accuracy", 0.9}}),
                  reported(0, 2, {{"accuracy", 0.8}}), trial_changed(1, TrialState::kRunning), attempt_started(1)});

  ASSERT_EQ(loaded.state.trials.size(), 2u);
  const TrialStatus& first = loaded.state.trials[0];
  EXPECT_EQ(first.id, TrialId{0});
  EXPECT_EQ(first.config, (Config{{"lr", 0.5}, {"units", std::int64_t{16}}}));
  EXPECT_EQ(first.attempt, 1);
  EXPECT_EQ(first.iteration, 2);
  EXPECT_EQ(first.seconds, 1.0);
  EXPECT_EQ(first.value, 0.8);
  EXPECT_EQ(first.best_value, 0.9);
  EXPECT_EQ(loaded.state.trials[1].value, std::nullopt);
}

TEST_F(ResultStoreLoadTest, TheSmallerValueIsBestWhenTheModeIsMin) {
  spec_.objective.mode = Mode::kMin;

  const StoredExperiment loaded =
      load_after({trial_changed(0, TrialState::kRunning), reported(0, 1, {{"accuracy", 0.3}}),
                  reported(0, 2, {{"accuracy", 0.8}}), reported(0, 3, {{"accuracy", -kInf}})});

  EXPECT_EQ(loaded.state.trials[0].best_value, 0.3);
}

TEST_F(ResultStoreLoadTest, WhatHadNotEndedIsPendingAndWhatHadStaysEnded) {
  std::vector<Change> changes;
  const std::vector<TrialState> states = {TrialState::kRunning,   TrialState::kPaused,  TrialState::kInterrupted,
                                          TrialState::kCompleted, TrialState::kStopped, TrialState::kFailed,
                                          TrialState::kInfeasible};
  for (std::size_t trial = 0; trial < states.size(); ++trial) {
    changes.push_back(trial_changed(static_cast<std::int64_t>(trial), states[trial]));
  }

  const StoredExperiment loaded = load_after(changes);

  for (std::size_t trial = 0; trial < 3; ++trial) EXPECT_EQ(loaded.state.trials[trial].state, TrialState::kPending);
  for (std::size_t trial = 3; trial < states.size(); ++trial)
    EXPECT_EQ(loaded.state.trials[trial].state, states[trial]);
}

TEST_F(ResultStoreLoadTest, AttemptsThatNobodyEndedWereInterruptedAndCountAsNoFailure) {
  const StoredExperiment loaded =
      load_after({trial_changed(0, TrialState::kRunning), attempt_started(0, 1),
                  attempt_ended(0, TrialState::kFailed, "actor_died: signal 9", 1), attempt_started(0, 2)});

  EXPECT_EQ(loaded.state.failures.at(TrialId{0}), 1);
  EXPECT_EQ(Viewer(database()).rows("SELECT attempt, state, cause FROM attempts"),
            (std::vector<Row>{{"1", "failed", "actor_died: signal 9"}, {"2", "interrupted", "its driver ended"}}));
  EXPECT_EQ(Viewer(database()).value("SELECT state FROM trials"), "interrupted");
}

TEST_F(ResultStoreLoadTest, ATrialGoesOnFromItsNewestCheckpoint) {
  const StoredExperiment loaded =
      load_after({trial_changed(0, TrialState::kRunning), checkpoint_saved(0, 10, "ten"),
                  checkpoint_saved(0, 20, "twenty"), trial_changed(1, TrialState::kCompleted),
                  checkpoint_saved(1, 20, "of a trial that has ended"), trial_changed(2, TrialState::kRunning)});

  ASSERT_EQ(loaded.state.checkpoints.size(), 1u);
  const Checkpoint& checkpoint = loaded.state.checkpoints.at(TrialId{0});
  EXPECT_EQ(text_of(checkpoint), "twenty");
  EXPECT_EQ(checkpoint.iteration, 20);
  EXPECT_EQ(checkpoint.seconds, 10.0);
  EXPECT_TRUE(loaded.warnings.empty());
}

TEST_F(ResultStoreLoadTest, ATruncatedCheckpointFallsBackToTheOneBefore) {
  ResultStore store = create();
  ASSERT_TRUE(store.apply(std::vector<Change>{trial_changed(0, TrialState::kRunning), checkpoint_saved(0, 10, "ten"),
                                              checkpoint_saved(0, 20, "twenty")}));
  fs::resize_file(directory_ / "checkpoints/0/1-20.ckpt", 66);

  const StoredExperiment loaded = store.load().value();

  EXPECT_EQ(text_of(loaded.state.checkpoints.at(TrialId{0})), "ten");
  ASSERT_EQ(loaded.warnings.size(), 1u);
  EXPECT_THAT(loaded.warnings[0], HasSubstr("0/1-20.ckpt"));
}

TEST_F(ResultStoreLoadTest, ATrialWhoseCheckpointsAreAllLostStartsAgainWithAWarning) {
  ResultStore store = create();
  ASSERT_TRUE(store.apply(std::vector<Change>{trial_changed(0, TrialState::kRunning), checkpoint_saved(0, 10, "ten"),
                                              checkpoint_saved(0, 20, "twenty"), trial_changed(1, TrialState::kRunning),
                                              checkpoint_saved(1, 5, "five")}));
  fs::remove_all(directory_ / "checkpoints/0");

  const StoredExperiment loaded = store.load().value();

  EXPECT_FALSE(loaded.state.checkpoints.contains(TrialId{0}));
  EXPECT_TRUE(loaded.state.checkpoints.contains(TrialId{1}));
  ASSERT_EQ(loaded.warnings.size(), 3u);
  EXPECT_THAT(loaded.warnings[2], HasSubstr("trial 0 has no readable checkpoint left"));
}

TEST_F(ResultStoreLoadTest, WithoutSnapshotsAllChangesComeBackInTheirOrder) {
  const StoredExperiment loaded = load_after(
      {trial_changed(0, TrialState::kRunning), attempt_started(0), trial_changed(1, TrialState::kRunning),
       reported(1, 1, {{"accuracy", kNan}, {"loss", 2}}), reported(0, 1, {{"accuracy", 0.1}, {"loss", kInf}}),
       trial_changed(1, TrialState::kStopped), reported(0, 2, {})});

  ASSERT_EQ(loaded.changes.size(), 6u);
  EXPECT_EQ(std::get<TrialChanged>(loaded.changes[0]).trial.id, TrialId{0});
  EXPECT_EQ(std::get<TrialChanged>(loaded.changes[0]).trial.state, TrialState::kRunning);
  EXPECT_EQ(std::get<TrialChanged>(loaded.changes[0]).trial.attempt, 1);
  EXPECT_EQ(std::get<TrialChanged>(loaded.changes[1]).trial.id, TrialId{1});
  const Report& of_nan = std::get<Reported>(loaded.changes[2]).report;
  EXPECT_EQ(of_nan.trial, TrialId{1});
  EXPECT_TRUE(std::isnan(of_nan.metrics.find("accuracy").value()));
  EXPECT_EQ(of_nan.metrics.find("loss"), 2.0);
  const auto& of_inf = std::get<Reported>(loaded.changes[3]);
  EXPECT_EQ(of_inf.report.metrics.find("loss"), kInf);
  EXPECT_EQ(of_inf.report.seconds, 0.5);
  EXPECT_EQ(of_inf.when, at_second(1));
  EXPECT_EQ(std::get<TrialChanged>(loaded.changes[4]).trial.state, TrialState::kStopped);
  EXPECT_TRUE(std::get<Reported>(loaded.changes[5]).report.metrics.empty());
}

TEST_F(ResultStoreLoadTest, AfterSnapshotsOnlyLaterChangesComeBack) {
  const StoredExperiment loaded =
      load_after({trial_changed(0, TrialState::kRunning), reported(0, 1, {{"accuracy", 0.1}}),
                  SnapshotsSaved{{"[\"old\"]"}, {"[\"old\"]"}}, reported(0, 2, {{"accuracy", 0.2}}),
                  SnapshotsSaved{{"[\"random\"]"}, {"[\"asha\"]"}}, reported(0, 3, {{"accuracy", 0.3}}),
                  trial_changed(0, TrialState::kCompleted)});

  ASSERT_EQ(loaded.changes.size(), 4u);
  EXPECT_EQ(std::get<TrialChanged>(loaded.changes[0]).trial.state, TrialState::kRunning) << "what it was then";
  EXPECT_EQ(std::get<SnapshotsSaved>(loaded.changes[1]).searcher.json, "[\"random\"]");
  EXPECT_EQ(std::get<SnapshotsSaved>(loaded.changes[1]).scheduler.json, "[\"asha\"]");
  EXPECT_EQ(std::get<Reported>(loaded.changes[2]).report.iteration, 3);
  EXPECT_EQ(std::get<TrialChanged>(loaded.changes[3]).trial.state, TrialState::kCompleted);
}

TEST_F(ResultStoreLoadTest, SnapshotsLeaveTheNewestChangeOfEachTrialThatHasNotEnded) {
  const StoredExperiment loaded =
      load_after({trial_changed(0, TrialState::kRunning), trial_changed(1, TrialState::kRunning),
                  trial_changed(0, TrialState::kPaused), trial_changed(1, TrialState::kStopped),
                  SnapshotsSaved{{"[]"}, {"[]"}}, SnapshotsSaved{{"[]"}, {"[]"}}});

  ASSERT_EQ(loaded.changes.size(), 2u);
  EXPECT_EQ(std::get<TrialChanged>(loaded.changes[0]).trial.id, TrialId{0});
  EXPECT_EQ(std::get<TrialChanged>(loaded.changes[0]).trial.state, TrialState::kPaused);
  EXPECT_TRUE(std::holds_alternative<SnapshotsSaved>(loaded.changes[1]));
}

TEST_F(ResultStoreLoadTest, WhatTheSearcherWasAskedForComesBackInItsPlace) {
  const StoredExperiment loaded = load_after(
      {SuggestionAsked{{0}}, trial_changed(0, TrialState::kRunning), SuggestionAsked{{1}},
       SnapshotsSaved{{"[]"}, {"[]"}, {{TrialId{1}, Config{{"lr", 0.5}}}}}, reported(0, 1, {{"accuracy", 0.1}}),
       SuggestionAsked{{2}}, reported(0, 2, {{"accuracy", 0.2}})});

  ASSERT_EQ(loaded.changes.size(), 5u);
  const auto& snapshots = std::get<SnapshotsSaved>(loaded.changes[1]);
  ASSERT_EQ(snapshots.ahead.size(), 1u);
  EXPECT_EQ(snapshots.ahead[0].trial, TrialId{1});
  EXPECT_EQ(snapshots.ahead[0].config, (Config{{"lr", 0.5}}));
  EXPECT_TRUE(std::holds_alternative<Reported>(loaded.changes[2]));
  EXPECT_EQ(std::get<SuggestionAsked>(loaded.changes[3]).trial, TrialId{2});
  EXPECT_TRUE(std::holds_alternative<Reported>(loaded.changes[4]));
}

TEST_F(ResultStoreLoadTest, TheOrderOfChangesGoesOnInTheNextRun) {
  load_after({trial_changed(0, TrialState::kRunning), SnapshotsSaved{{"[]"}, {"[]"}}});
  {
    ResultStore store = open();
    ASSERT_TRUE(store.apply(std::vector<Change>{reported(0, 1, {{"accuracy", 0.1}})}));
    ASSERT_TRUE(store.apply(std::vector<Change>{trial_changed(0, TrialState::kCompleted)}));
  }

  const StoredExperiment loaded = open().load().value();

  ASSERT_EQ(loaded.changes.size(), 4u);
  EXPECT_TRUE(std::holds_alternative<SnapshotsSaved>(loaded.changes[1]));
  EXPECT_TRUE(std::holds_alternative<Reported>(loaded.changes[2]));
  EXPECT_TRUE(std::holds_alternative<TrialChanged>(loaded.changes[3]));
}

TEST_F(ResultStoreLoadTest, NumbersComeBackToTheLastBit) {
  const double value = 0.1 + 0.2;

  const StoredExperiment loaded =
      load_after({trial_changed(0, TrialState::kRunning), reported(0, 1, {{"accuracy", value}, {"tiny", 4.9e-324}})});

  EXPECT_EQ(std::get<Reported>(loaded.changes[1]).report.metrics.find("accuracy"), value);
  EXPECT_EQ(std::get<Reported>(loaded.changes[1]).report.metrics.find("tiny"), 4.9e-324);
}

TEST_F(ResultStoreLoadTest, ElapsedSecondsAddUpOverRuns) {
  ASSERT_TRUE(create().close());
  Viewer(database()).rows("UPDATE epoch SET seconds = 2.5");
  Viewer(database()).rows("INSERT INTO epoch (pid, opened_us, seconds) VALUES (1, 0, 4)");

  EXPECT_EQ(ResultStore::open_read_only(directory_).value().load().value().elapsed_seconds, 6.5);
}

TEST_F(ResultStoreLoadTest, AStateThatNobodyKnowsIsNamed) {
  ResultStore store = create();
  ASSERT_TRUE(store.apply(std::vector<Change>{trial_changed(0, TrialState::kRunning)}));
  Viewer(database()).rows("UPDATE trials SET state = 'resting'");

  const auto loaded = store.load();

  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().code, ErrorCode::kStorage);
  EXPECT_THAT(loaded.error().message, HasSubstr("resting"));
}

TEST_F(ResultStoreLoadTest, AMissingTrialIsNamed) {
  ResultStore store = create();
  ASSERT_TRUE(
      store.apply(std::vector<Change>{trial_changed(0, TrialState::kRunning), trial_changed(1, TrialState::kRunning)}));
  Viewer(database()).rows("DELETE FROM trials WHERE trial = 0");

  EXPECT_THAT(store.load().error().message, HasSubstr("there is no trial 0"));
}

TEST_F(ResultStoreLoadTest, AConfigurationThatDoesNotReadIsNamed) {
  ResultStore store = create();
  ASSERT_TRUE(store.apply(std::vector<Change>{trial_changed(0, TrialState::kRunning)}));
  Viewer(database()).rows("UPDATE trials SET config = '{'");

  EXPECT_THAT(store.load().error().message, HasSubstr("config of trial 0"));
}

}  // namespace
}  // namespace manta::testing::result_store_load_test
