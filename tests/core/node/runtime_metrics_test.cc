// SPDX-License-Identifier: Apache-2.0
// The text of metrics; tests/system/looking_test.py reads it as Prometheus does.
#include "core/node/runtime_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace manta::runtime_metrics_test {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

TEST(LatencyHistogramTest, ADurationCountsInItsBucketAndAllAbove) {
  LatencyHistogram histogram;
  histogram.observe(microseconds(1));
  histogram.observe(microseconds(2));
  histogram.observe(seconds(100));

  EXPECT_EQ(histogram.at_most(0), 1u);
  EXPECT_EQ(histogram.at_most(1), 2u);
  EXPECT_EQ(histogram.at_most(LatencyHistogram::kBounds.size() - 1), 2u);
  EXPECT_EQ(histogram.count(), 3u);
  EXPECT_NEAR(histogram.sum_seconds(), 100.000003, 1e-9);
}

TEST(RuntimeMetricsTest, EachMetricHasItsHelpItsTypeAndItsSamples) {
  RuntimeCounts counts{.tasks_finished = 7};
  counts.workers_ended["signal"] = 2;
  counts.call_latency.observe(microseconds(5));

  const std::string text = metrics_text(counts, {.cpus = 1.5, .workers = {{"idle", 3}}});

  EXPECT_THAT(text, HasSubstr("\n# HELP manta_tasks_finished_total Runs of tasks that gave a value.\n"
                              "# TYPE manta_tasks_finished_total counter\n"
                              "manta_tasks_finished_total 7\n"));
  EXPECT_THAT(text, HasSubstr("manta_workers_ended_total{cause=\"signal\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("manta_workers{state=\"idle\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("manta_cpus 1.5\n"));
  EXPECT_THAT(text, HasSubstr("manta_call_latency_seconds_bucket{le=\"3e-06\"} 0\n"
                              "manta_call_latency_seconds_bucket{le=\"1e-05\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("manta_call_latency_seconds_bucket{le=\"+Inf\"} 1\n"
                              "manta_call_latency_seconds_sum 5e-06\n"
                              "manta_call_latency_seconds_count 1\n"));
}

}  // namespace
}  // namespace manta::runtime_metrics_test
