// SPDX-License-Identifier: Apache-2.0
#include "tune/results/results_writer.h"

#include <gmock/gmock.h>

#include <future>
#include <memory>
#include <set>
#include <thread>

#include "tests/tune/results/results_fixture.h"

namespace manta::testing::results_writer_test {
namespace {

using ::testing::HasSubstr;
using Waiting = ResultsSink::Waiting;

class ResultsWriterTest : public ResultsFixture {
 protected:
  /// A store whose first transaction waits for release(): a viewer holds the database.
  ResultStore create_held() {
    ResultStore store = create({.busy_timeout = {}, .on_warning = [this](const std::string&) {
                                  waiting_.set_value();
                                  released_.get_future().wait();
                                  viewer_->rows("ROLLBACK");
                                }});
    viewer_ = std::make_unique<Viewer>(database());
    viewer_->rows("BEGIN EXCLUSIVE");
    return store;
  }
  void wait_until_held() { waiting_.get_future().wait(); }
  void release() { released_.set_value(); }

  std::promise<void> waiting_;
  std::promise<void> released_;
  std::unique_ptr<Viewer> viewer_;
};

TEST_F(ResultsWriterTest, ClosingWithoutChangesIsFine) {
  ResultsWriter writer(create());

  EXPECT_TRUE(writer.close());
  EXPECT_TRUE(writer.close());
  EXPECT_EQ(writer.durable(), 0u);
}

TEST_F(ResultsWriterTest, NumbersChangesFromOneAndMakesAllDurableOnClose) {
  ResultsWriter writer(create());

  EXPECT_EQ(writer.record(trial_changed(0, TrialState::kRunning)), 1u);
  EXPECT_EQ(writer.record(attempt_started(0)), 2u);
  for (int iteration = 1; iteration <= 1000; ++iteration) {
    EXPECT_EQ(writer.record(reported(0, iteration, {{"accuracy", 0.5}})), 2u + static_cast<unsigned>(iteration));
  }
  ASSERT_TRUE(writer.close());

  EXPECT_EQ(writer.durable(), 1002u);
  EXPECT_TRUE(writer.status());
  EXPECT_EQ(Viewer(database()).value("SELECT count(*) FROM results"), "1000");
}

TEST_F(ResultsWriterTest, WhatIsDurableIsSeenByOthersWhenOnDurableIsCalled) {
  std::promise<std::string> seen;
  ResultsWriter writer(create(), {.on_durable = [&] {
                         seen.set_value(Viewer(database(), SQLITE_OPEN_READONLY).value("SELECT count(*) FROM trials"));
                       }});

  writer.record(trial_changed(0, TrialState::kRunning));

  EXPECT_EQ(seen.get_future().get(), "1");
  EXPECT_EQ(writer.durable(), 1u);
}

TEST_F(ResultsWriterTest, OneTransactionTakesAllThatCameDuringTheOneBefore) {
  std::atomic<int> commits = 0;
  ResultsWriter writer(create_held(), {.on_durable = [&] { ++commits; }});
  writer.record(trial_changed(0, TrialState::kRunning));
  wait_until_held();
  for (int iteration = 1; iteration <= 500; ++iteration) writer.record(reported(0, iteration, {{"accuracy", 0.5}}));

  release();
  ASSERT_TRUE(writer.close());

  EXPECT_EQ(commits, 2);
  EXPECT_EQ(writer.durable(), 501u);
}

TEST_F(ResultsWriterTest, WhatIsRecordedTogetherIsSeenTogetherHoweverFullTheQueueIs) {
  std::set<std::string> seen;  // How many reports there were after each commit.
  ResultsWriter writer(
      create(), {.max_queued_changes = 4, .on_durable = [&] {
                   seen.insert(Viewer(database(), SQLITE_OPEN_READONLY).value("SELECT count(*) % 7 FROM results"));
                 }});
  EXPECT_EQ(writer.record(trial_changed(0, TrialState::kRunning)), 1u);
  for (int group = 0; group < 50; ++group) {
    std::vector<Change> changes;
    for (int i = 1; i <= 7; ++i) changes.push_back(reported(0, 7 * group + i, {{"accuracy", 0.5}}));
    EXPECT_EQ(writer.record_together(std::move(changes)), 8u + 7u * static_cast<unsigned>(group));
  }
  ASSERT_TRUE(writer.close());

  EXPECT_EQ(seen, std::set<std::string>{"0"});
}

TEST_F(ResultsWriterTest, WhoWaitsForWhatItRecordedMakesItDurableByItself) {
  int told = 0;
  ResultsWriter writer(create(), {.commits_when_told = true, .on_durable = [&] { ++told; }});
  writer.commit(Waiting::kAll);  // There is nothing.
  writer.record(trial_changed(0, TrialState::kRunning));
  writer.record(reported(0, 1, {{"accuracy", 0.5}}));
  EXPECT_EQ(writer.durable(), 0u);

  EXPECT_EQ(writer.commit(Waiting::kAll), TimePoint::max());

  EXPECT_EQ(writer.durable(), 2u);
  EXPECT_EQ(Viewer(database()).value("SELECT count(*) FROM results"), "1");
  EXPECT_TRUE(writer.close());
  EXPECT_EQ(told, 0);
}

TEST_F(ResultsWriterTest, WhatNotAllWaitForLiesForAMomentAndIsThenTheThreads) {
  for (const Waiting waiting : {Waiting::kNone, Waiting::kSome}) {
    std::promise<void> durable;
    directory_ += "'";
    ResultsWriter writer(create(), {.commits_when_told = true, .on_durable = [&] { durable.set_value(); }});
    writer.record(trial_changed(0, TrialState::kRunning));

    const TimePoint first = writer.commit(waiting);
    TimePoint next = first;
    while (next != TimePoint::max()) EXPECT_EQ(std::exchange(next, writer.commit(waiting)), first);

    EXPECT_NE(first, TimePoint::max());
    EXPECT_GE(SystemClock().now(), first);
    durable.get_future().wait();
    EXPECT_EQ(writer.durable(), 1u);
    EXPECT_TRUE(writer.close());
  }
}

TEST_F(ResultsWriterTest, CheckpointsAreLeftToTheThread) {
  std::promise<void> durable;
  ResultsWriter writer(create(), {.commits_when_told = true, .on_durable = [&] { durable.set_value(); }});
  writer.record(trial_changed(0, TrialState::kRunning));
  writer.record(checkpoint_saved(0, 1, "weights"));

  writer.commit(Waiting::kAll);

  durable.get_future().wait();
  EXPECT_EQ(writer.durable(), 2u);
}

TEST_F(ResultsWriterTest, ADatabaseThatSomebodyHoldsIsLeftToTheThread) {
  std::promise<void> durable;
  ResultsWriter writer(create_held(), {.commits_when_told = true, .on_durable = [&] { durable.set_value(); }});
  writer.record(trial_changed(0, TrialState::kRunning));

  writer.commit(Waiting::kAll);  // It does not wait for the viewer.

  wait_until_held();
  EXPECT_EQ(writer.durable(), 0u);
  release();
  durable.get_future().wait();
  EXPECT_EQ(writer.durable(), 1u);
}

TEST_F(ResultsWriterTest, WhatNobodyWaitsForBecomesDurableWhenThereIsNoRoomForMore) {
  ResultsWriter writer(create(), {.max_queued_changes = 2, .commits_when_told = true});

  for (int iteration = 1; iteration <= 10; ++iteration) writer.record(reported(0, iteration, {{"accuracy", 0.5}}));
  ASSERT_TRUE(writer.close());

  EXPECT_EQ(writer.durable(), 10u);
  EXPECT_EQ(Viewer(database()).value("SELECT count(*) FROM results"), "10");
}

TEST_F(ResultsWriterTest, WhoCommitsByItselfHearsOfAFailure) {
  ResultsWriter writer(create(), {.commits_when_told = true});
  Viewer(database()).rows("INSERT INTO epoch (pid, opened_us, seconds) VALUES (4711, 0, 0)");
  writer.record(trial_changed(0, TrialState::kRunning));

  writer.commit(Waiting::kAll);

  EXPECT_EQ(writer.durable(), 0u);
  ASSERT_FALSE(writer.status());
  EXPECT_THAT(writer.status().error().message, HasSubstr("4711"));
  EXPECT_FALSE(writer.close());
}

TEST_F(ResultsWriterTest, RecordBlocksWhileTheQueueIsFull) {
  std::atomic<bool> released = false;
  ResultsWriter writer(create_held(), {.max_queued_changes = 2});
  writer.record(trial_changed(0, TrialState::kRunning));
  wait_until_held();
  writer.record(reported(0, 1, {{"accuracy", 0.5}}));
  writer.record(reported(0, 2, {{"accuracy", 0.5}}));

  std::promise<bool> was_released;
  std::thread loop([&] {
    writer.record(reported(0, 3, {{"accuracy", 0.5}}));
    was_released.set_value(released);
  });
  released = true;
  release();
  loop.join();

  EXPECT_TRUE(was_released.get_future().get());
  ASSERT_TRUE(writer.close());
  EXPECT_EQ(writer.durable(), 4u);
}

TEST_F(ResultsWriterTest, RecordBlocksWhileManyCheckpointsWait) {
  std::atomic<bool> released = false;
  ResultsWriter writer(create_held(), {.max_queued_checkpoints = 2});
  writer.record(trial_changed(0, TrialState::kRunning));
  wait_until_held();
  writer.record(checkpoint_saved(0, 1, "weights"));
  writer.record(checkpoint_saved(0, 2, "weights"));
  writer.record(reported(0, 1, {{"accuracy", 0.5}}));  // All else finds room.

  std::promise<bool> was_released;
  std::thread loop([&] {
    writer.record(checkpoint_saved(0, 3, "weights"));
    was_released.set_value(released);
  });
  released = true;
  release();
  loop.join();

  EXPECT_TRUE(was_released.get_future().get());
  ASSERT_TRUE(writer.close());
  EXPECT_EQ(writer.durable(), 5u);
}

TEST_F(ResultsWriterTest, AChangeLargerThanTheQueueFindsRoomOnceItIsEmpty) {
  ResultsWriter writer(create(), {.max_queued_bytes = 10});

  writer.record(trial_changed(0, TrialState::kRunning));
  writer.record(checkpoint_saved(0, 1, std::string(1000, 'x')));
  writer.record(checkpoint_saved(0, 2, std::string(1000, 'y')));
  ASSERT_TRUE(writer.close());

  EXPECT_EQ(writer.durable(), 3u);
  EXPECT_TRUE(std::filesystem::exists(directory_ / "checkpoints/0/1-2.ckpt"));
}

TEST_F(ResultsWriterTest, AFailureIsForGoodAndKeepsWhatWasDurable) {
  std::promise<void> first;
  std::promise<void> second;
  std::atomic<int> calls = 0;
  ResultsWriter writer(create(), {.on_durable = [&] { (++calls == 1 ? first : second).set_value(); }});
  writer.record(trial_changed(0, TrialState::kRunning));
  first.get_future().wait();
  Viewer(database()).rows("INSERT INTO epoch (pid, opened_us, seconds) VALUES (4711, 0, 0)");

  writer.record(reported(0, 1, {{"accuracy", 0.5}}));
  second.get_future().wait();
  EXPECT_EQ(writer.record(reported(0, 2, {{"accuracy", 0.5}})), 3u);

  ASSERT_FALSE(writer.status().has_value());
  EXPECT_EQ(writer.status().error().code, ErrorCode::kStorage);
  EXPECT_EQ(writer.durable(), 1u);
  EXPECT_EQ(writer.close().error().code, ErrorCode::kStorage);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(Viewer(database()).value("SELECT count(*) FROM results"), "0");
}

TEST_F(ResultsWriterTest, AReaderSeesWholeTransactionsWhileItWrites) {
  constexpr int kReports = 20'000;
  ResultsWriter writer(create());
  std::atomic<bool> done = false;
  std::thread reader([&] {
    Viewer viewer(database(), SQLITE_OPEN_READONLY);
    int before = 0;
    for (bool last = false; !last;) {
      last = done;
      const Row counts = viewer.rows("SELECT (SELECT count(*) FROM results), (SELECT count(*) FROM metrics)").at(0);
      const int now = std::stoi(counts.at(0));
      EXPECT_GE(now, before);
      EXPECT_EQ(std::stoi(counts.at(1)), 2 * now);
      before = now;
    }
    EXPECT_EQ(before, kReports);
  });

  writer.record(trial_changed(0, TrialState::kRunning));
  for (int iteration = 1; iteration <= kReports; ++iteration) {
    writer.record(reported(0, iteration, {{"accuracy", 0.5}, {"loss", 1}}));
  }
  EXPECT_TRUE(writer.close());
  done = true;
  reader.join();
}

}  // namespace
}  // namespace manta::testing::results_writer_test
