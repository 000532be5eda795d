// SPDX-License-Identifier: Apache-2.0
// References between a driver and two workers, in all orders: nothing is freed too early, or twice, or never.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "core/api/actor.h"
#include "core/api/object_ref.h"
#include "tests/explore/explore_flags.h"
#include "tests/explore/world_scenario.h"

namespace manta::reference_explorer_test {
namespace {

using Values = std::vector<int>;
constexpr int kCount = 3000;  // Too many for a message: they lie in the store.

Values values_of(int number) { return Values(kCount, number); }
// -1: they are not what values_of() made: the store has given the place to others.
int number_of(const Values& values) {
  const bool is_whole = values.size() == kCount && std::count(values.begin(), values.end(), values[0]) == kCount;
  return is_whole ? values[0] : -1;
}

class Holder {
 public:
  void keep(ObjectRef<Values> ref) { ref_ = std::move(ref); }
  void make(int number) { ref_ = put(values_of(number)); }
  void pass_to(const Actor<Holder>& other) {
    if (ref_.state()) other.call<&Holder::keep>(ref_);
  }
  ObjectRef<Values> give() { return ref_; }
  void drop() { ref_ = {}; }
  // 0: it has none.
  Result<int> number() {
    if (!ref_.state()) return 0;
    MANTA_ASSIGN_OR_RETURN(const Values values, get(ref_));
    return number_of(values);
  }

 private:
  ObjectRef<Values> ref_;
};

// The driver, two holders, and what all of it must come to.
class ReferenceScenario : public ScriptedScenario {
 public:
  explicit ReferenceScenario(int deaths) : ScriptedScenario(Limits{.deaths = deaths}) {
    a_ = actor<Holder>();
    b_ = actor<Holder>();
    world_.settle();
  }

  std::string fault() override { return wrong_.empty() ? ScriptedScenario::fault() : wrong_; }
  std::string fault_at_end() override {
    if (std::string stuck = ScriptedScenario::fault_at_end(); !stuck.empty()) return stuck;
    if (!world_.living().empty()) return "an actor without handles goes on";
    for (const std::weak_ptr<ObjectState>& object : objects_)
      if (!object.expired()) return "an object is left that nobody refers to";
    if (world_.arena().used() > 0) return std::to_string(world_.arena().used()) + " bytes of the store are left";
    const RuntimeStatus status = world_.node().status().value();
    return status.actors.empty() && status.workers.empty() ? "" : "the node has kept what has ended";
  }

 protected:
  void watch(const ObjectRef<Values>& ref) { objects_.push_back(ref.state()); }
  void expect_number(const Result<int>& got, int number) {
    const bool is_good = got ? *got == number || *got == 0 : deaths() > 0;
    if (!is_good) wrong_ = "a holder read " + (got ? std::to_string(*got) : to_string(got.error()));
  }
  void expect_values(const Result<Values>& got, int number) {
    const bool is_good = got ? number_of(*got) == number : deaths() > 0;
    if (!is_good) wrong_ = got ? "the driver read what somebody else has written" : to_string(got.error());
  }
  // When all is quiet, nothing is kept that nobody has; and an actor ends with the last handle to it.
  void add_end() {
    const auto is_quiet = [this] { return world_.steps().empty(); };
    add_when(is_quiet, "has all dropped", [this] {
      a_.call<&Holder::drop>();
      b_.call<&Holder::drop>();
    });
    add_when(is_quiet, "looks at what is left", [this] {
      for (const WorkerStatus& worker : world_.node().status().value().workers)
        if (worker.objects > 0) wrong_ = "the node holds an object for a worker that has none";
      for (const std::weak_ptr<ObjectState>& object : objects_)
        if (!object.expired()) wrong_ = "an object is left that nobody refers to";
      b_ = {};
    });
    add_when(is_quiet, "lets go of the other", [this] {
      if (world_.living().size() > 1) wrong_ = "an actor without handles goes on";
      a_ = {};
    });
  }

