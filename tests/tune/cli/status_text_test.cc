// SPDX-License-Identifier: Apache-2.0
// A runtime's status as tables.
#include "tune/cli/status_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace manta::status_text_test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

RuntimeStatus status_of(int actors) {
  RuntimeStatus status{.pid = 4711,
                       .node = 1,
                       .program = "descent",
                       .uptime_seconds = 123,
                       .cpus = 2,
                       .gpus = 1,
                       .store_bytes_used = std::uint64_t{3} << 19,
                       .store_bytes_capacity = std::uint64_t{1} << 30,
                       .queued_tasks = 7};
  for (int i = 0; i < actors; ++i) {
    const std::string name = "actor-" + std::to_string(i);
    status.actors.push_back({.id = static_cast<std::uint64_t>(i),
                             .name = name,
                             .type = i % 2 == 0 ? "Counter" : "Cache",
                             .state = i == 5 ? "pending" : "alive",
                             .pid = i == 5 ? 0 : 10'000 + i,
                             .queued_calls = static_cast<std::uint64_t>(i),
                             .running = "Counter::increase"});
    status.workers.push_back({.pid = 10'000 + i, .label = name, .state = "actor"});
  }
  return status;
}

std::size_t widest_line(const std::string& text) {
  std::istringstream lines(text);
  std::size_t widest = 0;
  for (std::string line; std::getline(lines, line);)
    widest = std::max(widest, static_cast<std::size_t>(display_width(line)));
  return widest;
}

std::size_t line_count(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(StatusTextTest, ARuntimeWithoutAnythingIsThreeLinesOfTotalsAndTwoCounts) {
  const std::string text = status_text(status_of(0), {}, {});

  EXPECT_EQ(text,
            "descent (pid 4711), up 2 min 3 s, node 1, 2 CPUs, 1 GPU\n"
            "object store: 1.5 MiB of 1.0 GiB\n"
            "queued tasks: 7\n"
            "\n"
            "actors: 0\n"
            "\n"
            "workers: 0\n"
            "\n"
            "objects in the store: 0\n");
}

TEST(StatusTextTest, ActorsAreCountedByClassAndTheLongestQueuesComeFirst) {
  const std::string text = status_text(status_of(200), {}, {.width = 100});

  EXPECT_THAT(text, HasSubstr("actors: 200\n"));
  EXPECT_THAT(text, ContainsRegex(" +99 +1 +0 +10000  Cache\n"));
  EXPECT_THAT(text, ContainsRegex(" +100 +0 +0 +9900  Counter\n"));
  EXPECT_LT(text.find("actor-199"), text.find("actor-198"));
  EXPECT_THAT(text, Not(HasSubstr("actor-50 ")));
  EXPECT_THAT(text, HasSubstr("  and 190 more (--all shows them)\n"));
  EXPECT_LT(line_count(text), 40u);
}

TEST(StatusTextTest, AllIsAll) {
  const std::string text = status_text(status_of(200), {.all = true}, {.width = 100});

  EXPECT_THAT(text, Not(HasSubstr("more")));
  EXPECT_GT(line_count(text), 400u);
}

TEST(StatusTextTest, AnObjectIsShownWithThoseWhoHoldIt) {
  RuntimeStatus status = status_of(0);
  status.object_count = 2;
  status.objects.push_back({.bytes = 4096, .label = "put", .owner_pid = 4711, .age_seconds = 61});
  status.objects.push_back({.bytes = std::uint64_t{1} << 20,
                            .label = "ramp",
                            .owner_pid = 12,
                            .holders = {{.kind = "driver", .pid = 4711, .count = 2},
                                        {.kind = "worker", .pid = 13, .name = "tally", .count = 1},
                                        {.kind = "argument", .name = "sum", .count = 1}}});

  const std::string text = status_text(status, {}, {.width = 100});

  EXPECT_THAT(text, HasSubstr("objects in the store: 2\n"));
  EXPECT_THAT(text, ContainsRegex("1.0 MiB +12 +0 s +ramp +driver x2, worker 13 \\(tally\\), argument of sum\n"));
  EXPECT_THAT(text, ContainsRegex("4.0 KiB +driver +1 min 1 s +put\n"));
  EXPECT_LT(text.find("ramp"), text.find("put"));
}

TEST(StatusTextTest, NoLineIsWiderThanTheTerminal) {
  RuntimeStatus status = status_of(3);
  status.actors[0].name = std::string(300, 'n');
  status.actors[1].running = std::string(300, 'r');
  status.program = std::string(300, 'p');

  for (const int width : {20, 40, 80, 132})
    EXPECT_LE(widest_line(status_text(status, {}, {.width = width, .utf8 = true})), static_cast<std::size_t>(width));
}

TEST(StatusTextTest, NamesCannotMoveTheCursor) {
  RuntimeStatus status = status_of(1);
  status.actors[0].name = "a\x1b[2Jb\nc";
  status.workers[0].label = "\x07";
  status.program = "\x1b]0;title\x07";

  const std::string text = status_text(status, {}, {.width = 200});

  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\x07'), std::string::npos);
  EXPECT_THAT(text, HasSubstr("a\\x1b[2Jb\\nc"));
}

TEST(StatusTextTest, TimesAndSizesAreForPeople) {
  EXPECT_EQ(uptime_text(-1), "0 s");
  EXPECT_EQ(uptime_text(59.9), "59 s");
  EXPECT_EQ(uptime_text(3599), "59 min 59 s");
  EXPECT_EQ(uptime_text(3661), "1 h 1 min");
  EXPECT_EQ(uptime_text(90'000), "1 d 1 h");
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(1023), "1023 B");
  EXPECT_EQ(bytes_text(1536), "1.5 KiB");
  EXPECT_EQ(bytes_text(std::uint64_t{5} << 50), "5120.0 TiB");
}

}  // namespace
}  // namespace manta::status_text_test
