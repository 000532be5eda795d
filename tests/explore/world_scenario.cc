// SPDX-License-Identifier: Apache-2.0
#include "tests/explore/world_scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <utility>

#include "tests/explore/explore_flags.h"

namespace manta {

std::vector<std::string> WorldScenario::choices() {
  std::vector<std::string> names = find_moves();
  if (!names.empty()) return names;
  world_.node().step_message(0);  // The last handles may have ended with what went before.
  return find_moves();
}

std::vector<std::string> WorldScenario::find_moves() {
  std::vector<std::string> names;
  moves_.clear();
  for (const InProcessWorld::Step& step : world_.steps(limits_.time_passes)) {
    moves_.push_back({.kind = Move::Kind::kStep, .step = step});
    names.push_back(to_string(step));
  }
  acts_ = acts();
  for (std::size_t i = 0; i < acts_.size(); ++i) {
    if (!acts_[i].is_possible()) continue;
    moves_.push_back({.kind = Move::Kind::kAct, .act = i});
    names.push_back("driver: " + acts_[i].name);
  }
  rare_ = 0;
  if (names.empty() || deaths_ == limits_.deaths) return names;
  for (const std::uint64_t worker : world_.living()) {
    moves_.push_back({.kind = Move::Kind::kDeath, .worker = worker});
    names.push_back(std::to_string(worker) + " dies");
    ++rare_;
  }
  return names;
}

void WorldScenario::choose(std::size_t index) {
  const Move move = moves_.at(index);
  switch (move.kind) {
    case Move::Kind::kStep: return world_.take(move.step);
    case Move::Kind::kDeath: ++deaths_; return world_.kill(move.worker);
    case Move::Kind::kAct: break;
  }
  world_.note(0xAC7 + move.act);
  acts_.at(move.act).run();
  world_.node().step_message(0);  // Handles that it has let go of.
}

std::uint64_t WorldScenario::fingerprint() const { return world_.fingerprint() ^ static_cast<std::uint64_t>(deaths_); }

// No worker of these stories is to be killed by the node: where one is, the node has found it to say nonsense.
std::string WorldScenario::fault() {
  return world_.launcher().killed().empty() ? "" : "the node killed a worker that did nothing wrong";
}

std::string WorldScenario::fault_at_end() { return ""; }

std::vector<WorldScenario::Act> ScriptedScenario::acts() {
  if (done_ == script_.size()) return {};
  Act next = script_[done_];
  next.run = [this, run = std::move(next.run)] {
    ++done_;
    run();
  };
  return {std::move(next)};
}

void expect_no_fault(const Findings& findings) {
  std::printf("%s\n", findings.summary().c_str());
  EXPECT_EQ(findings.fault, "") << findings.summary();
}

void expect_no_fault_in_all_orders(const MakeExplorable& make) {
  constexpr std::size_t kAll = 1'000'000;
  const Findings findings = explore(make, kIsSanitized ? explore_flags().max_states : kAll);
  expect_no_fault(findings);
  EXPECT_TRUE(findings.is_complete || kIsSanitized) << "not all orders: " << findings.summary();
}

void expect_fault(const Findings& findings, const std::string& text) {
  std::printf("%s\n", findings.summary().c_str());
  EXPECT_THAT(findings.fault, ::testing::HasSubstr(text));
}

std::string ScriptedScenario::fault_at_end() {
  return done_ == script_.size() ? "" : "nobody can go on, but the driver waits to: " + script_[done_].name;
}

}  // namespace manta
