// SPDX-License-Identifier: Apache-2.0
// The status says what lies in the store, who made it, and who keeps it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "core/api/actor.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "tests/support/gate.h"

namespace manta::object_table_test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;
using ::testing::IsEmpty;

using Bytes = std::vector<char>;
// No other object has as many bytes: those of tests before may still be going.
std::size_t own_size() {
  static std::size_t next = 123'456;
  return ++next;
}

Bytes make_bytes(std::size_t count) { return Bytes(count, 'o'); }
std::size_t stand_with(const Bytes& bytes, const std::string& gate) {
  Gate::stand_at(gate);
  return bytes.size();
}

struct Wrapped {
  ObjectRef<Bytes> ref;
  Bytes more;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(ref, more);
  }
};

class Keeper {
 public:
  int keep(const Wrapped& wrapped) {
    kept_ = wrapped.ref;
    return ::getpid();
  }

 private:
  ObjectRef<Bytes> kept_;
};

std::vector<ObjectInfo> objects_of(std::size_t bytes) {
  std::vector<ObjectInfo> found = status()->objects;
  std::erase_if(found, [&](const ObjectInfo& object) { return object.bytes != bytes; });
  return found;
}
auto holder(const char* kind, int pid, const std::string& name, std::uint64_t count) {
  return AllOf(Field(&ObjectHolder::kind, kind), Field(&ObjectHolder::pid, pid), Field(&ObjectHolder::name, name),
               Field(&ObjectHolder::count, count));
}

TEST(ObjectsInStatusTest, WhatTheDriverPutIsItsOwn) {
  const std::size_t size = own_size();
  const auto ref = put(make_bytes(size));
  const auto copy = ref;

  const auto objects = objects_of(size);

  ASSERT_EQ(objects.size(), 1u);
  EXPECT_EQ(objects[0].label, "put");
  EXPECT_EQ(objects[0].owner_pid, ::getpid());
  EXPECT_THAT(objects[0].holders, testing::ElementsAre(holder("driver", ::getpid(), "", 2)));
}

TEST(ObjectsInStatusTest, AResultBearsItsFunctionAndItsWorker) {
  const std::size_t size = own_size();
  const auto ref = remote<make_bytes>(size);
  ASSERT_TRUE(get(ref));

  const auto objects = objects_of(size);

  ASSERT_EQ(objects.size(), 1u);
  EXPECT_THAT(objects[0].label, testing::HasSubstr("make_bytes"));
  EXPECT_GT(objects[0].owner_pid, 0);
  EXPECT_NE(objects[0].owner_pid, ::getpid());
}

TEST(ObjectsInStatusTest, ACallKeepsItsArgument) {
  const std::size_t size = own_size();
  Gate gate;
  auto ref = put(make_bytes(size));
  const auto call = remote<stand_with>(ref, gate.path());
  ref = {};
  gate.meet();

  const auto objects = objects_of(size);

  ASSERT_EQ(objects.size(), 1u);
  ASSERT_EQ(objects[0].holders.size(), 1u);
  EXPECT_EQ(objects[0].holders[0].kind, "argument");
  EXPECT_THAT(objects[0].holders[0].name, testing::HasSubstr("stand_with"));
  gate.let_through();
  EXPECT_EQ(get(call).value(), size);
}

TEST(ObjectsInStatusTest, AValueThatContainsItAndAWorkerKeepIt) {
  const std::size_t size = own_size();
  auto inner = put(make_bytes(size));
  auto outer = put(Wrapped{inner, make_bytes(2 * size)});
  inner = {};
  const auto keeper = actor<Keeper>.with({.name = "keeper of objects"})();
  const int pid = get(keeper.call<&Keeper::keep>(outer)).value();

  auto objects = objects_of(size);

  ASSERT_EQ(objects.size(), 1u);
  EXPECT_THAT(objects[0].holders, Contains(holder("value", 0, "put", 1)));
  EXPECT_THAT(objects[0].holders, Contains(holder("worker", pid, "keeper of objects", 1)));
  outer = {};
  EXPECT_THAT(objects_of(size)[0].holders, testing::ElementsAre(holder("worker", pid, "keeper of objects", 1)));
}

TEST(ObjectsInStatusTest, WhatNobodyKeepsIsNotThere) {
  const std::size_t size = own_size();
  put(make_bytes(size));

  EXPECT_THAT(objects_of(size), IsEmpty());
}

}  // namespace
}  // namespace manta::object_table_test
