// SPDX-License-Identifier: Apache-2.0
// The normal quantile against known values and its own inverse.
#include "tune/space/internal/normal_quantile.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace manta::internal::normal_quantile_test {
namespace {

double normal_probability(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

TEST(NormalQuantileTest, KnownQuantilesAreMet) {
  EXPECT_EQ(normal_quantile(0.5), 0);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-14);
  EXPECT_NEAR(normal_quantile(0.25), -0.6744897501960817, 1e-15);
  EXPECT_NEAR(normal_quantile(0.001), -3.090232306167813, 1e-13);
  EXPECT_NEAR(normal_quantile(1e-20), -9.262340089798408, 1e-12);
}

TEST(NormalQuantileTest, ItInvertsTheProbabilityInEveryPartOfItsRange) {
  for (double z = -30; z <= 5; z += 0.0625) {
    EXPECT_NEAR(normal_quantile(normal_probability(z)), z, 1e-8 * std::max(1.0, std::exp(z * z / 2 - 18))) << z;
  }
}

TEST(NormalQuantileTest, ItIsSymmetric) {
  for (double p = 0x1.0p-40; p < 0.5; p *= 1.5) EXPECT_NEAR(normal_quantile(p), -normal_quantile(1 - p), 1e-4) << p;
  EXPECT_EQ(normal_quantile(0.125), -normal_quantile(0.875));
}

}  // namespace
}  // namespace manta::internal::normal_quantile_test
