// SPDX-License-Identifier: Apache-2.0
// Tasks, and the CPUs that they run on, in all orders: no more of them than there are, and each task ends once.
#include <gtest/gtest.h>

#include <map>
#include <new>
#include <string>
#include <vector>

#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "tests/explore/explore_flags.h"
#include "tests/explore/world_scenario.h"

namespace manta::placement_explorer_test {
namespace {

// What the tasks of a story have done; its code runs on one thread at a time.
struct Diary {
  std::map<int, int> begun;  // How often, by number.
  double cpus = 0;           // That run now, without those that have lent theirs once.
  double cpus_most = 0;
};
Diary* g_diary = nullptr;

class Running {
 public:
  Running(int number, double cpus) : cpus_(cpus) {
    ++g_diary->begun[number];
    g_diary->cpus += cpus_;
    g_diary->cpus_most = std::max(g_diary->cpus_most, g_diary->cpus);
  }
  ~Running() { lend(); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  // For good: who comes back from waiting may find them taken.
  void lend() { g_diary->cpus -= std::exchange(cpus_, 0); }

 private:
  double cpus_;
};

// Stops in its middle, for others to go on.
int work(int number) {
  const Running running(number, 1);
  static_cast<void>(is_cancelled());
  return number;
}
int work_on_two(int number) {
  const Running running(number, 2);
  static_cast<void>(is_cancelled());
  return number;
}
int work_with_child(int number) {
  Running running(number, 1);
  const auto child = remote<work>(number + 100);
  running.lend();
  return get(child) ? number : 0;
}

struct PlacementOptions {
  double cpus = 1;
  int deaths = 0;
  int retries = 0;
};

class PlacementScenario : public ScriptedScenario {
 public:
  explicit PlacementScenario(PlacementOptions options)
      : ScriptedScenario(Limits{.deaths = options.deaths}, {.machine = {.cpus = options.cpus, .gpus = {}}}),
        options_(options) {
    g_diary = &diary_;
    static_cast<void>(get(remote<work>(0)));  // It is short: others like it are sent ahead.
    world_.settle();
    diary_ = {};
  }

  std::string fault() override {
    if (diary_.cpus_most > options_.cpus) return "tasks run on more CPUs than there are";
    for (const auto& [number, times] : diary_.begun)
      if (times > 1 + (deaths() > 0 ? options_.retries : 0))
        return "task " + std::to_string(number) + " ran " + std::to_string(times) + " times";
    return wrong_.empty() ? ScriptedScenario::fault() : wrong_;
  }
  std::string fault_at_end() override {
    if (std::string stuck = ScriptedScenario::fault_at_end(); !stuck.empty()) return stuck;
    const RuntimeStatus status = world_.node().status().value();
    if (status.queued_tasks > 0) return "a task is left";
    for (const WorkerStatus& worker : status.workers)
      if (worker.state != "idle") return "a worker without a task is " + worker.state;
    return "";
  }

 protected:
  void submit(ObjectRef<int> task, int number) { tasks_.push_back({std::move(task), number}); }
  TaskOptions with(double cpus) const { return {.cpus = cpus, .max_retries = options_.retries}; }
  void add_end() {
    const auto are_ready = [this] {
      for (const auto& [task, number] : tasks_)
        if (!task.is_ready()) return false;
      return true;
    };
    add_when(are_ready, "gets all", [this] {
      for (const auto& [task, number] : tasks_) check(get(task), number);
      tasks_.clear();
    });
    // All of the machine is free again.
    add("asks for the whole machine", [this] { last_ = remote<work>.with(with(options_.cpus))(99); });
    add_when([this] { return last_.is_ready(); }, "gets it", [this] { check(get(last_), 99); });
  }

 private:
  void check(const Result<int>& got, int number) {
    if (got ? *got == number : deaths() > options_.retries) return;
    if (got && deaths() > 0 && *got == 0) return;  // Its child died.
    wrong_ = "task " + std::to_string(number) + " gave " + (got ? std::to_string(*got) : to_string(got.error()));
  }

