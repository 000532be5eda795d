// SPDX-License-Identifier: Apache-2.0
// Quantile functions: ends, masses, order, and how values print.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "core/base/random.h"
#include "tune/space/space.h"

namespace manta::value_at_test {
namespace {

constexpr double kLastU = 1 - 0x1.0p-53;  // The largest number that RandomStream::uniform() gives.

double real(const Value& value) { return std::get<double>(value); }
std::int64_t integer(const Value& value) { return std::get<std::int64_t>(value); }

// How often each value comes up in `draws` draws of a fixed stream.
std::map<Value, int> histogram(const Domain& domain, int draws, std::uint64_t seed) {
  RandomStream stream(seed, 0);
  std::map<Value, int> counts;
  for (int i = 0; i < draws; ++i) ++counts[value_at(domain, stream.uniform())];
  return counts;
}

// Of `counts` against equal masses.
double chi_square(const std::map<Value, int>& counts) {
  double total = 0;
  for (const auto& [value, count] : counts) total += count;
  const double expected = total / static_cast<double>(counts.size());
  double sum = 0;
  for (const auto& [value, count] : counts) sum += std::pow(count - expected, 2) / expected;
  return sum;
}

TEST(ValueAtTest, AFloatIsUniformBetweenItsBounds) {
  const FloatDomain domain{-2, 6};

  EXPECT_EQ(real(value_at(domain, 0)), -2);
  EXPECT_EQ(real(value_at(domain, 0.25)), 0);
  EXPECT_EQ(real(value_at(domain, 0.5)), 2);
  EXPECT_LE(real(value_at(domain, kLastU)), 6);
}

TEST(ValueAtTest, AFloatMaySpanAllDoubles) {
  constexpr double kMax = std::numeric_limits<double>::max();

  EXPECT_EQ(real(value_at(FloatDomain{-kMax, kMax}, 0)), -kMax);
  EXPECT_EQ(real(value_at(FloatDomain{-kMax, kMax}, 0.5)), 0);
  EXPECT_TRUE(std::isfinite(real(value_at(FloatDomain{-kMax, kMax}, kLastU))));
}

TEST(ValueAtTest, ALogFloatIsUniformInItsLogarithm) {
  const FloatDomain domain{1e-4, 1, true};

  EXPECT_NEAR(real(value_at(domain, 0)), 1e-4, 1e-18);
  EXPECT_NEAR(real(value_at(domain, 0.25)), 1e-3, 1e-15);
  EXPECT_NEAR(real(value_at(domain, 0.5)), 1e-2, 1e-14);
  EXPECT_LE(real(value_at(domain, kLastU)), 1);
}

TEST(ValueAtTest, ALogFloatMaySpanAllPositiveDoubles) {
  const FloatDomain domain{5e-324, std::numeric_limits<double>::max(), true};

  EXPECT_EQ(real(value_at(domain, 0)), 5e-324);
  EXPECT_TRUE(std::isfinite(real(value_at(domain, kLastU))));
}

TEST(ValueAtTest, ASteppedFloatReachesBothEndsAndEveryStepPrintsWell) {
  const FloatDomain domain{.low = 0, .high = 0.5, .step = 0.05};
  const char* const expected[] = {"0.0", "0.05", "0.1", "0.15", "0.2", "0.25", "0.3", "0.35", "0.4", "0.45", "0.5"};

  for (int k = 0; k < 11; ++k) EXPECT_EQ(to_json(value_at(domain, (k + 0.5) / 11)), expected[k]);
  EXPECT_EQ(real(value_at(domain, 0)), 0.0);
  EXPECT_EQ(real(value_at(domain, kLastU)), 0.5);
}

TEST(ValueAtTest, StepsOfEverySizePrintWell) {
  EXPECT_EQ(to_json(value_at(FloatDomain{.low = 0.1, .high = 0.7, .step = 0.2}, 0.6)), "0.5");
  EXPECT_EQ(to_json(value_at(FloatDomain{.low = -0.3, .high = 0.3, .step = 0.1}, 0.5)), "0.0");
  EXPECT_EQ(to_json(value_at(FloatDomain{.low = 1e-7, .high = 3e-7, .step = 1e-7}, 0.5)), "2e-07");
  EXPECT_EQ(to_json(value_at(FloatDomain{.low = 0, .high = 3e300, .step = 1e300}, 0.7)), "2e+300");
  EXPECT_EQ(to_json(value_at(FloatDomain{.low = -1.5e308, .high = 1.5e308, .step = 0.5e308}, 0.99)), "1.5e+308");
  EXPECT_EQ(to_json(value_at(FloatDomain{.low = 1e-320, .high = 3e-320, .step = 1e-320}, 0.5)), "2e-320");
}

TEST(ValueAtTest, EachStepOfAFloatHasTheSameMass) {
  const auto counts = histogram(FloatDomain{.low = 0, .high = 0.5, .step = 0.05}, 110000, 1);

  ASSERT_EQ(counts.size(), 11u);
  EXPECT_LT(chi_square(counts), 29.6) << "10 degrees of freedom: 0.1 % of seeds lie above";
}

TEST(ValueAtTest, AnIntReachesBothEndsWithTheSameMass) {
  const auto counts = histogram(IntDomain{-3, 3}, 70000, 2);

  ASSERT_EQ(counts.size(), 7u);
  EXPECT_EQ(integer(counts.begin()->first), -3);
  EXPECT_EQ(integer(counts.rbegin()->first), 3);
  EXPECT_LT(chi_square(counts), 22.5) << "6 degrees of freedom: 0.1 % of seeds lie above";
}

TEST(ValueAtTest, AnIntWithStepHasItsMultiplesOnly) {
  const auto counts = histogram(IntDomain{.low = 8, .high = 32, .step = 8}, 40000, 3);

  ASSERT_EQ(counts.size(), 4u);
  for (const auto& [value, count] : counts) EXPECT_EQ(integer(value) % 8, 0);
  EXPECT_LT(chi_square(counts), 16.3) << "3 degrees of freedom: 0.1 % of seeds lie above";
}

TEST(ValueAtTest, TheWidestIntStaysInsideItsBounds) {
  constexpr std::int64_t kMax = std::int64_t{1} << 53;

  EXPECT_EQ(integer(value_at(IntDomain{-kMax, kMax}, 0)), -kMax);
  EXPECT_LE(integer(value_at(IntDomain{-kMax, kMax}, kLastU)), kMax);
  EXPECT_EQ(integer(value_at(IntDomain{.low = 1, .high = kMax, .log = true}, 0)), 1);
  EXPECT_LE(integer(value_at(IntDomain{.low = 1, .high = kMax, .log = true}, kLastU)), kMax);
}

TEST(ValueAtTest, TheMassOfALogIntFallsAsOneOverX) {
  constexpr int kDraws = 400000;
  const auto counts = histogram(IntDomain{.low = 1, .high = 20, .log = true}, kDraws, 4);
  const double norm = std::log(20.5 / 0.5);

  ASSERT_EQ(counts.size(), 20u);
  double sum = 0;
  for (const auto& [value, count] : counts) {
    const auto x = static_cast<double>(integer(value));
    const double expected = kDraws * std::log((x + 0.5) / (x - 0.5)) / norm;
    sum += std::pow(count - expected, 2) / expected;
    EXPECT_NEAR(count * norm / kDraws, 1 / x, 0.11 / x) << "at " << x;
  }
  EXPECT_LT(sum, 43.8) << "19 degrees of freedom: 0.1 % of seeds lie above";
}

TEST(ValueAtTest, EachValueOfAListHasTheSameMassInItsOrder) {
  const std::vector<Value> values{std::string("s"), std::int64_t{5}, true};
  for (const Domain& domain :
       {Domain(ChoiceDomain{values}), Domain(OrdinalDomain{values}), Domain(GridDomain{values})}) {
    EXPECT_EQ(value_at(domain, 0), values[0]);
    EXPECT_EQ(value_at(domain, 0.5), values[1]);
    EXPECT_EQ(value_at(domain, kLastU), values[2]);
    EXPECT_LT(chi_square(histogram(domain, 30000, 5)), 13.8) << "2 degrees of freedom: 0.1 % of seeds lie above";
  }
}

TEST(ValueAtTest, ANormalHasItsMeanInTheMiddleAndIsFiniteAtTheEnds) {
  const NormalDomain domain{10, 2};

  EXPECT_EQ(real(value_at(domain, 0.5)), 10);
  EXPECT_NEAR(real(value_at(domain, 0.8413447460685429)), 12, 1e-12);
  EXPECT_NEAR(real(value_at(domain, 0)), 10 - 2 * 8.29, 0.01);
  EXPECT_LT(real(value_at(domain, kLastU)), 10 + 2 * 8.3);
}

TEST(ValueAtTest, AConstantIsItsValueEverywhere) {
  EXPECT_EQ(value_at(ConstantDomain{std::string("x")}, 0), Value(std::string("x")));
  EXPECT_EQ(value_at(ConstantDomain{std::string("x")}, kLastU), Value(std::string("x")));
}

TEST(ValueAtTest, NumbersNeverFallAsURises) {
  const std::vector<Domain> domains{FloatDomain{-1, 3},
                                    FloatDomain{1e-5, 10, true},
                                    FloatDomain{.low = -1, .high = 1, .step = 0.1},
                                    IntDomain{-5, 5},
                                    IntDomain{.low = 1, .high = 1000, .log = true},
                                    NormalDomain{3, 0.1}};
  for (const Domain& domain : domains) {
    Value last = value_at(domain, 0);
    for (int i = 1; i < 10000; ++i) {
      const Value next = value_at(domain, i / 10000.0);
      ASSERT_LE(last, next) << domain_json(domain) << " at " << i / 10000.0;
      last = next;
    }
  }
}

}  // namespace
}  // namespace manta::value_at_test
