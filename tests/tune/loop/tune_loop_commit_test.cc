// SPDX-License-Identifier: Apache-2.0
// When what was recorded is to become durable, and on whose thread.
#include "tests/tune/loop/loop_fixture.h"

namespace manta::tune_loop_commit_test {
namespace {

class TuneLoopCommitTest : public LoopFixture {
 protected:
  // Nothing is durable but what the loop makes so by itself.
  TuneLoopCommitTest() {
    options_.wait_for_durable_reports = true;
    sink_.durable_limit = 0;
    sink_.on_commit = [this](FakeSink::Waiting waiting) {
      if (waiting == FakeSink::Waiting::kAll) sink_.durable_limit = sink_.changes().size();
      return TimePoint::max();
    };
  }
};

TEST_F(TuneLoopCommitTest, ALoopWhoseOnlyTrialWaitsForTheDiskWritesByItself) {
  options_.max_trials = 1;

  run_to_end();

  EXPECT_EQ(reports_of(0), "1.1 1.2 1.3");
  EXPECT_EQ(sink_.all<Reported>()[2].when - sink_.all<Reported>()[0].when, std::chrono::seconds(2));
  EXPECT_EQ(sink_.durable(), sink_.changes().size());
}

TEST_F(TuneLoopCommitTest, WhatLiesIsSeenToAgainInTime) {
  options_.max_trials = 1;
  constexpr TimePoint kUntil{std::chrono::milliseconds(3)};
  std::vector<TimePoint> asked;
  sink_.on_commit = [&](FakeSink::Waiting) {
    asked.push_back(executor_->clock().now());
    return asked.back() < kUntil ? kUntil : TimePoint::max();
  };
  sink_.durable_limit = std::numeric_limits<std::uint64_t>::max();

  run_to_end();

  EXPECT_THAT(asked, ::testing::Contains(kUntil));
}

TEST_F(TuneLoopCommitTest, ItDoesNotWhileAnotherTrialRuns) {
  options_.max_trials = options_.concurrency = 2;
  step_ = [](const Config&, TrialId trial, std::int64_t iteration) {
    return std::optional(stepped(static_cast<double>(iteration), trial.number == 0 ? 1 : 10));
  };

  run_to_end();

  std::string order;
  for (const Reported& reported : sink_.all<Reported>()) order += std::to_string(reported.report.trial.number);
  EXPECT_EQ(order, "010101");  // Trial 0 waits for the disk until trial 1 does, too.
}

}  // namespace
}  // namespace manta::tune_loop_commit_test
