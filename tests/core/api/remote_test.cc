// SPDX-License-Identifier: Apache-2.0
// Functions as tasks, in processes of their own.
#include "core/api/remote.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "core/api/object_ref.h"
#include "tests/support/gate.h"

namespace manta::remote_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct OddNumber : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct Person {
  std::string name;
  int age = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(name, age);
  }
};

int add(int a, int b) { return a + b; }
std::string join(const std::string& a, std::string b) { return a + b; }
Person older(Person person) { return {person.name, person.age + 1}; }
int half(int number) {
  if (number % 2 != 0) throw OddNumber(std::to_string(number) + " is odd");
  return number / 2;
}
int throw_number() { throw 5; }
Result<int> checked_half(int number) {
  if (number % 2 != 0) return Error{ErrorCode::kNotFound, "no half"};
  return number / 2;
}
Result<void> check(bool good) {
  if (!good) return Error{ErrorCode::kStorage, "not good"};
  return {};
}
void nothing() {}
int process() noexcept { return ::getpid(); }
int leave(int code) {
  std::printf("first line\nlast line\n");
  std::_Exit(code);
}
int die(int signal) {
  std::fputs("about to die", stderr);
  ::raise(signal);
  return 0;
}
int value_after(const std::string& gate, int value) {
  Gate::stand_at(gate);
  return value;
}

TEST(RemoteTest, AFunctionRunsInAnotherProcess) {
  EXPECT_EQ(get(remote<add>(1, 2)).value(), 3);
  EXPECT_NE(get(remote<process>()).value(), ::getpid());
}

TEST(RemoteTest, ArgumentsConvertToTheParametersTypes) {
  const short one = 1;

  EXPECT_EQ(get(remote<add>(one, 2u)).value(), 3);
  EXPECT_EQ(get(remote<join>("a", std::string("b"))).value(), "ab");
}

TEST(RemoteTest, OptionsThatMeanNothingAreRefusedByName) {
  const auto retried = remote<add>.with({.max_retries = -1})(1, 2);
  EXPECT_EQ(get(retried).error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(get(retried).error().message, HasSubstr("max_retries is -1 and must be at least 0"));
  const auto timed = remote<add>.with({.timeout = Duration(-1)})(1, 2);
  EXPECT_THAT(get(timed).error().message, HasSubstr("timeout is -1"));
}

TEST(RemoteTest, UserStructsTravelBothWays) {
  const Person person = get(remote<older>(Person{"Ada", 36})).value();

  EXPECT_EQ(person.name, "Ada");
  EXPECT_EQ(person.age, 37);
}

TEST(RemoteTest, AReadyOrAPendingRefIsAnArgument) {
  const auto ready = put(5);
  const auto pending = remote<add>(1, 2);

  EXPECT_EQ(get(remote<add>(ready, pending)).value(), 8);
}

TEST(RemoteTest, AChainOfRefsRunsInOrder) {
  auto sum = put(0);
  for (int i = 1; i <= 100; ++i) sum = remote<add>(sum, i);

  EXPECT_EQ(get(sum).value(), 5050);
}

TEST(RemoteTest, ATaskThatWaitsForItsArgumentKeepsNobodyElseWaiting) {
  Gate gate;
  const auto late = remote<value_after>(gate.path(), 5);
  const auto waiting = remote<add>(late, 1);
  gate.meet();

  EXPECT_EQ(get(remote<add>(1, 2)).value(), 3);
  EXPECT_FALSE(waiting.is_ready());
  gate.let_through();

  EXPECT_EQ(get(waiting).value(), 6);
}

TEST(RemoteTest, AFailedArgumentPassesItsErrorOnThroughTheChain) {
  const auto failed = remote<half>(3);
  const auto second = remote<add>(failed, 1);
  const auto third = remote<add>(1, second);

  const auto result = get(third);

  EXPECT_EQ(result.error().code, ErrorCode::kTaskFailed);
  EXPECT_THAT(result.error().message, HasSubstr("3 is odd"));
}

TEST(RemoteTest, AnExceptionArrivesWithItsTypeAndText) {
  const auto result = get(remote<half>(7));

  EXPECT_EQ(result.error().code, ErrorCode::kTaskFailed);
  EXPECT_THAT(result.error().message, AllOf(HasSubstr("OddNumber"), HasSubstr("7 is odd")));
}

TEST(RemoteTest, AnythingThatIsThrownArrivesWithItsType) {
  const auto result = get(remote<throw_number>());

  EXPECT_EQ(result.error().code, ErrorCode::kTaskFailed);
  EXPECT_EQ(result.error().message, "int");
}

TEST(RemoteTest, AFunctionWithoutAResultIsWaitedFor) {
  const Result<void> result = get(remote<nothing>());

  EXPECT_TRUE(result);
}

TEST(RemoteTest, AFunctionsOwnErrorIsTheRefs) {
  EXPECT_EQ(get(remote<checked_half>(8)).value(), 4);
  EXPECT_EQ(get(remote<checked_half>(7)).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(get(remote<checked_half>(7)).error().message, "no half");
  EXPECT_TRUE(get(remote<check>(true)));
  EXPECT_EQ(get(remote<check>(false)).error().code, ErrorCode::kStorage);
}

TEST(RemoteTest, AnEmptyRefAsArgumentIsAnError) {
  EXPECT_EQ(get(remote<add>(ObjectRef<int>(), 1)).error().code, ErrorCode::kFailedPrecondition);
}

TEST(RemoteTest, AProcessThatExitsGivesItsCodeAndLastLines) {
  const auto result = get(remote<leave>(3));

  EXPECT_EQ(result.error().code, ErrorCode::kWorkerDied);
  EXPECT_THAT(result.error().message, AllOf(HasSubstr("exited with code 3"), HasSubstr("first line\nlast line")));
}

TEST(RemoteTest, AProcessThatIsKilledGivesTheSignalAndLastLines) {
  const auto result = get(remote<die>(SIGKILL));

  EXPECT_EQ(result.error().code, ErrorCode::kWorkerDied);
  EXPECT_THAT(result.error().message, AllOf(HasSubstr("signal 9"), HasSubstr("about to die")));
  EXPECT_EQ(get(remote<add>(1, 2)).value(), 3) << "others go on";
}

struct Arithmetic {
  static int twice(int number) { return 2 * number; }
};
class Oddity : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
void throw_oddity() { throw Oddity("odd"); }

TEST(RemoteTest, ALambdaWithoutCapturesIsAFunctionToo) {
  EXPECT_EQ(get(remote<[](int number) { return number + 1; }>(41)).value(), 42);
  EXPECT_EQ(get(remote<[](int number) { return number + 2; }>(41)).value(), 43) << "each is one of its own";
}

TEST(RemoteTest, SoIsAStaticMember) { EXPECT_EQ(get(remote<Arithmetic::twice>(21)).value(), 42); }

TEST(RemoteTest, NamesInMessagesAreThoseThatThePersonWrote) {
  const auto failed = get(remote<throw_oddity>());

  EXPECT_EQ(failed.error().message.find("anonymous"), std::string::npos) << failed.error().message;
  EXPECT_EQ(internal::name_of<&throw_oddity>(), "manta::remote_test::throw_oddity");
  EXPECT_EQ(internal::name_of_type<Oddity>(), "manta::remote_test::Oddity");
}

}  // namespace
}  // namespace manta::remote_test
