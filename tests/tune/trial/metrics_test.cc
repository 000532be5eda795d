// SPDX-License-Identifier: Apache-2.0
#include "tune/trial/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace manta::metrics_test {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

std::vector<Metrics::Entry> entries_of(const Metrics& metrics) { return {metrics.begin(), metrics.end()}; }

TEST(MetricsTest, AreEmptyAtFirst) {
  const Metrics metrics;

  EXPECT_TRUE(metrics.empty());
  EXPECT_EQ(metrics.size(), 0u);
  EXPECT_EQ(metrics.find("loss"), std::nullopt);
}

TEST(MetricsTest, KeepTheOrderInWhichTheyAreGiven) {
  const Metrics metrics{{"loss", 1.5}, {"accuracy", 0.9}};

  EXPECT_THAT(entries_of(metrics), ElementsAre(Pair("loss", 1.5), Pair("accuracy", 0.9)));
}

TEST(MetricsTest, ANameGivenTwiceKeepsItsPlaceAndTheLastValue) {
  Metrics metrics{{"loss", 1}, {"accuracy", 2}, {"loss", 3}};

  metrics.set("accuracy", 4);

  EXPECT_THAT(entries_of(metrics), ElementsAre(Pair("loss", 3), Pair("accuracy", 4)));
}

TEST(MetricsTest, FindTellsAMissingMetricFromOneThatIsNotANumber) {
  const Metrics metrics{{"loss", std::numeric_limits<double>::quiet_NaN()}};

  ASSERT_TRUE(metrics.find("loss").has_value());
  EXPECT_TRUE(std::isnan(*metrics.find("loss")));
  EXPECT_EQ(metrics.find("los"), std::nullopt);
}

}  // namespace
}  // namespace manta::metrics_test
