// SPDX-License-Identifier: Apache-2.0
// Calls that are cancelled, and tasks that take too long.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <tuple>

#include "core/api/actor.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "tests/support/gate.h"
#include "tests/support/process_watch.h"

namespace manta::cancel_test {
namespace {

using ::testing::HasSubstr;

int add(int a, int b) { return a + b; }
int stand_at(const std::string& gate) {
  Gate::stand_at(gate);
  return 1;
}
// Goes on until it is cancelled.
int until_cancelled(const std::string& gate) {
  Gate::stand_at(gate);
  while (!is_cancelled()) std::this_thread::yield();
  return 1;
}
int for_ever() {
  for (;;) ::pause();
}
std::string name_after(const std::string& gate) {
  Gate::stand_at(gate);
  return gate;
}
int touch(const std::string& path) { return ::truncate(path.c_str(), 1); }
std::tuple<int, std::string> pair_after(const std::string& gate) {
  Gate::stand_at(gate);
  return {1, "one"};
}

class Worker {
 public:
  int stand_at(const std::string& gate) {
    Gate::stand_at(gate);
    return ++count_;
  }
  int until_cancelled(const std::string& gate) {
    ++count_;
    return cancel_test::until_cancelled(gate);
  }
  int count() const { return count_; }

 private:
  int count_ = 0;
};

int until_told() {
  while (!is_cancelled()) std::this_thread::yield();
  return 1;
}
int cancel_inner() {
  const auto inner = remote<until_told>();
  cancel(inner);
  return static_cast<int>(get(inner).error().code);
}

TEST(CancelTest, ATaskThatWaitsNeverBegins) {
  Gate gate;
  const auto running = remote<stand_at>.with({.cpus = 2})(gate.path());
  gate.meet();
  const auto waiting = remote<touch>("/nowhere");
  const auto behind = remote<add>(1, 2);

  cancel(waiting);

  EXPECT_EQ(get(waiting).error().code, ErrorCode::kCancelled);
  gate.let_through();
  EXPECT_EQ(get(behind).value(), 3);
  EXPECT_EQ(get(running).value(), 1);
}

TEST(CancelTest, ATaskWhoseArgumentIsPendingNeverBegins) {
  Gate gate;
  const auto running = remote<stand_at>(gate.path());
  gate.meet();
  const auto waiting = remote<add>(running, 1);

  cancel(waiting);

  EXPECT_EQ(get(waiting).error().code, ErrorCode::kCancelled);
  gate.let_through();
  EXPECT_EQ(get(running).value(), 1);
}

TEST(CancelTest, ATaskThatRunsIsTold) {
  Gate gate;
  const auto running = remote<until_cancelled>.with({.cpus = 2})(gate.path());
  gate.meet();
  gate.let_through();

  cancel(running);

  EXPECT_EQ(get(running).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(get(remote<add>.with({.cpus = 2})(1, 2)).value(), 3) << "its CPUs are free again";
}

TEST(CancelTest, ForceKillsTheProcess) {
  const auto running = remote<for_ever>.with({.cpus = 2})();

  cancel(running, {.force = true});

  EXPECT_EQ(get(running).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(get(remote<add>.with({.cpus = 2})(1, 2)).value(), 3);
}

TEST(CancelTest, WhatHasEndedStays) {
  const auto sum = remote<add>(1, 2);
  ASSERT_TRUE(get(sum));

  cancel(sum, {.force = true});

  EXPECT_EQ(get(sum).value(), 3);
}

TEST(CancelTest, ACallOfAnActorThatWaitsNeverBegins) {
  Gate gate;
  const auto worker = actor<Worker>();
  const auto running = worker.call<&Worker::stand_at>(gate.path());
  gate.meet();
  const auto sent = worker.call<&Worker::stand_at>("/nowhere");
  Gate argument;
  const auto name = remote<name_after>(argument.path());
  argument.meet();
  const auto queued = worker.call<&Worker::stand_at>(name);
  const auto after = worker.call<&Worker::count>();

  cancel(sent);
  cancel(queued);
  argument.let_through();
  gate.let_through();

  EXPECT_EQ(get(running).value(), 1);
  EXPECT_EQ(get(sent).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(get(queued).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(get(after).value(), 1) << "neither of them ran";
}

TEST(CancelTest, ACallOfAnActorThatRunsIsToldAndTheNextIsNot) {
  Gate gate;
  const auto worker = actor<Worker>();
  const auto running = worker.call<&Worker::until_cancelled>(gate.path());
  gate.meet();
  gate.let_through();
  cancel(running, {.force = true});  // An actor is not killed for one of its calls.
  EXPECT_EQ(get(running).error().code, ErrorCode::kCancelled);

  EXPECT_EQ(get(worker.call<&Worker::count>()).value(), 1);
}

TEST(CancelTest, OneOfSeveralResultsCancelsTheCall) {
  Gate gate;
  const auto running = remote<stand_at>.with({.cpus = 2})(gate.path());
  gate.meet();
  const auto [number, text] = remote<pair_after>("/nowhere");

  cancel(text);
  gate.let_through();

  EXPECT_EQ(get(text).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(get(number).error().code, ErrorCode::kCancelled);
}

TEST(CancelTest, AWorkerCancelsToo) {
  EXPECT_EQ(get(remote<cancel_inner>()).value(), static_cast<int>(ErrorCode::kCancelled));
}

TEST(TimeoutTest, ATaskThatTakesTooLongIsKilled) {
  const auto outcome = get(remote<for_ever>.with({.cpus = 2, .timeout = std::chrono::milliseconds(20)})());

  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kTimeout);
  EXPECT_THAT(outcome.error().message, HasSubstr("longer than its timeout"));
  EXPECT_EQ(get(remote<add>.with({.cpus = 2})(1, 2)).value(), 3);
}

TEST(TimeoutTest, OneThatIsInTimeIsNot) {
  EXPECT_EQ(get(remote<add>.with({.timeout = std::chrono::hours(1)})(1, 2)).value(), 3);
  EXPECT_EQ(get(remote<add>.with({.timeout = kForever})(1, 2)).value(), 3);
  EXPECT_EQ(get(remote<add>(3, 4)).value(), 7) << "the same worker, without a timeout";
}

}  // namespace
}  // namespace manta::cancel_test
