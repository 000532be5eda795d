// SPDX-License-Identifier: Apache-2.0
// An actor from its making to its end, in all orders: each call is answered once, and they run in their order.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/api/actor.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "tests/explore/explore_flags.h"
#include "tests/explore/world_scenario.h"

namespace manta::actor_explorer_test {
namespace {

// The calls that ran, by the actor's lives; its code runs on one thread at a time.
using Lives = std::vector<std::vector<int>>;
Lives* g_lives = nullptr;

class Recorder {
 public:
  Recorder() { g_lives->emplace_back(); }
  int record(int number) {
    g_lives->back().push_back(number);
    static_cast<void>(is_cancelled());  // Its middle, where others go on.
    return number;
  }
};

int same(int number) { return number; }

struct ActorStoryOptions {
  int deaths = 0;
  int restarts = 0;
  int retries = 0;
  bool is_killed = false;  ///< In the end, where it is stopped otherwise.
  bool is_short = false;   ///< Without calls that wait for their arguments.
};

class ActorStory : public ScriptedScenario {
 public:
  explicit ActorStory(ActorStoryOptions options)
      : ScriptedScenario(Limits{.deaths = options.deaths}), options_(options) {
    g_lives = &lives_;
    add("makes it", [this] {
      actor_ = actor<Recorder>.with({.max_restarts = options_.restarts, .max_task_retries = options_.retries})();
      death_ = actor_.monitor();
      call(actor_.call<&Recorder::record>(1));
    });
    if (!options_.is_short)
      add("calls it with what is pending", [this] {
        call(actor_.call<&Recorder::record>(remote<same>(2)));
        call(actor_.call<&Recorder::record>(3));
      });
    add(options_.is_killed ? "kills it" : "stops it", [this] { options_.is_killed ? actor_.kill() : actor_.stop(); });
    add_when([this] { return death_.is_ready(); }, "has its end",
             [this] {
               check_end(get(death_));
               call(actor_.call<&Recorder::record>(4));
             });
    add_when([this] { return answers_ == static_cast<int>(calls_.size()); }, "has all answers",
             [this] { check_answers(); });
  }

  std::string fault() override {
    if (answers_ > static_cast<int>(calls_.size())) return "a call was answered twice";
    std::vector<int> times(5);
    for (const std::vector<int>& life : lives_) {
      for (std::size_t i = 0; i < life.size(); ++i) {
        if (i > 0 && life[i] <= life[i - 1]) return "calls ran in another order than they were made in";
        if (++times[static_cast<std::size_t>(life[i])] > 1 + options_.retries) return "a call ran too often";
      }
    }
    if (lives_.size() > 1 + static_cast<std::size_t>(options_.restarts)) return "it was started too often";
    if (!wrong_.empty()) return wrong_;
    return options_.is_killed ? "" : ScriptedScenario::fault();
  }
  std::string fault_at_end() override {
    if (std::string stuck = ScriptedScenario::fault_at_end(); !stuck.empty()) return stuck;
    for (const WorkerStatus& worker : world_.node().status().value().workers)
      if (worker.state == "actor") return "its process goes on";
    return "";
  }

 private:
  void call(ObjectRef<int> ref) {
    calls_.push_back(std::move(ref));
    calls_.back().then([this] { ++answers_; });
  }
  void check_end(const Result<ActorDeath>& death) {
    if (!death) wrong_ = "the monitor failed: " + to_string(death.error());
    if (death && deaths() == 0 && !death->is_expected) wrong_ = "its end was not expected: " + death->cause;
  }
  void check_answers() {
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      const auto got = get(calls_[i]);
      const bool is_late = i + 1 == calls_.size();
      const int number = is_late ? 4 : static_cast<int>(i) + 1;
      const bool may_fail = deaths() > 0 || options_.is_killed || is_late;
      if (got ? *got != number || is_late : !may_fail)
        wrong_ = "call " + std::to_string(number) + " gave " + (got ? std::to_string(*got) : to_string(got.error()));
    }
    // One death costs nothing where there is a restart, and calls are made again.
    if (!options_.is_killed && options_.restarts >= deaths() && options_.retries >= deaths() && deaths() > 0)
      for (std::size_t i = 0; i + 1 < calls_.size(); i += 2)
        if (const auto got = get(calls_[i]); !got) wrong_ = "a call was lost: " + to_string(got.error());
  }