  Actor<Holder> a_;
  Actor<Holder> b_;
  std::vector<std::weak_ptr<ObjectState>> objects_;
  std::string wrong_;
};

// An object of the driver's goes to a worker, from there to another, and comes back inside a value.
class DriversObject : public ReferenceScenario {
 public:
  explicit DriversObject(int deaths) : ReferenceScenario(deaths) {
    add("puts and sends it", [this] {
      const auto ref = put(values_of(1));
      watch(ref);
      a_.call<&Holder::keep>(ref);
    });
    add("has it passed on", [this] {
      a_.call<&Holder::pass_to>(b_);
      a_.call<&Holder::drop>();
    });
    add("asks for it", [this] { back_ = b_.call<&Holder::give>(); });
    add("has it read and dropped", [this] {
      number_ = b_.call<&Holder::number>();
      b_.call<&Holder::drop>();
    });
    add_when([this] { return back_.is_ready() && number_.is_ready(); }, "reads it",
             [this] {
               expect_number(get(number_), 1);
               if (const auto ref = get(back_); ref && ref->state()) expect_values(get(*ref), 1);
               back_ = {};
               number_ = {};
             });
    add_end();
  }

 private:
  ObjectRef<ObjectRef<Values>> back_;
  ObjectRef<int> number_;
};

// The shortest way of an object over two workers; few enough orders to go through all.
class PassedOn final : public ReferenceScenario {
 public:
  explicit PassedOn(int deaths) : ReferenceScenario(deaths) {
    add("sends it", [this] {
      const auto ref = put(values_of(1));
      watch(ref);
      kept_ = a_.call<&Holder::keep>(ref);
    });
    add_when([this] { return kept_.is_ready(); }, "has it passed on",
             [this] {
               kept_ = a_.call<&Holder::pass_to>(b_);
               dropped_ = a_.call<&Holder::drop>();
             });
    add_when([this] { return dropped_.is_ready(); }, "lets go", [this] { kept_ = dropped_ = {}; });
    add_end();
  }

 private:
  ObjectRef<void> kept_;
  ObjectRef<void> dropped_;
};

// An object of a worker's goes to another worker and to the driver, who put others in its place once it is gone.
class WorkersObject final : public ReferenceScenario {
 public:
  explicit WorkersObject(int deaths) : ReferenceScenario(deaths) {
    add("has one made and passed on", [this] {
      a_.call<&Holder::make>(1);
      back_ = a_.call<&Holder::give>();
      a_.call<&Holder::pass_to>(b_);
      a_.call<&Holder::drop>();
    });
    add_when([this] { return back_.is_ready(); }, "takes it",
             [this] {
               if (const auto ref = get(back_)) ref_ = *ref;
               back_ = {};
               if (ref_.state()) watch(ref_);
             });
    add("puts another", [this] { other_ = put(values_of(2)); });
    add("reads it", [this] {
      if (ref_.state()) expect_values(get(ref_), 1);
      ref_ = {};
      number_ = b_.call<&Holder::number>();
    });
    add_when([this] { return number_.is_ready(); }, "compares",
             [this] {
               expect_number(get(number_), 1);
               expect_values(get(other_), 2);
               other_ = {};
               number_ = {};
             });
    add_end();
  }

 private:
  ObjectRef<ObjectRef<Values>> back_;
  ObjectRef<Values> ref_;
  ObjectRef<Values> other_;
  ObjectRef<int> number_;
};

// Where the driver's acts are drawn too.
class AnyReferences final : public ReferenceScenario {
 public:
  explicit AnyReferences(int deaths) : ReferenceScenario(deaths) {}

  std::vector<Act> acts() override {
    if (acts_left_ == 0) return ReferenceScenario::acts();
    std::vector<Act> acts;
    const auto may = [&](std::string name, std::function<void()> run) {
      acts.push_back({std::move(name), [this, run = std::move(run)] {
                        if (--acts_left_ == 0) add_last();
                        run();
                      }});
    };
    may("puts", [this] {
      refs_.push_back(put(values_of(++number_)));
      watch(refs_.back());
    });
    for (const auto* holder : {&a_, &b_}) {
      const auto* other = holder == &a_ ? &b_ : &a_;
      may("has one made", [this, holder] { holder->call<&Holder::make>(++number_); });
      may("has it passed on", [holder, other] { holder->call<&Holder::pass_to>(*other); });
      may("asks for it", [this, holder] { given_.push_back(holder->call<&Holder::give>()); });
      may("has it dropped", [holder] { holder->call<&Holder::drop>(); });
      may("has it read", [this, holder] { numbers_.push_back(holder->call<&Holder::number>()); });
      if (!refs_.empty()) may("sends it", [this, holder] { holder->call<&Holder::keep>(refs_.back()); });
    }
    if (!refs_.empty()) may("drops one", [this] { refs_.erase(refs_.begin()); });
    if (!given_.empty() && given_.front().is_ready()) may("takes one", [this] { take_given(); });
    return acts;
  }

