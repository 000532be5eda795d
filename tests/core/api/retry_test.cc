// SPDX-License-Identifier: Apache-2.0
// What is made again after a death: tasks, actors, calls on them, and the process that starts them all.
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "core/api/actor.h"
#include "core/api/async.h"
#include "core/api/make_array.h"
#include "core/api/remote.h"
#include "core/api/runtime.h"
#include "core/api/stream.h"

namespace manta::retry_test {

// Counts in a file how often it was reached, by whichever process.
int count(const std::string& path) {
  std::ofstream(path, std::ios::app) << '.';
  return static_cast<int>(std::filesystem::file_size(path));
}

int die_until(std::string path, int attempt, int result) {
  if (count(path) < attempt) ::raise(SIGKILL);
  return result;
}

int throw_until(std::string path, int attempt) {
  const int now = count(path);
  if (now < attempt) throw std::runtime_error("attempt " + std::to_string(now));
  return now;
}

Result<int> refuse_until(std::string path, int attempt) {
  const int now = count(path);
  if (now < attempt) return Error{ErrorCode::kNotFound, "not at attempt " + std::to_string(now)};
  return now;
}

int hang_until(std::string path, int attempt) {
  const int now = count(path);
  while (now < attempt) ::pause();
  return now;
}

double sum_or_die(const SharedArray<double>& values, std::string path) {
  if (count(path) < 2) ::_exit(7);
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}

// Three values, of which it gives `before` and then fails as long as it was not reached `attempt` times.
Generator<int> yield_until(std::string path, int attempt, int before, bool dies) {
  const bool fails = count(path) < attempt;
  for (int i = 1; i <= 3; ++i) {
    if (fails && i > before && dies) ::raise(SIGKILL);
    if (fails && i > before) throw std::runtime_error("after " + std::to_string(before));
    co_yield i;
  }
}

pid_t parent() { return ::getppid(); }

class Ledger {
 public:
  explicit Ledger(std::string path) : path_(std::move(path)) { count(path_); }
  int add(int amount) { return total_ += amount; }
  int die_once(int amount) {
    if (count(path_) == 2) ::raise(SIGKILL);
    return add(amount);
  }
  int die() { ::_exit(4); }
  int throw_until(int attempt) { return manta::retry_test::throw_until(path_ + "_calls", attempt); }
  Result<int> refuse_until(int attempt) { return refuse_until_with(ErrorCode::kNotFound, attempt); }
  Result<int> say_dead_until(int attempt) { return refuse_until_with(ErrorCode::kActorDied, attempt); }
  Async<int> throw_late_until(int attempt) {
    const ObjectRef<int> nothing = put(0);
    co_await nothing;
    co_return throw_until(attempt);
  }
  int sum_until(const SharedArray<double>& values, int attempt) {
    throw_until(attempt);
    return static_cast<int>(values.size());
  }
  Generator<int> yield_until(int attempt, int before, bool dies) {
    return manta::retry_test::yield_until(path_ + "_calls", attempt, before, dies);
  }
  int starts() { return static_cast<int>(std::filesystem::file_size(path_)); }
  pid_t process() { return ::getpid(); }
  pid_t server() { return ::getppid(); }

 private:
  Result<int> refuse_until_with(ErrorCode code, int attempt) {
    const int now = count(path_ + "_calls");
    if (now < attempt) return Error{code, "not at attempt " + std::to_string(now)};
    return now;
  }

