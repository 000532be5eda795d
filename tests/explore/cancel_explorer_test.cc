// SPDX-License-Identifier: Apache-2.0
// A call that is cancelled at any moment of its life: who waits for it knows at once, what had not begun never does as
// long as it lies with the node, and the others are as if it had not been.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/api/actor.h"
#include "core/api/object_ref.h"
#include "core/api/promise.h"
#include "core/api/remote.h"
#include "tests/explore/explore_flags.h"
#include "tests/explore/world_scenario.h"

namespace manta::cancel_explorer_test {
namespace {

// What ran, in its order; its code runs on one thread at a time.
struct Diary {
  std::vector<int> begun;
  int saw_cancel = 0;  // Of the call that is cancelled.
};
Diary* g_diary = nullptr;

constexpr int kCancelled = 2;  // The number of the call that is.

int record(int number) {
  g_diary->begun.push_back(number);
  const bool is_told = is_cancelled();  // Its middle, where others go on.
  if (is_told) g_diary->saw_cancel = number;
  return number;
}

class Recorder {
 public:
  int record(int number) { return cancel_explorer_test::record(number); }
};

struct CancelOptionsOfStory {
  int deaths = 0;
  bool of_tasks = false;
  bool waits = false;  ///< What is cancelled waits for an argument that never comes.
};

class CancelStory : public ScriptedScenario {
 public:
  explicit CancelStory(CancelOptionsOfStory options)
      : ScriptedScenario(Limits{.deaths = options.deaths}, {.machine = {.cpus = 1, .gpus = {}}}), options_(options) {
    g_diary = &diary_;
    add("makes three calls", [this] {
      if (!options_.of_tasks) actor_ = actor<Recorder>();
      for (int number = 1; number <= 3; ++number) make(number);
    });
    add("cancels the second", [this] {
      was_ready_ = refs_[1].is_ready();
      cancel(refs_[1]);
      if (!refs_[1].is_ready()) wrong_ = "who has cancelled does not know";
      never_.set(0);
    });
    add("cancels it again", [this] { cancel(refs_[1]); });
    add_when([this] { return answers_ == 3; }, "has all", [this] { check_answers(); });
    if (!options_.of_tasks) add("lets go of the actor", [this] { actor_ = {}; });
  }

  std::string fault() override {
    if (answers_ > 3) return "a call was answered twice";
    if (diary_.saw_cancel != 0 && diary_.saw_cancel != kCancelled) return "another call was told";
    std::vector<int> times(4);
    for (std::size_t i = 0; i < diary_.begun.size(); ++i) {
      if (++times[static_cast<std::size_t>(diary_.begun[i])] > 1) return "a call ran twice";
      if (!options_.of_tasks && i > 0 && diary_.begun[i] < diary_.begun[i - 1]) return "calls changed places";
    }
    if (options_.waits && times[kCancelled] > 0) return "what was cancelled while it waited ran all the same";
    return wrong_.empty() ? ScriptedScenario::fault() : wrong_;
  }
  std::string fault_at_end() override {
    if (std::string stuck = ScriptedScenario::fault_at_end(); !stuck.empty()) return stuck;
    const RuntimeStatus status = world_.node().status().value();
    if (status.queued_tasks > 0) return "a task is left";
    for (const WorkerStatus& worker : status.workers)
      if (worker.state != "idle") return "a worker without anything to do is " + worker.state;
    return "";
  }

 private:
  void make(int number) {
    const bool waits = options_.waits && number == kCancelled;
    if (options_.of_tasks) {
      refs_.push_back(waits ? remote<record>(never_.ref()) : remote<record>(number));
    } else {
      refs_.push_back(waits ? actor_.call<&Recorder::record>(never_.ref()) : actor_.call<&Recorder::record>(number));
    }
    refs_.back().then([this] { ++answers_; });
  }
  void check_answers() {
    for (int number = 1; number <= 3; ++number) {
      const auto got = get(refs_[static_cast<std::size_t>(number - 1)]);
      const bool is_cancelled = number == kCancelled && !was_ready_;
      const bool may_have_died = deaths() > 0 && !is_cancelled;
      if (got ? *got != number || is_cancelled
              : !(is_cancelled && got.error().code == ErrorCode::kCancelled) && !may_have_died)
        wrong_ = "call " + std::to_string(number) + " gave " + (got ? std::to_string(*got) : to_string(got.error()));
    }
  }

  const CancelOptionsOfStory options_;
  Diary diary_;
  Promise<int> never_;
  Actor<Recorder> actor_;
  std::vector<ObjectRef<int>> refs_;
  bool was_ready_ = false;
  int answers_ = 0;
  std::string wrong_;
};

// Forgets which call it is that is cancelled.
class WrongCancel final : public CancelStory {
 public:
  WrongCancel() : CancelStory({}) {
    world_.tamper_by([](MessageHeader& header) {
      if (header.type == MessageType::kResult && header.call == 2) header.call = 3;
    });
  }
};

void explore_and_walk(const CancelOptionsOfStory& options) {
  expect_no_fault(explore(scenario<CancelStory>(options), explore_flags().max_states));
  expect_no_fault(walk(scenario<CancelStory>(options), explore_flags().seed, explore_flags().walks));
}

TEST(CancelExplorerTest, ACallOfAnActorIsCancelledAtAnyMoment) { explore_and_walk({}); }
TEST(CancelExplorerTest, ATaskIsCancelledAtAnyMoment) { explore_and_walk({.of_tasks = true}); }
TEST(CancelExplorerTest, SoIsWhatWaitsForAnArgument) {
  explore_and_walk({.waits = true});
  explore_and_walk({.of_tasks = true, .waits = true});
}
TEST(CancelExplorerTest, AWorkerMayDieMeanwhile) {
  explore_and_walk({.deaths = 1});
  explore_and_walk({.deaths = 1, .of_tasks = true});
}
TEST(CancelExplorerTest, WhatIsBrokenOnPurposeIsFound) {
  expect_fault(explore(scenario<WrongCancel>(), explore_flags().max_states), "");
}

}  // namespace
}  // namespace manta::cancel_explorer_test