 private:
  void take_given() {
    if (const auto ref = get(given_.front()); ref && ref->state()) {
      const auto values = get(*ref);
      if (values ? number_of(*values) < 1 : deaths() == 0) wrong_ = "the driver read what somebody else has written";
      refs_.push_back(*ref);
    }
    given_.erase(given_.begin());
  }
  bool are_numbers_ready() const {
    return std::all_of(numbers_.begin(), numbers_.end(), [](const auto& number) { return number.is_ready(); }) &&
           std::all_of(given_.begin(), given_.end(), [](const auto& ref) { return ref.is_ready(); });
  }
  void add_last() {
    add_when([this] { return are_numbers_ready(); }, "compares all",
             [this] {
               for (const auto& ref : numbers_)
                 if (const auto number = get(ref); number ? *number < 0 : deaths() == 0)
                   wrong_ = "a holder read what is not its";
               while (!given_.empty()) take_given();
               numbers_.clear();
               refs_.clear();
             });
    add_end();
  }

  int acts_left_ = 25;
  int number_ = 0;
  std::vector<ObjectRef<Values>> refs_;
  std::vector<ObjectRef<ObjectRef<Values>>> given_;
  std::vector<ObjectRef<int>> numbers_;
};

// Where messages of this type are lost on their way to the node.
class LostMessages final : public DriversObject {
 public:
  explicit LostMessages(MessageType lost) : DriversObject(0) {
    world_.tamper_by([lost](MessageHeader& header) {
      if (header.type == lost) header.type = MessageType::kUnblocked;  // Which says nothing here.
    });
  }
};

// Where references are given back once more than they were got.
class DroppedTwice final : public DriversObject {
 public:
  DroppedTwice() : DriversObject(0) {
    world_.tamper_by([](MessageHeader& header) {
      if (header.type == MessageType::kDropObject) ++header.b;
    });
  }
};

TEST(ReferenceExplorerTest, AnObjectPassedOnInAllOrders) {
  expect_no_fault_in_all_orders(scenario<PassedOn>(0));
  expect_no_fault(explore(scenario<PassedOn>(1), explore_flags().max_states));
}
TEST(ReferenceExplorerTest, ADriversObjectInManyOrders) {
  expect_no_fault(explore(scenario<DriversObject>(0), explore_flags().max_states));
}
TEST(ReferenceExplorerTest, ADriversObjectWithADeathAnywhere) {
  expect_no_fault(explore(scenario<DriversObject>(1), explore_flags().max_states));
  expect_no_fault(walk(scenario<DriversObject>(2), explore_flags().seed, explore_flags().walks));
}
TEST(ReferenceExplorerTest, AWorkersObjectInManyOrders) {
  expect_no_fault(explore(scenario<WorkersObject>(0), explore_flags().max_states));
}
TEST(ReferenceExplorerTest, AWorkersObjectWithADeathAnywhere) {
  expect_no_fault(explore(scenario<WorkersObject>(1), explore_flags().max_states));
  expect_no_fault(walk(scenario<WorkersObject>(2), explore_flags().seed, explore_flags().walks));
}

TEST(ReferenceExplorerTest, DrawnActsInDrawnOrders) {
  expect_no_fault(walk(scenario<AnyReferences>(1), explore_flags().seed, explore_flags().walks));
}
TEST(ReferenceExplorerTest, WhatIsBrokenOnPurposeIsFound) {
  expect_fault(explore(scenario<LostMessages>(MessageType::kDropObject), explore_flags().max_states),
               "that nobody refers to");
  expect_fault(explore(scenario<LostMessages>(MessageType::kDropActor), explore_flags().max_states), "goes on");
  expect_fault(explore(scenario<DroppedTwice>(), explore_flags().max_states), "killed a worker");
}

}  // namespace
}  // namespace manta::reference_explorer_test