  std::string path_;
  int total_ = 0;
};

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class RetryTest : public ::testing::Test {
 protected:
  RetryTest() { remove_files(); }
  ~RetryTest() override { remove_files(); }

  void remove_files() const {
    std::filesystem::remove(path_);
    std::filesystem::remove(path_ + "_calls");
  }
  static int size_of(const std::string& path) {
    return std::filesystem::exists(path) ? static_cast<int>(std::filesystem::file_size(path)) : 0;
  }
  int reached() const { return size_of(path_); }
  int calls_reached() const { return size_of(path_ + "_calls"); }

  const std::string path_ = ::testing::TempDir() + "manta_retry_" + std::to_string(::getpid());
};

TEST_F(RetryTest, ATaskWhoseWorkerDiesRunsAgainAsOftenAsItMay) {
  EXPECT_EQ(get(remote<die_until>.with({.max_retries = 2})(path_, 3, 42)).value(), 42);
  EXPECT_EQ(reached(), 3);
}

TEST_F(RetryTest, TheLastErrorIsTheResult) {
  const auto result = get(remote<die_until>.with({.max_retries = 2})(path_, 9, 42));

  EXPECT_EQ(result.error().code, ErrorCode::kWorkerDied);
  EXPECT_THAT(result.error().message, HasSubstr("signal 9"));
  EXPECT_EQ(reached(), 3);
}

TEST_F(RetryTest, NothingIsDoneTwiceUnlessAsked) {
  EXPECT_EQ(get(remote<die_until>(path_, 2, 42)).error().code, ErrorCode::kWorkerDied);
  EXPECT_EQ(get(remote<throw_until>.with({.max_retries = 5})(path_, 3)).error().code, ErrorCode::kTaskFailed)
      << "only a death is retried by default";
  EXPECT_EQ(reached(), 2);
}

TEST_F(RetryTest, AnExceptionIsRetriedWhenNamed) {
  const auto ref = remote<throw_until>.with({.max_retries = 2, .retry_on = {ErrorCode::kTaskFailed}})(path_, 3);

  EXPECT_EQ(get(ref).value(), 3);
}

TEST_F(RetryTest, AnErrorThatIsReturnedIsRetriedWhenItsCodeIsNamed) {
  const TaskOptions options = {.max_retries = 5, .retry_on = {ErrorCode::kExhausted, ErrorCode::kNotFound}};

  EXPECT_EQ(get(remote<refuse_until>.with(options)(path_, 3)).value(), 3);
}

TEST_F(RetryTest, AnErrorWithAnotherCodeIsNot) {
  const TaskOptions options = {.max_retries = 5, .retry_on = {ErrorCode::kExhausted, ErrorCode::kWorkerDied}};

  const auto result = get(remote<refuse_until>.with(options)(path_, 3));

  EXPECT_EQ(result.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(result.error().message, HasSubstr("not at attempt 1"));
  EXPECT_EQ(reached(), 1);
}

TEST_F(RetryTest, ATimeoutIsRetriedWhenNamed) {
  // Many, since on a busy machine one that does not hang may take as long.
  const TaskOptions options = {
      .max_retries = 50, .retry_on = {ErrorCode::kTimeout}, .timeout = std::chrono::milliseconds(50)};

  EXPECT_GE(get(remote<hang_until>.with(options)(path_, 2)).value(), 2);
}

TEST_F(RetryTest, ATimeoutIsNotRetriedByDefault) {
  const TaskOptions options = {.max_retries = 5, .timeout = std::chrono::milliseconds(50)};

  EXPECT_EQ(get(remote<hang_until>.with(options)(path_, 100)).error().code, ErrorCode::kTimeout);
  EXPECT_LE(reached(), 1);
}

TEST_F(RetryTest, ArgumentsInTheStoreAreThereForEachTry) {
  const auto values = put(SharedArray<double>(std::vector<double>(100'000, 0.5)));

  EXPECT_EQ(get(remote<sum_or_die>.with({.max_retries = 1})(values, path_)).value(), 50'000);
}

TEST_F(RetryTest, WhatWaitsForARetriedTaskGetsItsResult) {
  const auto first = remote<die_until>.with({.max_retries = 1})(path_, 2, 5);

  EXPECT_EQ(get(remote<die_until>(path_, 0, first)).value(), 5);
}

const TaskOptions kAgain = {.max_retries = 5, .retry_on = {ErrorCode::kTaskFailed, ErrorCode::kWorkerDied}};
const ActorOptions kCallsAgain = {
    .max_restarts = 5, .max_task_retries = 5, .retry_on = {ErrorCode::kTaskFailed, ErrorCode::kActorDied}};

std::string text_of(Stream<int>& stream) {
  std::string text;
  for (Result<int>& value : stream)
    text += value ? std::to_string(*value) : "; " + std::string(to_string(value.error().code));
  return text;
}

TEST_F(RetryTest, AGeneratorThatFailsBeforeItsFirstValueRunsAgain) {
  for (const bool dies : {false, true}) {
    remove_files();
    Stream<int> of_task = remote<yield_until>.with(kAgain)(path_, 3, 0, dies);
    EXPECT_EQ(text_of(of_task), "123");
    EXPECT_EQ(reached(), 3);

    const auto ledger = actor<Ledger>.with(kCallsAgain)(path_);
    Stream<int> of_actor = ledger.call<&Ledger::yield_until>(3, 0, dies);
    EXPECT_EQ(text_of(of_actor), "123");
    EXPECT_EQ(calls_reached(), 3);
  }
}

// Each value comes once: what its reader has had would come again.
TEST_F(RetryTest, AGeneratorThatHasYieldedDoesNot) {
  for (const bool dies : {false, true}) {
    remove_files();
    Stream<int> of_task = remote<yield_until>.with(kAgain)(path_, 3, 2, dies);
    get(remote<parent>.with({.cpus = 2})()).value();  // Behind all further tries.
    EXPECT_EQ(text_of(of_task), dies ? "12; worker_died" : "12; task_failed");
    EXPECT_EQ(reached(), 1);

    const auto ledger = actor<Ledger>.with(kCallsAgain)(path_);
    Stream<int> of_actor = ledger.call<&Ledger::yield_until>(3, 2, dies);
    for (int i = 0; i < 2; ++i) get(ledger.call<&Ledger::starts>()).value();  // The second behind a further try.
    EXPECT_EQ(text_of(of_actor), dies ? "12; actor_died" : "12; task_failed");
    EXPECT_EQ(calls_reached(), 1);
  }
}

TEST_F(RetryTest, WhenAllTriesOfAGeneratorFailTheLastErrorIsTheStreams) {
  Stream<int> stream = remote<yield_until>.with(kAgain)(path_, 100, 0, false);

  EXPECT_THAT(stream.next().error().message, HasSubstr("after 0"));
  EXPECT_EQ(stream.next().value(), std::nullopt);
  EXPECT_EQ(reached(), 6);
}

TEST_F(RetryTest, AnActorStartsAgainWithTheSameArguments) {
  const auto ledger = actor<Ledger>.with({.max_restarts = 1})(path_);
  ASSERT_EQ(get(ledger.call<&Ledger::add>(3)).value(), 3);

  EXPECT_THAT(get(ledger.call<&Ledger::die>()).error().message, HasSubstr("exited with code 4"));
  EXPECT_EQ(get(ledger.call<&Ledger::add>(4)).value(), 4) << "a new object";
  EXPECT_EQ(get(ledger.call<&Ledger::starts>()).value(), 2);
  EXPECT_TRUE(ledger.is_alive());
  EXPECT_EQ(get(ledger.call<&Ledger::die>()).error().code, ErrorCode::kActorDied);
  EXPECT_EQ(get(ledger.call<&Ledger::add>(1)).error().code, ErrorCode::kActorDied) << "one restart, no more";
  EXPECT_FALSE(ledger.is_alive());
}

TEST_F(RetryTest, CallsThatDiedWithTheActorAreMadeAgainInOrder) {
  const auto ledger = actor<Ledger>.with({.max_restarts = 1, .max_task_retries = 1})(path_);
  std::vector<ObjectRef<int>> refs;
  refs.push_back(ledger.call<&Ledger::die_once>(1));
  for (int i = 0; i < 20; ++i) refs.push_back(ledger.call<&Ledger::add>(1));

  for (int i = 0; i <= 20; ++i) EXPECT_EQ(get(refs[static_cast<std::size_t>(i)]).value(), i + 1);
}

TEST_F(RetryTest, ACallThatThrowsIsMadeAgainWhenNamed) {
  const auto ledger = actor<Ledger>.with({.max_task_retries = 2, .retry_on = {ErrorCode::kTaskFailed}})(path_);

  EXPECT_EQ(get(ledger.call<&Ledger::throw_until>(3)).value(), 3);
  EXPECT_EQ(get(ledger.call<&Ledger::starts>()).value(), 1) << "the actor lived on";
}

TEST_F(RetryTest, ACallThatThrowsIsNotMadeAgainByDefault) {
  const auto ledger = actor<Ledger>.with({.max_restarts = 1, .max_task_retries = 5})(path_);

  EXPECT_EQ(get(ledger.call<&Ledger::throw_until>(3)).error().code, ErrorCode::kTaskFailed);
  EXPECT_EQ(calls_reached(), 1);
}

TEST_F(RetryTest, AfterRetriesACallEndsWithItsLastError) {
  const auto ledger = actor<Ledger>.with({.max_task_retries = 2, .retry_on = {ErrorCode::kTaskFailed}})(path_);

  const auto result = get(ledger.call<&Ledger::throw_until>(9));

  EXPECT_EQ(result.error().code, ErrorCode::kTaskFailed);
  EXPECT_THAT(result.error().message, HasSubstr("attempt 3"));
  EXPECT_EQ(calls_reached(), 3);
}

TEST_F(RetryTest, AnErrorThatAMethodReturnsIsRetriedWhenItsCodeIsNamed) {
  const ActorOptions options = {.max_task_retries = 5, .retry_on = {ErrorCode::kNotFound}};
  const auto ledger = actor<Ledger>.with(options)(path_);

  EXPECT_EQ(get(ledger.call<&Ledger::refuse_until>(3)).value(), 3);
  EXPECT_EQ(get(ledger.call<&Ledger::throw_until>(5)).error().code, ErrorCode::kTaskFailed) << "of another code";
  EXPECT_EQ(calls_reached(), 4);
}

TEST_F(RetryTest, ADeathThatAMethodOnlyReportsIsNone) {
  const auto ledger = actor<Ledger>.with({.max_restarts = 1, .max_task_retries = 5})(path_);

  EXPECT_THAT(get(ledger.call<&Ledger::say_dead_until>(3)).error().message, HasSubstr("not at attempt 1"));
  EXPECT_EQ(calls_reached(), 1);
}

TEST_F(RetryTest, WithoutADeathAmongTheErrorsACallThatDiedIsNotMadeAgain) {
  const ActorOptions options = {.max_restarts = 1, .max_task_retries = 5, .retry_on = {ErrorCode::kTaskFailed}};
  const auto ledger = actor<Ledger>.with(options)(path_);

  EXPECT_EQ(get(ledger.call<&Ledger::die>()).error().code, ErrorCode::kActorDied);
  EXPECT_EQ(get(ledger.call<&Ledger::throw_until>(3)).value(), 3) << "the new process makes it again";
  EXPECT_EQ(get(ledger.call<&Ledger::starts>()).value(), 2);
}

TEST_F(RetryTest, ACoroutineThatThrowsIsMadeAgain) {
  const auto ledger = actor<Ledger>.with({.max_task_retries = 2, .retry_on = {ErrorCode::kTaskFailed}})(path_);

  EXPECT_EQ(get(ledger.call<&Ledger::throw_late_until>(3)).value(), 3);
}

TEST_F(RetryTest, ArgumentsInTheStoreAreThereForEachTryOfACall) {
  const auto ledger = actor<Ledger>.with({.max_task_retries = 2, .retry_on = {ErrorCode::kTaskFailed}})(path_);
  const auto values = put(SharedArray<double>(std::vector<double>(100'000, 0.5)));

  EXPECT_EQ(get(ledger.call<&Ledger::sum_until>(values, 3)).value(), 100'000);
}

TEST_F(RetryTest, ACallWhoseArgumentIsTheResultOfARetriedOneWaitsForIt) {
  const auto ledger = actor<Ledger>.with({.max_task_retries = 2, .retry_on = {ErrorCode::kTaskFailed}})(path_);
  const auto first = ledger.call<&Ledger::throw_until>(3);

  EXPECT_EQ(get(ledger.call<&Ledger::add>(first)).value(), 3);
}

TEST_F(RetryTest, AStoppedActorMakesFailedCallsAgainFirstAndTakesNoFurther) {
  const auto ledger = actor<Ledger>.with({.max_task_retries = 5, .retry_on = {ErrorCode::kTaskFailed}})(path_);
  const auto before = ledger.call<&Ledger::throw_until>(4);
  ledger.stop();
  const auto after = ledger.call<&Ledger::add>(1);

  EXPECT_EQ(get(before).value(), 4);
  EXPECT_EQ(get(after).error().code, ErrorCode::kActorDied);
  EXPECT_TRUE(get(ledger.monitor()).value().is_expected);
}

TEST_F(RetryTest, AKilledActorStaysDead) {
  const auto ledger = actor<Ledger>.with({.max_restarts = 5})(path_);
  ASSERT_TRUE(get(ledger.call<&Ledger::process>()));

  kill(ledger);

  EXPECT_THAT(get(ledger.call<&Ledger::add>(1)).error().message, HasSubstr("killed on request"));
  EXPECT_EQ(reached(), 1);
}

TEST_F(RetryTest, AStoppedActorStillMakesTheCallsThatItOwes) {
  ObjectRef<int> ref;
  {
    const auto ledger = actor<Ledger>.with({.max_restarts = 1, .max_task_retries = 1})(path_);
    ref = ledger.call<&Ledger::die_once>(8);
  }

  EXPECT_EQ(get(ref).value(), 8);
}

TEST_F(RetryTest, ANameStaysWithAnActorThatRestarts) {
  const auto ledger = actor<Ledger>.with({.max_restarts = 1, .name = "the ledger"})(path_);
  ASSERT_FALSE(get(ledger.call<&Ledger::die>()));

  const auto second = actor<Ledger>.with({.name = "the ledger"})(path_);
  EXPECT_EQ(get(second.call<&Ledger::add>(1)).error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(get(ledger.call<&Ledger::add>(1)).value(), 1);
}

TEST_F(RetryTest, AForkServerThatDiesIsReplaced) {
  const auto lost = actor<Ledger>(path_);
  const auto kept = actor<Ledger>.with({.max_restarts = 1, .max_task_retries = 1})(path_ + "_kept");
  const pid_t server = get(kept.call<&Ledger::server>()).value();
  ASSERT_TRUE(get(lost.call<&Ledger::add>(1)));

  ::kill(server, SIGKILL);

  const auto died = [&] { return get(lost.call<&Ledger::add>(1)).error(); };
  while (lost.is_alive()) static_cast<void>(get(lost.call<&Ledger::add>(1)));
  EXPECT_EQ(died().code, ErrorCode::kActorDied);
  EXPECT_THAT(died().message, HasSubstr("fork server died"));
  EXPECT_NE(get(kept.call<&Ledger::server>()).value_or(server), server);
  EXPECT_NE(get(remote<parent>()).value(), server);
  std::filesystem::remove(path_ + "_kept");
}

}  // namespace
}  // namespace manta::retry_test