  const ActorStoryOptions options_;
  Lives lives_;
  Actor<Recorder> actor_;
  ObjectRef<ActorDeath> death_;
  std::vector<ObjectRef<int>> calls_;
  int answers_ = 0;
  std::string wrong_;
};

class SecretDeath final : public ActorStory {
 public:
  SecretDeath() : ActorStory({.deaths = 1}) { world_.launcher().keep_ends_secret(); }
};

// Answers with another call's number.
class WrongAnswer final : public ActorStory {
 public:
  WrongAnswer() : ActorStory({}) {
    world_.tamper_by([](MessageHeader& header) {
      if (header.type == MessageType::kResult) header.call += 1;
    });
  }
};

TEST(ActorExplorerTest, OneCallInAllOrders) {
  expect_no_fault_in_all_orders(scenario<ActorStory>(ActorStoryOptions{.is_short = true}));
  expect_no_fault_in_all_orders(scenario<ActorStory>(ActorStoryOptions{.is_killed = true, .is_short = true}));
}
TEST(ActorExplorerTest, OneCallWithADeathAnywhere) {
  const std::size_t states = explore_flags().max_states;
  const auto tell = [&](const ActorStoryOptions& options) {
    expect_no_fault(explore(scenario<ActorStory>(options), states));
  };
  tell({.deaths = 1, .is_short = true});
  tell({.deaths = 1, .is_killed = true, .is_short = true});
  tell({.deaths = 1, .restarts = 1, .is_short = true});
  tell({.deaths = 2, .restarts = 2, .retries = 1, .is_short = true});
}
TEST(ActorExplorerTest, AnActorIsStoppedInManyOrders) {
  expect_no_fault(explore(scenario<ActorStory>(ActorStoryOptions{}), explore_flags().max_states));
}
TEST(ActorExplorerTest, AnActorIsKilledInManyOrders) {
  expect_no_fault(explore(scenario<ActorStory>(ActorStoryOptions{.is_killed = true}), explore_flags().max_states));
}
TEST(ActorExplorerTest, AnActorDiesAnywhere) {
  const ActorStoryOptions options{.deaths = 1};
  expect_no_fault(explore(scenario<ActorStory>(options), explore_flags().max_states));
  expect_no_fault(walk(scenario<ActorStory>(options), explore_flags().seed, explore_flags().walks));
}
TEST(ActorExplorerTest, AnActorDiesAnywhereAndIsRestarted) {
  const ActorStoryOptions options{.deaths = 2, .restarts = 2};
  expect_no_fault(explore(scenario<ActorStory>(options), explore_flags().max_states));
  expect_no_fault(walk(scenario<ActorStory>(options), explore_flags().seed, explore_flags().walks));
}
TEST(ActorExplorerTest, AnActorDiesAnywhereAndItsCallsAreMadeAgain) {
  const ActorStoryOptions options{.deaths = 1, .restarts = 1, .retries = 1};
  expect_no_fault(explore(scenario<ActorStory>(options), explore_flags().max_states));
  expect_no_fault(walk(scenario<ActorStory>(options), explore_flags().seed, explore_flags().walks));
}
TEST(ActorExplorerTest, WhatIsBrokenOnPurposeIsFound) {
  expect_fault(walk(scenario<SecretDeath>(), explore_flags().seed, explore_flags().walks), "nobody can go on");
  expect_fault(explore(scenario<WrongAnswer>(), explore_flags().max_states), "");
}

}  // namespace
}  // namespace manta::actor_explorer_test
