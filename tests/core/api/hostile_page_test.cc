// SPDX-License-Identifier: Apache-2.0
// A worker writes over the page by which all processes wake each other: whoever it is, the others go on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <optional>
#include <vector>

#include "core/api/runtime.h"
#include "tests/core/api/direct_call_actors.h"
#include "tests/support/later_runtimes.h"
#include "tests/support/process_watch.h"

namespace manta::direct::hostile_page_test {
namespace {

int add(int a, int b) { return a + b; }

class Vandal {
 public:
  int process() { return ::getpid(); }
  // Fills each of its mappings of the page's file. How many there are.
  int fill(int byte) {
    std::ifstream maps("/proc/self/maps");
    int count = 0;
    for (std::string line; std::getline(maps, line);) {
      std::size_t begin = 0;
      std::size_t end = 0;
      if (line.find("manta-node") == std::string::npos) continue;
      if (std::sscanf(line.c_str(), "%zx-%zx", &begin, &end) != 2) return -1;
      auto* bytes = reinterpret_cast<volatile char*>(begin);
      for (std::size_t i = 0; i < end - begin; ++i) bytes[i] = static_cast<char>(byte);
      ++count;
    }
    return count;
  }
  int fill_and_die(int byte) {
    fill(byte);
    return ::raise(SIGKILL);
  }
  // Until it is killed.
  void fill_for_ever(int byte) {
    for (;;) fill(byte);
  }
};

class HostilePageTest : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    for (int i = 0; i < 3; ++i) {
      idle_.push_back(actor<Vandal>());
      watch(get(idle_.back().call<&Vandal::process>()).value());
    }
    ASSERT_TRUE(get(client_.call<&Client::warm>(callee_)));
    ASSERT_EQ(get(callee_.call<&Callee::pairs>()).value(), 1);
    watch(get(client_.call<&Client::process>()).value());
    watch(get(callee_.call<&Callee::process>()).value());
    watch(get(vandal_.call<&Vandal::process>()).value());
  }
  // The runtime ends as ever, and nothing is left.
  void TearDown() override {
    runtime_.reset();
    for (const ProcessWatch& process : processes_) EXPECT_TRUE(process.has_ended());
  }

  void watch(pid_t pid) {
    processes_.emplace_back(pid);
    ASSERT_TRUE(processes_.back().is_watching());
  }
  // Everything that wakes somebody.
  void expect_that_others_go_on() {
    for (const auto& idle : idle_) EXPECT_GT(get(idle.call<&Vandal::process>()).value_or(0), 0);
    EXPECT_EQ(get(remote<add>(2, 3)).value_or(0), 5);
    sum_ = get(callee_.call<&Callee::add>(0)).value_or(-1);
    EXPECT_EQ(get(client_.call<&Client::call_often>(callee_, 100)).value_or(0), sum_ + 100) << "directly";
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(get(client_.call<&Client::send>(1)));
    EXPECT_EQ(get(callee_.call<&Callee::add>(0)).value_or(0), sum_ + 110) << "directly, and nobody waits";
    expect_many_calls();
    const auto made = actor<Callee>();
    EXPECT_EQ(get(made.call<&Callee::add>(4)).value_or(0), 4);
    EXPECT_EQ(get(actor<Client>().call<&Client::call_often>(made, 200)).value_or(0), 204) << "a new pair";
  }
  void expect_many_calls() {
    std::vector<ObjectRef<int>> refs;
    for (int i = 0; i < 1000; ++i) {
      refs.push_back(callee_.call<&Callee::add>(0));
      refs.push_back(remote<add>(i, 1));
    }
    EXPECT_TRUE(get(refs));
  }

  std::optional<Runtime> runtime_ =
      init(g_argc, g_argv, {.cpus = 2, .object_store_bytes = std::size_t{16} << 20}).value();
  std::vector<Actor<Vandal>> idle_;
  const Actor<Vandal> vandal_ = actor<Vandal>();
  const Actor<Callee> callee_ = actor<Callee>();
  const Actor<Client> client_ = actor<Client>();
  int sum_ = 0;

 private:
  std::vector<ProcessWatch> processes_;
};

TEST_P(HostilePageTest, TheOthersGoOnWhenAWorkerFillsThePageAndDies) {
  EXPECT_EQ(get(vandal_.call<&Vandal::fill_and_die>(GetParam())).error().code, ErrorCode::kActorDied);

  expect_that_others_go_on();
}

TEST_P(HostilePageTest, AndWhenItStaysAlive) {
  EXPECT_EQ(get(vandal_.call<&Vandal::fill>(GetParam())).value_or(0), 1);

  expect_that_others_go_on();
  EXPECT_TRUE(get(vandal_.call<&Vandal::process>()));
}

TEST_P(HostilePageTest, AndWhenItDoesSoAgainAndAgain) {
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(get(vandal_.call<&Vandal::fill>(GetParam())).value_or(0), 1);
    EXPECT_EQ(get(idle_.front().call<&Vandal::fill>(GetParam())).value_or(0), 1);
    EXPECT_EQ(get(client_.call<&Client::call_often>(callee_, 5)).value_or(0), sum_ += 5);
  }
}

TEST_P(HostilePageTest, CallsThatWaitMeanwhileAreAnswered) {
  Gate gate;
  const auto waiting = callee_.call<&Callee::stand_at>(gate.path());
  const auto behind = client_.call<&Client::call_often>(callee_, 100);
  gate.meet();

  EXPECT_EQ(get(vandal_.call<&Vandal::fill_and_die>(GetParam())).error().code, ErrorCode::kActorDied);
  gate.let_through();

  EXPECT_EQ(get(waiting).value_or(0), 1);
  EXPECT_EQ(get(behind).value_or(0), 100);
}

TEST_P(HostilePageTest, AWorkerThatDoesNothingElseCanBeEnded) {
  const auto wild = vandal_.call<&Vandal::fill_for_ever>(GetParam());
  EXPECT_GT(get(idle_.front().call<&Vandal::process>()).value_or(0), 0);

  vandal_.kill();

  EXPECT_EQ(get(wild).error().code, ErrorCode::kActorDied);
  expect_that_others_go_on();
}

INSTANTIATE_TEST_SUITE_P(EachByte, HostilePageTest, ::testing::Values(0x00, 0x01, 0x7f, 0xff));

}  // namespace
}  // namespace manta::direct::hostile_page_test
