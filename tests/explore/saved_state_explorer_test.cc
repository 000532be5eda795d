// SPDX-License-Identifier: Apache-2.0
// An actor whose state is saved dies anywhere and is started again: what a call has done and its answer are both there
// or neither.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/api/actor.h"
#include "core/api/actor_state.h"
#include "core/api/object_ref.h"
#include "tests/explore/explore_flags.h"
#include "tests/explore/world_scenario.h"

namespace manta::saved_state_explorer_test {
namespace {

class Account {
 public:
  int add(int amount) {
    total_ += amount;
    static_cast<void>(is_cancelled());  // Its middle, where others go on, and it may die.
    return total_;
  }
  // What was done before checkpoint() stays done.
  int add_in_two(int amount) {
    if (half_ == 0) {
      half_ = amount;
      static_cast<void>(checkpoint());
    }
    total_ += std::exchange(half_, 0);
    return total_;
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(total_, half_);
  }

 private:
  int total_ = 0;
  int half_ = 0;
};

struct SavedStateOptions {
  int deaths = 1;
  int retries = 0;
  int calls = 2;
  bool in_two = false;  ///< Calls that save in their middle.
};

class SavedStateStory : public ScriptedScenario {
 public:
  explicit SavedStateStory(SavedStateOptions options)
      : ScriptedScenario(Limits{.deaths = options.deaths}), options_(options) {
    add("makes it", [this] {
      account_ = actor<Account>.with({.max_restarts = options_.deaths,
                                      .max_task_retries = options_.retries,
                                      .checkpoint_every = 1})();
    });
    for (int i = 0; i < options_.calls; ++i)
      add("adds", [this] {
        refs_.push_back(options_.in_two ? account_.call<&Account::add_in_two>(1) : account_.call<&Account::add>(1));
        refs_.back().then([this] { ++answers_; });
      });
    add_when([this] { return answers_ == options_.calls; }, "has all answers", [this] { check_answers(); });
    add("stops it", [this] { account_ = {}; });
  }

  std::string fault() override {
    if (answers_ > options_.calls) return "a call was answered twice";
    return wrong_.empty() ? ScriptedScenario::fault() : wrong_;
  }
  std::string fault_at_end() override {
    if (std::string stuck = ScriptedScenario::fault_at_end(); !stuck.empty()) return stuck;
    for (const WorkerStatus& worker : world_.node().status().value().workers)
      if (worker.state == "actor") return "its process goes on";
    return "";
  }

 private:
  // Each answer counts those before it, and nothing of what failed; with retries, nothing fails.
  void check_answers() {
    int answered = 0;
    for (const ObjectRef<int>& ref : refs_) {
      const auto got = get(ref);
      if (got && *got != ++answered) {
        wrong_ = "answer " + std::to_string(answered) + " was " + std::to_string(*got);
      } else if (!got && (got.error().code != ErrorCode::kActorDied || deaths() == 0 || options_.retries >= deaths())) {
        wrong_ = "a call was lost: " + to_string(got.error());
      }
    }
  }

  const SavedStateOptions options_;
  Actor<Account> account_;
  std::vector<ObjectRef<int>> refs_;
  int answers_ = 0;
  std::string wrong_;
};

// Its state never counts, as if it had come with an answer that nobody has seen.
class LostState final : public SavedStateStory {
 public:
  LostState() : SavedStateStory({.deaths = 1, .retries = 1}) {
    world_.tamper_by([](MessageHeader& header) {
      if (header.type == MessageType::kCheckpoint) header.call += 1'000;
    });
  }
};

void explore_and_walk(const SavedStateOptions& options) {
  expect_no_fault(explore(scenario<SavedStateStory>(options), explore_flags().max_states));
  expect_no_fault(walk(scenario<SavedStateStory>(options), explore_flags().seed, explore_flags().walks));
}

TEST(SavedStateExplorerTest, ACallIsInTheStateIfItIsAnswered) { explore_and_walk({.deaths = 1}); }
TEST(SavedStateExplorerTest, ACallThatIsMadeAgainHasItsEffectsOnce) {
  explore_and_walk({.deaths = 1, .retries = 1});
  explore_and_walk({.deaths = 2, .retries = 2, .calls = 3});
}
TEST(SavedStateExplorerTest, WhatACallSavesInItsMiddleStays) {
  explore_and_walk({.deaths = 2, .retries = 2, .in_two = true});
}
TEST(SavedStateExplorerTest, WhatIsBrokenOnPurposeIsFound) {
  expect_fault(walk(scenario<LostState>(), explore_flags().seed, 10 * explore_flags().walks), "answer 2 was 1");
}

}  // namespace
}  // namespace manta::saved_state_explorer_test
