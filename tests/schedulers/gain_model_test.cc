// SPDX-License-Identifier: Apache-2.0
#include "schedulers/internal/gain_model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <vector>

#include "tests/support/search_space.h"

namespace manta::gain_model_test {
namespace {

using internal::GainModel;
using internal::UnderWay;

const Space& two_numbers() {
  static const Space space = space_of(R"({"a": {"float": [0, 1]}, "b": {"float": [0, 1]}})");
  return space;
}

double of(const Config& config, const char* name) { return config[name].as<double>(); }

// Gains peak where a lies at `peak`; b does nothing.
void show(GainModel& model, double peak, double begin, int count) {
  RandomStream random(3, 1, static_cast<std::uint32_t>(begin));
  for (int i = 0; i < count; ++i) {
    const Config config{{"a", random.uniform()}, {"b", random.uniform()}};
    const double distance = of(config, "a") - peak;
    model.add({begin + i / 4, 0.0, model.encode(config), 1 - 4 * distance * distance});
  }
}

Config chosen(const GainModel& model, double time, std::uint32_t draw, std::vector<UnderWay> others = {}) {
  RandomStream random(1, 1, draw);
  return model.choose({{"a", 0.5}, {"b", 0.5}}, time, 0.0, others, random);
}

TEST(GainModelTest, WithFewGainsTheStartStays) {
  GainModel model(two_numbers());
  show(model, 0.8, 0, GainModel::kLeast - 1);

  EXPECT_EQ(chosen(model, 1, 0), (Config{{"a", 0.5}, {"b", 0.5}}));
}

TEST(GainModelTest, ItGoesWhereTheGainsAre) {
  GainModel model(two_numbers());
  show(model, 0.8, 0, 40);

  for (std::uint32_t draw = 0; draw < 10; ++draw) EXPECT_NEAR(of(chosen(model, 10, draw), "a"), 0.8, 0.15);
}

TEST(GainModelTest, WhatWasLongAgoIsForgotten) {
  GainModel model(two_numbers());
  show(model, 0.2, 0, 40);
  show(model, 0.9, 60, 40);

  for (std::uint32_t draw = 0; draw < 10; ++draw) EXPECT_NEAR(of(chosen(model, 70, draw), "a"), 0.9, 0.2);
}

TEST(GainModelTest, ItKeepsAwayFromWhatOthersHaveUnderWay) {
  GainModel model(two_numbers());
  show(model, 0.5, 0, 8);
  std::vector<UnderWay> others;
  double nearest = 1;
  for (std::uint32_t draw = 0; draw < 4; ++draw) {
    const Config config = chosen(model, 3, draw, others);
    for (const UnderWay& other : others) {
      nearest = std::min(nearest,
                         std::hypot(of(config, "a") - of(other.config, "a"), of(config, "b") - of(other.config, "b")));
    }
    others.push_back({3, 0.0, config});
  }

  EXPECT_GT(nearest, 0.1);
}

TEST(GainModelTest, OneTrialThatDivergesHidesNothing) {
  GainModel model(two_numbers());
  show(model, 0.8, 0, 40);
  model.add({10, 0.0, model.encode({{"a", 0.1}, {"b", 0.5}}), -1e12});

  EXPECT_NEAR(of(chosen(model, 11, 0), "a"), 0.8, 0.2);
}

TEST(GainModelTest, EqualGainsAndEqualPointsAreNoTrouble) {
  GainModel model(two_numbers());
  for (int i = 0; i < 30; ++i) model.add({1, 0.0, model.encode({{"a", 0.5}, {"b", 0.5}}), 2.0});

  EXPECT_TRUE(two_numbers().validate(chosen(model, 2, 0)));
}

TEST(GainModelTest, OnlyTheNewestAreKept) {
  GainModel model(two_numbers());
  show(model, 0.8, 0, GainModel::kMost + 50);

  EXPECT_EQ(model.gains().size(), GainModel::kMost);
}

TEST(GainModelTest, ChoicesStayAndConditionsAndConstraintsHold) {
  const Space space = space_of(R"({
    "kind": {"choice": ["sgd", "adam"]},
    "momentum": {"float": [0, 1], "when": {"kind": "sgd"}},
    "width": {"int": [1, 64]}, "depth": {"int": [1, 64]},
    "constraints": ["width * depth <= 512"]})");
  GainModel model(space);
  RandomStream random(5, 1);
  for (std::int64_t i = 0; i < 40; ++i) {
    const Config config = sample(space, 1, i, 0).value();
    model.add({static_cast<double>(i), random.uniform(), model.encode(config), random.normal()});
  }
  for (std::int64_t i = 40; i < 80; ++i) {
    const Config start = sample(space, 1, i, 0).value();

    const Config config = model.choose(start, 40, 0.5, {}, random);

    ASSERT_TRUE(space.validate(config)) << config.to_json();
    EXPECT_EQ(config["kind"].as<std::string>(), start["kind"].as<std::string>());
  }
}

TEST(GainModelTest, ASpaceOfConstantsIsLeftAlone) {
  const Space space = space_of(R"({"fixed": 7})");
  GainModel model(space);
  for (int i = 0; i < 10; ++i) model.add({1, 0.0, {}, 2.0});
  RandomStream random(5, 1);

  EXPECT_EQ(model.choose({{"fixed", 7}}, 2, 0.0, {}, random), (Config{{"fixed", 7}}));
}

}  // namespace
}  // namespace manta::gain_model_test
