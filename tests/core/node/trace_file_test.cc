// SPDX-License-Identifier: Apache-2.0
// The timeline, without a runtime; tests/system/looking_test.py has whole programs.
#include "core/node/trace_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace manta::trace_file_test {
namespace {

using nlohmann::json;

class TraceFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto file = TraceFile::open(path_, zero_);
    ASSERT_TRUE(file);
    file_ = std::move(*file);
    auto memory = SharedMemory::create("link", LinkLayout::kTotalBytes);
    ASSERT_TRUE(memory);
    link_ = std::move(*memory);
    layout_ = new (link_.data()) LinkLayout;
    ring_ = RingProducer(&layout_->trace, layout_->trace_data(), LinkLayout::kTraceBytes);
  }
  void TearDown() override { std::filesystem::remove(path_); }

  TraceEvent event(TraceEvent::Kind kind, int begin_us, int us) const {
    return {.kind = kind,
            .thread = 5,
            .begin_ns = zero_.time_since_epoch().count() + begin_us * 1000,
            .duration_ns = us * 1000,
            .call = 3};
  }
  bool push(const TraceEvent& event) { return ring_.push(std::as_bytes(std::span(&event, 1))); }
  json read() {
    file_->finish();
    return json::parse(std::ifstream(path_));
  }
  static std::vector<json> with(const json& events, const std::string& key, const json& value) {
    std::vector<json> found;
    for (const json& event : events)
      if (event.value(key, json()) == value) found.push_back(event);
    return found;
  }

  const std::string path_ = testing::TempDir() + "trace-" + std::to_string(::getpid()) + ".json";
  const TimePoint zero_ = std::chrono::steady_clock::now();
  std::unique_ptr<TraceFile> file_;
  SharedMemory link_;
  LinkLayout* layout_ = nullptr;
  RingProducer ring_;
};

TEST_F(TraceFileTest, WithoutEventsItIsStillATimeline) { EXPECT_EQ(with(read(), "name", "process_name").size(), 1u); }

TEST_F(TraceFileTest, TimesAreMicrosecondsSinceTheBeginning) {
  file_->add(event(TraceEvent::Kind::kWait, 1500, 20));

  const json slice = with(read(), "ph", "X").at(0);

  EXPECT_EQ(slice["ts"], 1500.0);
  EXPECT_EQ(slice["dur"], 20.0);
  EXPECT_EQ(slice["name"], "wait");
  EXPECT_EQ(slice["pid"], ::getpid());
  EXPECT_EQ(slice["tid"], 5);
}

TEST_F(TraceFileTest, EventsOfAWorkerThatDiedAreThereWithItsDeath) {
  ASSERT_TRUE(file_->add_worker(7, link_.fd(), "ta\"lly\x01"));
  EXPECT_TRUE(layout_->is_traced);
  layout_->worker_pid = 4711;
  ASSERT_TRUE(push(event(TraceEvent::Kind::kCall, 10, 1)));
  file_->end_worker(7, "was killed by signal 9 (Killed)");

  const json events = read();

  EXPECT_EQ(with(events, "ph", "X").at(0)["pid"], 4711);
  EXPECT_EQ(with(events, "ph", "f").at(0)["id"], "7.3");
  EXPECT_EQ(with(events, "ph", "i").back()["name"], "ta\"lly\x01 was killed by signal 9 (Killed)");
}

TEST_F(TraceFileTest, WhatIsNoEventIsSkipped) {
  ASSERT_TRUE(file_->add_worker(7, link_.fd(), "w"));
  layout_->worker_pid = 4711;
  const std::string nonsense = "nonsense";
  ASSERT_TRUE(ring_.push(std::as_bytes(std::span(nonsense))));
  ASSERT_TRUE(push({.kind = static_cast<TraceEvent::Kind>(99), .begin_ns = -5, .duration_ns = -7}));

  EXPECT_EQ(with(read(), "ph", "X").size(), 1u);
}

TEST_F(TraceFileTest, WhatFoundNoRoomIsCounted) {
  layout_->trace_lost = 12;
  ASSERT_TRUE(file_->add_worker(7, link_.fd(), "w"));

  EXPECT_THAT(with(read(), "ph", "i").back()["name"].get<std::string>(),
              ::testing::HasSubstr("12 events are left out"));
}

TEST_F(TraceFileTest, AnotherEventAfterTheEndIsDropped) {
  file_->finish();
  file_->add(event(TraceEvent::Kind::kWait, 1, 1));

  EXPECT_TRUE(with(read(), "ph", "X").empty());
}

TEST(TraceFileErrorTest, AFileThatCannotBeWrittenIsNamed) {
  const auto file = TraceFile::open("/nowhere/trace.json", {});

  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().message, ::testing::HasSubstr("/nowhere/trace.json"));
}

}  // namespace
}  // namespace manta::trace_file_test