  const PlacementOptions options_;
  Diary diary_;
  std::vector<std::pair<ObjectRef<int>, int>> tasks_;
  ObjectRef<int> last_;
  std::string wrong_;
};

// One that waits for its child, with others behind it on the same worker.
class Waiting : public PlacementScenario {
 public:
  explicit Waiting(PlacementOptions options) : PlacementScenario(options) {
    add("submits", [this] {
      submit(remote<work_with_child>.with(with(1))(1), 1);
      submit(remote<work>.with(with(1))(2), 2);
    });
    add("submits another", [this] { submit(remote<work>.with(with(1))(3), 3); });
    add_end();
  }
};

// The same with fewer, to go through all orders.
class WaitingAlone final : public PlacementScenario {
 public:
  explicit WaitingAlone(PlacementOptions options) : PlacementScenario(options) {
    add("submits", [this] { submit(remote<work_with_child>.with(with(1))(1), 1); });
    add_end();
  }
};

// A large one between small ones.
class Mixed final : public PlacementScenario {
 public:
  explicit Mixed(PlacementOptions options) : PlacementScenario(options) {
    add("submits", [this] {
      submit(remote<work>.with(with(1))(1), 1);
      submit(remote<work_on_two>.with(with(2))(2), 2);
      submit(remote<work>.with(with(1))(3), 3);
    });
    add_end();
  }
};

class UnheardWaiting final : public Waiting {
 public:
  UnheardWaiting() : Waiting({.cpus = 1}) {
    world_.tamper_by([](MessageHeader& header) {
      if (header.type == MessageType::kBlocked) header.type = MessageType::kUnblocked;
    });
  }
};

class ForgottenClaims final : public Waiting {
 public:
  ForgottenClaims() : Waiting({.cpus = 1, .deaths = 1}) {
    world_.disturb_by([](InProcessWorker& worker) { new (&worker.claims()) TaskClaims; });
  }
};

TEST(PlacementExplorerTest, TasksThatWaitInAllOrders) {
  expect_no_fault_in_all_orders(scenario<WaitingAlone>(PlacementOptions{.cpus = 1}));
  expect_no_fault(explore(scenario<Waiting>(PlacementOptions{.cpus = 1}), explore_flags().max_states));
  expect_no_fault(walk(scenario<Waiting>(PlacementOptions{.cpus = 2}), explore_flags().seed, explore_flags().walks));
}
TEST(PlacementExplorerTest, TasksThatWaitWithADeathAnywhere) {
  const PlacementOptions options{.cpus = 1, .deaths = 1, .retries = 1};
  expect_no_fault(explore(scenario<WaitingAlone>(options), explore_flags().max_states));
  expect_no_fault(explore(scenario<Waiting>(options), explore_flags().max_states));
  expect_no_fault(walk(scenario<Waiting>(options), explore_flags().seed, explore_flags().walks));
}
TEST(PlacementExplorerTest, LargeAndSmallTasksInAllOrders) {
  expect_no_fault_in_all_orders(scenario<Mixed>(PlacementOptions{.cpus = 2}));
}
TEST(PlacementExplorerTest, LargeAndSmallTasksWithADeathAnywhere) {
  const PlacementOptions options{.cpus = 2, .deaths = 1, .retries = 1};
  expect_no_fault(explore(scenario<Mixed>(options), explore_flags().max_states));
  expect_no_fault(walk(scenario<Mixed>(options), explore_flags().seed, explore_flags().walks));
}
TEST(PlacementExplorerTest, WhatIsBrokenOnPurposeIsFound) {
  expect_fault(explore(scenario<UnheardWaiting>(), explore_flags().max_states), "nobody can go on");
  expect_fault(walk(scenario<ForgottenClaims>(), explore_flags().seed, explore_flags().walks), "ran 2 times");
}

}  // namespace
}  // namespace manta::placement_explorer_test
