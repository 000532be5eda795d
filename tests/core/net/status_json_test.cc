// SPDX-License-Identifier: Apache-2.0
// A status goes to JSON and back.
#include "core/net/status_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace manta::status_json_test {
namespace {

using ::testing::HasSubstr;

TEST(StatusJsonTest, WhatWasWrittenIsReadAgain) {
  RuntimeStatus status{.pid = 7, .node = 3, .program = "p\"\n", .uptime_seconds = 1.5, .cpus = 0.5, .queued_tasks = 3};
  status.workers.push_back({.pid = 8, .label = "w", .state = "idle", .unsent_messages = 9, .running = "f"});
  status.actors.push_back({.id = 1, .name = "a", .type = "A", .state = "dead", .owner_pid = 8, .restarts_left = -1});

  const auto read = parse_status_json(to_json(status));

  ASSERT_TRUE(read);
  EXPECT_EQ(to_json(*read), to_json(status));
  EXPECT_EQ(read->node, 3u);
  EXPECT_EQ(read->program, "p\"\n");
  EXPECT_EQ(read->workers.at(0).unsent_messages, 9u);
  EXPECT_EQ(read->actors.at(0).restarts_left, -1);
}

TEST(StatusJsonTest, ANameThatIsNoUtf8IsMended) {
  const RuntimeStatus status{.program = "\xff\xfe"};

  EXPECT_TRUE(parse_status_json(to_json(status)));
}

TEST(StatusJsonTest, AnotherVersionsKeysAreIgnoredOrDefaults) {
  const auto read = parse_status_json(R"({"pid": 5, "novelty": [1, 2], "workers": [{"pid": 6, "mood": "good"}]})");

  ASSERT_TRUE(read);
  EXPECT_EQ(read->pid, 5);
  EXPECT_EQ(read->workers.at(0).pid, 6);
  EXPECT_TRUE(read->actors.empty());
}

TEST(StatusJsonTest, WhatIsNoStatusIsAnError) {
  for (const char* text : {"", "[", "[]", "7", R"({"pid": "x"})", R"({"workers": 3})"}) {
    const auto read = parse_status_json(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(read.error().message, HasSubstr("no runtime's status"));
  }
}

}  // namespace
}  // namespace manta::status_json_test
