// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/recorded_population.h"

#include <gtest/gtest.h>

namespace manta::recorded_population_test {
namespace {

TEST(RecordedPopulationTest, ASchedulerIsKnownByItsName) {
  for (const char* text : {"pbt", "pbt:interval=2", " pbt-sync + patience:reports=3", "pb2+plateau"})
    EXPECT_TRUE(is_population(text)) << text;
  for (const char* text : {"", " ", "fifo", "pbt-replay:from=pbt", "asha + patience"})
    EXPECT_FALSE(is_population(text)) << text;
}

TEST(RecordedPopulationTest, WhereThereIsNoExperimentThereIsNoPopulation) {
  const Result<Snapshot> snapshot = population_snapshot("/there/is/none");

  ASSERT_FALSE(snapshot.has_value());
  EXPECT_EQ(snapshot.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace manta::recorded_population_test
