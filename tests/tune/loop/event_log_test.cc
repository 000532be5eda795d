// SPDX-License-Identifier: Apache-2.0
#include "tune/loop/event_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/fake_sink.h"

namespace manta::event_log_test {
namespace {

using ::testing::ElementsAre;

EventHandled launched(std::int64_t trial) { return {.event = Event{{trial}, 1, Launched{}}, .iteration = 0}; }

Change note(const std::string& text) { return NoteAdded{.trial = std::nullopt, .text = text, .when = {}}; }

TEST(EventLogTest, AnEventAndWhatCameOfItAreOneGroup) {
  FakeSink sink;
  EventLog log(sink);
  log.record(note("at the beginning"));
  EXPECT_TRUE(sink.changes().empty());

  log.begin(launched(0));
  log.record(note("one"));
  log.record(note("two"));
  log.begin(launched(1));
  log.end_group();

  EXPECT_THAT(sink.groups, ElementsAre(2, 5, 6));
  ASSERT_EQ(sink.all<EventHandled>().size(), 3U);
  EXPECT_FALSE(sink.all<EventHandled>()[0].event);
  EXPECT_EQ(sink.all<EventHandled>()[2].event->trial, TrialId{1});
}

TEST(EventLogTest, NumbersAreThoseOfTheSink) {
  FakeSink sink;
  EventLog log(sink);

  EXPECT_EQ(log.record(note("one")), 2U);  // Behind the mark of the beginning.
  EXPECT_EQ(log.durable(), 0U);
  log.end_group();
  EXPECT_EQ(log.durable(), 2U);
  EXPECT_EQ(log.record(note("two")), 3U);
  log.end_group();
  EXPECT_EQ(log.durable(), 3U);
}

TEST(EventLogTest, WhatIsRepeatedIsNotRecordedAgain) {
  FakeSink sink;
  EventLog log(sink, {.events = {EventHandled{}, launched(0)}, .checkpoints = {}, .checkpoint_of_ended = {}});
  EXPECT_TRUE(log.is_repeating());
  EXPECT_EQ(log.record(note("at the beginning")), 0U);

  ASSERT_TRUE(log.next_recorded());
  EXPECT_EQ(log.record(note("came of the last event")), 0U);
  EXPECT_FALSE(log.next_recorded());
  EXPECT_FALSE(log.is_repeating());
  log.begin(launched(1));
  log.record(note("new"));
  log.end_group();

  ASSERT_EQ(sink.changes().size(), 2U);
  EXPECT_EQ(sink.all<NoteAdded>()[0].text, "new");
}

TEST(EventLogTest, ARecordedCheckpointHasTheBytesThatWereOnDisk) {
  FakeSink sink;
  const Checkpoint stored{4, 2.5, SharedArray<std::byte>(std::vector<std::byte>(3))};
  EventLog log(sink, {.events = {EventHandled{}}, .checkpoints = {{TrialId{0}, stored}}, .checkpoint_of_ended = {}});
  const Checkpoint first{3, 1, log.checkpoints().stand_in()};
  const Checkpoint second{4, 2.5, log.checkpoints().stand_in()};
  log.record(CheckpointSaved{{0}, 1, first, {}});
  log.record(CheckpointSaved{{0}, 1, second, {}});
  EXPECT_FALSE(log.next_recorded());

  log.record(CheckpointSaved{{1}, 1, second, {}});
  log.record(CheckpointSaved{{2}, 1, first, {}});
  log.end_group();

  const std::vector<CheckpointSaved> saved = sink.all<CheckpointSaved>();
  ASSERT_EQ(saved.size(), 1U) << "the second one's bytes are gone";
  EXPECT_EQ(saved[0].checkpoint.bytes.data(), stored.bytes.data());
}

}  // namespace
}  // namespace manta::event_log_test
