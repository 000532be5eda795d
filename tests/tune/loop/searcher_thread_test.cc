// SPDX-License-Identifier: Apache-2.0
#include "tune/loop/searcher_thread.h"

#include <atomic>
#include <future>
#include <memory>
#include <vector>

#include "tests/tune/loop/loop_fixture.h"

namespace manta::searcher_thread_test {
namespace {

using ::testing::ElementsAre;
using std::chrono::hours;

TEST(SearcherThreadTest, WorkIsDoneInOrder) {
  SearcherThread thread;
  std::vector<int> done;
  for (int number = 0; number < 5; ++number) thread.post([&done, number] { done.push_back(number); });

  ASSERT_TRUE(thread.drain(hours(1)));

  EXPECT_THAT(done, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_TRUE(thread.close(hours(1)));
  EXPECT_TRUE(thread.close(hours(1)));
}

TEST(SearcherThreadTest, NobodyWaitsForWorkThatHangsAndNoneComesBehindIt) {
  struct Meeting {
    std::promise<void> begun;
    std::promise<void> gate;
    std::promise<void> ended;
    std::atomic<bool> is_later_begun = false;
  };
  const auto meeting = std::make_shared<Meeting>();
  {
    SearcherThread thread;
    thread.post([meeting] {
      meeting->begun.set_value();
      meeting->gate.get_future().wait();
      meeting->ended.set_value();
    });
    thread.post([meeting] { meeting->is_later_begun = true; });
    meeting->begun.get_future().wait();

    EXPECT_FALSE(thread.drain(Duration{}));
    EXPECT_FALSE(thread.close(Duration{}));
  }
  meeting->gate.set_value();
  meeting->ended.get_future().wait();
  EXPECT_FALSE(meeting->is_later_begun);
}

class ThinkingThreadTest : public LoopFixture {
 protected:
  ThinkingThreadTest() {
    options_.concurrency = 2;
    options_.max_trials = 8;
  }

  Result<LoopEnd> run_beside_thread() {
    SearcherThread thread;
    simulated_ = std::make_unique<SimulatedExecutor>(step_, simulation_);
    TuneLoop loop(options_, {searcher_, scheduler_, *simulated_, sink_, observer_, &thread});
    if (stops_) observer_.report_hook = [&](const Report&, const Progress&) { loop.request_stop(); };
    const Result<LoopEnd> end = loop.run();
    let_through_.set_value();
    return end;
  }

  bool stops_ = false;
  std::promise<void> let_through_;
};

TEST_F(ThinkingThreadTest, TrialsComeToTheirEndBesideASearcherThatThinks) {
  const Result<LoopEnd> end = run_beside_thread();

  ASSERT_TRUE(end.has_value()) << to_string(end.error());
  EXPECT_EQ(*end, LoopEnd::kFinished);
  EXPECT_EQ(searcher_.asked.size(), 8u);
  EXPECT_EQ(searcher_.told.size(), 8u * 4);
  EXPECT_EQ(sink_.all<SuggestionAsked>().size(), 8u);
  expect_consistent(sink_.changes(), 2);
}

// The searcher goes on thinking until the run is over.
TEST_F(ThinkingThreadTest, AnInterruptedRunIsNotHeldUpByAThought) {
  stops_ = true;
  searcher_ = ScriptedSearcher([this](TrialId trial) -> Result<std::optional<Config>> {
    if (trial.number == 1) let_through_.get_future().wait();
    return std::optional<Config>(Config{{"index", trial.number}});
  });

  const Result<LoopEnd> end = run_beside_thread();

  ASSERT_TRUE(end.has_value()) << to_string(end.error());
  EXPECT_EQ(*end, LoopEnd::kInterrupted);
  EXPECT_GE(sink_.all<Reported>().size(), 1u);
  EXPECT_EQ(sink_.all<SnapshotsSaved>().size(), 0u) << "it was never at rest";
}

}  // namespace
}  // namespace manta::searcher_thread_test
