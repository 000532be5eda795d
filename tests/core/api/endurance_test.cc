// SPDX-License-Identifier: Apache-2.0
// Large numbers: of queued calls and tasks, and of actors that come and go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "core/api/actor.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "tests/support/gate.h"
#include "tests/support/sanitizer.h"

namespace manta::endurance_test {
namespace {

class Adder {
 public:
  int add(int by) { return sum_ += by; }
  int process() { return ::getpid(); }
  int stand_at(const std::string& gate) {
    Gate::stand_at(gate);
    return 0;
  }

 private:
  int sum_ = 0;
};

int stand(const std::string& gate) {
  Gate::stand_at(gate);
  return 0;
}
int identity(int number) { return number; }

// Pages of this process that are its own.
std::size_t private_bytes() {
  std::size_t total = 0;
  std::size_t resident = 0;
  std::size_t shared = 0;
  std::ifstream("/proc/self/statm") >> total >> resident >> shared;
  return (resident - shared) * 4096;
}

// A sanitizer keeps what was freed, and counts for itself.
constexpr int kMany = kIsSanitized ? 20'000 : 1'000'000;

TEST(EnduranceTest, AMillionQueuedCallsTakeLessThanAKibibyteEach) {
  Gate gate;
  const auto adder = actor<Adder>();
  const auto standing = adder.call<&Adder::stand_at>(gate.path());
  gate.meet();
  std::vector<ObjectRef<int>> refs(kMany);
  const std::size_t before = private_bytes();

  for (auto& ref : refs) ref = adder.call<&Adder::add>(1);

  const std::size_t each = (private_bytes() - before) / kMany;
  RecordProperty("bytes_per_queued_call", static_cast<int>(each));
  std::printf("%zu bytes for each queued call\n", each);
  if (!kIsSanitized) {
    EXPECT_LT(each, 1024u);
  }
  gate.let_through();
  for (int i = 0; i < kMany; ++i) ASSERT_EQ(get(refs[static_cast<std::size_t>(i)]).value(), i + 1);
}

TEST(EnduranceTest, ALimitOnPendingCallsBoundsTheMemory) {
  const auto adder = actor<Adder>.with({.max_pending_calls = 1'000})();
  ASSERT_TRUE(get(adder.call<&Adder::add>(0)));
  ::malloc_trim(0);
  const std::size_t before = private_bytes();

  for (int i = 0; i < kMany; ++i) adder.call<&Adder::add>(1);

  const std::size_t after = private_bytes();
  if (!kIsSanitized) {
    EXPECT_LT(after, before + (std::size_t{16} << 20));
  }
  EXPECT_EQ(get(adder.call<&Adder::add>(0)).value(), kMany);
}

TEST(EnduranceTest, TenThousandTasksForEachWorkerWaitAndRun) {
  constexpr int kTasks = 20'000;  // There are two CPUs.
  Gate first;
  Gate second;
  const auto standing = std::vector{remote<stand>(first.path()), remote<stand>(second.path())};
  first.meet();
  second.meet();
  std::vector<ObjectRef<int>> refs;
  for (int i = 0; i < kTasks; ++i) refs.push_back(remote<identity>(i));

  first.let_through();
  second.let_through();

  for (int i = 0; i < kTasks; ++i) ASSERT_EQ(get(refs[static_cast<std::size_t>(i)]).value(), i);
}

Result<int> nest(int depth) {
  if (depth == 0) return 0;
  MANTA_ASSIGN_OR_RETURN(const int below, get(remote<nest>(depth - 1)));
  return below + 1;
}

// Each of them keeps its process while it waits.
TEST(EnduranceTest, TasksThatWaitForTasksAreNestedAThousandDeep) {
  constexpr int kDepth = kIsSanitized ? 50 : 1'000;

  EXPECT_EQ(get(remote<nest>(kDepth)).value(), kDepth);
}

TEST(EnduranceTest, TwoThousandActorsComeAndGo) {
  constexpr int kActors = kIsSanitized ? 200 : 2'000;
  for (int i = 0; i < kActors; ++i) {
    const auto adder = actor<Adder>();
    ASSERT_EQ(get(adder.call<&Adder::add>(i)).value(), i);
  }
  EXPECT_LT(status()->workers.size(), 100u);
}

}  // namespace
}  // namespace manta::endurance_test
