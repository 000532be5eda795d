// SPDX-License-Identifier: Apache-2.0
// What node and fork server say to each other is believed only if it is what the other says.
#include "core/net/spawn_request.h"

#include <gtest/gtest.h>

#include <cstring>

namespace manta::spawn_request_test {
namespace {

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

TEST(SpawnRequestTest, WhatWasWrittenIsRead) {
  SpawnRequest request{.worker = 7, .memory_limit = 1 << 20, .use_cgroup = 1, .cpus = 3};
  std::strcpy(request.visible_devices, "0,1");
  std::strcpy(request.name, "worker");

  const auto read = read_spawn_request(bytes_of(request));

  ASSERT_TRUE(read);
  EXPECT_EQ(read->worker, 7u);
  EXPECT_EQ(read->cpus, 3u);
  EXPECT_STREQ(read->visible_devices, "0,1");
  EXPECT_STREQ(read->name, "worker");
}

TEST(SpawnRequestTest, ARequestOfAnotherSizeIsNone) {
  const SpawnRequest request;

  EXPECT_FALSE(read_spawn_request({}));
  EXPECT_FALSE(read_spawn_request(bytes_of(request).first(sizeof request - 1)));
}

TEST(SpawnRequestTest, TextsMustEnd) {
  SpawnRequest request;
  std::memset(request.name, 'x', sizeof request.name);
  EXPECT_FALSE(read_spawn_request(bytes_of(request)));
  request = {};
  std::memset(request.visible_devices, '1', sizeof request.visible_devices);
  EXPECT_FALSE(read_spawn_request(bytes_of(request)));
}

TEST(SpawnRequestTest, NumbersThatMeanNothingAreRefused) {
  EXPECT_FALSE(read_spawn_request(bytes_of(SpawnRequest{.use_cgroup = 2})));
  EXPECT_FALSE(read_spawn_request(bytes_of(SpawnRequest{.cpus = 0})));
}

TEST(SpawnNoticeTest, StartsEndsAndFailedForksAreRead) {
  using Kind = SpawnNotice::Kind;
  EXPECT_EQ(read_spawn_notice(bytes_of(SpawnNotice{.pid = 12, .worker = 3}))->worker, 3u);
  const SpawnNotice exited{.kind = Kind::kExited, .pid = 12, .wait_status = 9};
  EXPECT_EQ(read_spawn_notice(bytes_of(exited))->wait_status, 9);
  EXPECT_EQ(read_spawn_notice(bytes_of(SpawnNotice{.pid = -1, .wait_status = 11}))->wait_status, 11);
}

// kill() of the group of 1, 0 or -1 would end all processes, or the driver.
TEST(SpawnNoticeTest, WhatStandsForManyProcessesIsNoWorker) {
  using Kind = SpawnNotice::Kind;
  for (const int pid : {1, 0, -2, -1000}) {
    EXPECT_FALSE(read_spawn_notice(bytes_of(SpawnNotice{.pid = pid}))) << pid;
    EXPECT_FALSE(read_spawn_notice(bytes_of(SpawnNotice{.kind = Kind::kExited, .pid = pid}))) << pid;
  }
  EXPECT_FALSE(read_spawn_notice(bytes_of(SpawnNotice{.kind = Kind::kExited, .pid = -1})));
}

TEST(SpawnNoticeTest, AnotherKindOrSizeIsNone) {
  const SpawnNotice notice{.kind = static_cast<SpawnNotice::Kind>(2), .pid = 12};

  EXPECT_FALSE(read_spawn_notice(bytes_of(notice)));
  EXPECT_FALSE(read_spawn_notice(bytes_of(SpawnNotice{.pid = 12}).first(sizeof notice - 1)));
  EXPECT_FALSE(read_spawn_notice({}));
}

}  // namespace
}  // namespace manta::spawn_request_test
