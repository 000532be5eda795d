// SPDX-License-Identifier: Apache-2.0
#include "schedulers/internal/explore.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/search_space.h"

namespace manta::explore_test {
namespace {

using internal::explore;

// Made on first use: the reader's own tables are not there yet while this file's globals are made.
const Space& every_kind() {
  static const Space space = space_of(R"({
  "rate": {"float": [1e-4, 1e-1], "log": true},
  "momentum": {"float": [0, 1], "step": 0.25},
  "width": {"int": [1, 9]},
  "batch": {"int": [16, 128], "step": 16},
  "depth": {"ordinal": ["small", "middle", "large"]},
  "act": {"choice": ["relu", "tanh", "gelu"]},
  "shift": {"float": [-1, 1]},
  "noise": {"normal": [0, 2]},
  "fixed": 7
})");
  return space;
}

Config some_config() { return sample(every_kind(), 1, 0, 0).value(); }

TEST(ExploreTest, StaysInTheSpaceForEver) {
  Config config = some_config();
  for (std::uint32_t count = 0; count < 2'000; ++count) {
    RandomStream random(1, 1, count);
    config = explore(every_kind(), config, random, 0.1);
    ASSERT_TRUE(every_kind().validate(config)) << config.to_json();
  }
}

TEST(ExploreTest, WithoutDrawingAnewTheNeighboursAreNear) {
  Config from = some_config();
  from.set("rate", 0.01);
  from.set("width", std::int64_t{1});
  from.set("batch", std::int64_t{64});
  from.set("depth", std::string("middle"));
  std::set<double> rates;
  std::set<std::int64_t> widths;
  std::set<std::int64_t> batches;
  std::set<std::string> depths;
  for (std::uint32_t count = 0; count < 50; ++count) {
    RandomStream random(2, 1, count);
    const Config near = explore(every_kind(), from, random, 0);
    rates.insert(near["rate"].as<double>());
    widths.insert(near["width"].as<std::int64_t>());
    batches.insert(near["batch"].as<std::int64_t>());
    depths.insert(near["depth"].as<std::string>());
    EXPECT_EQ(near["act"].as<std::string>(), from["act"].as<std::string>()) << "a choice has no neighbours";
    EXPECT_EQ(near["fixed"].as<int>(), 7);
  }
  EXPECT_EQ(rates, (std::set<double>{0.01 * 0.8, 0.01 * 1.2}));
  EXPECT_EQ(widths, (std::set<std::int64_t>{1, 2})) << "0.8 of 1 is not 0, and 1.2 of it not 1 again";
  EXPECT_EQ(batches, (std::set<std::int64_t>{48, 80}));
  EXPECT_EQ(depths, (std::set<std::string>{"small", "large"}));
}

TEST(ExploreTest, ZeroIsNoTrap) {
  const Space space = space_of(R"({"h": {"float": [0, 1]}})");
  std::set<double> reached;
  for (std::uint32_t count = 0; count < 20; ++count) {
    RandomStream random(3, 1, count);
    reached.insert(explore(space, {{"h", 0.0}}, random, 0)["h"].as<double>());
  }
  EXPECT_EQ(reached, (std::set<double>{0, 0.02}));
}

TEST(ExploreTest, DrawnAnewItMayBeAnywhere) {
  std::set<std::string> acts;
  for (std::uint32_t count = 0; count < 50; ++count) {
    RandomStream random(4, 1, count);
    acts.insert(explore(every_kind(), some_config(), random, 1)["act"].as<std::string>());
  }
  EXPECT_EQ(acts.size(), 3u);
}

TEST(ExploreTest, ActivityFollowsWhatChanged) {
  const Space space =
      parse_space(R"({"opt": {"choice": ["adam", "sgd"]}, "momentum": {"float": [0, 1], "when": {"opt": "sgd"}},
                                      "beta": {"float": [0.5, 1], "when": {"opt": "adam"}}, "n": {"int": [1, 9]},
                                      "constraints": ["momentum * n < 2"]})")
          .value();
  RandomStream random(1, 1);
  Config config = sample(space, 1, 0).value();
  int changes = 0;
  for (int round = 0; round < 100; ++round) {
    const Config next = explore(space, config, random, 0.5);
    EXPECT_TRUE(space.validate(next).has_value()) << next.to_json();
    changes += next.values().at("opt") == config.values().at("opt") ? 0 : 1;
    config = next;
  }

  EXPECT_GT(changes, 10);
}

}  // namespace
}  // namespace manta::explore_test
