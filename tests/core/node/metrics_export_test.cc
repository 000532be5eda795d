// SPDX-License-Identifier: Apache-2.0
#include "core/node/metrics_export.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>

namespace manta::metrics_export_test {
namespace {

std::string read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class MetricsExportTest : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  const std::string path_ = testing::TempDir() + "metrics-" + std::to_string(::getpid()) + ".prom";
};

TEST_F(MetricsExportTest, TheFileIsThereAtOnceAndHasTheLastTextAtTheEnd) {
  std::atomic<int> calls = 0;
  {
    const auto made = MetricsExport::start({.file = path_, .interval = std::chrono::hours(1)},
                                           [&] { return "text " + std::to_string(++calls) + "\n"; });
    ASSERT_TRUE(made);
    EXPECT_EQ(read(path_), "text 1\n");
  }

  EXPECT_EQ(read(path_), "text 2\n");
}

TEST_F(MetricsExportTest, TheCallbackIsCalledEveryInterval) {
  std::promise<void> third;
  int calls = 0;
  const auto made = MetricsExport::start({.callback =
                                              [&](const std::string& text) {
                                                EXPECT_EQ(text, "x");
                                                if (++calls == 3) third.set_value();
                                              },
                                          .interval = std::chrono::milliseconds(1)},
                                         [] { return std::string("x"); });

  third.get_future().wait();
}

TEST_F(MetricsExportTest, WhatCannotBeIsRefused) {
  const auto text = [] { return std::string(); };

  EXPECT_EQ(MetricsExport::start({.file = path_, .interval = Duration::zero()}, text).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(MetricsExport::start({.file = "/nowhere/metrics"}, text).error().code, ErrorCode::kSystem);
}

}  // namespace
}  // namespace manta::metrics_export_test
