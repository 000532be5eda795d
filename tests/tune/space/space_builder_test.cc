// SPDX-License-Identifier: Apache-2.0
// A space written in C++ is the space that a document would be.
#include "tune/space/space_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/search_space.h"
#include "tune/space/space_evolution.h"

namespace manta::space_builder_test {
namespace {

using ::testing::HasSubstr;

// Read before main() begins, as in a user's program; parse_space() needs no table that is filled at load time.
const Space kGlobal =
    parse_space(R"({"x": {"float": [0, 1], "when": {"o": "a"}}, "o": {"choice": ["a", "b"]}})").value();

TEST(SpaceBuilderTest, EachCallIsAKeyOfTheDocument) {
  SpaceBuilder builder;
  builder.add_float("lr", 1e-5, 1e-1).log().default_value(0.01).confidence(Confidence::kHigh);
  builder.add_float("dropout", 0, 0.5).step(0.25);
  builder.add_int("hidden", 16, 512).log();
  builder.add_grid("layers", {1, 2, 3});
  builder.add_choice("optimizer", {"sgd", "adam"});
  builder.add_ordinal("size", {"s", "m"});
  builder.add_normal("noise", 0, 1);
  builder.add_choice("model/act", {"relu", true, 0.5}).when("optimizer", "sgd").when("size", {"s", "m"});
  builder.add_int("model/depth", 1, 4).when("hidden", NumberRange{.low = 32, .high = 64, .low_is_open = false});
  builder.add_constant("epochs", 20);
  builder.constraint("hidden * layers <= 1024").start({{"lr", 0.1}, {"model/act", std::string("relu")}});

  const Space space = builder.build().value();

  EXPECT_TRUE(is_same_space(space, space_of(R"({
    "lr": {"float": [1e-5, 1e-1], "log": true, "default": 0.01, "confidence": "high"},
    "dropout": {"float": [0, 0.5], "step": 0.25}, "hidden": {"int": [16, 512], "log": true},
    "layers": {"grid": [1, 2, 3]}, "optimizer": {"choice": ["sgd", "adam"]}, "size": {"ordinal": ["s", "m"]},
    "noise": {"normal": [0, 1]},
    "model": {"act": {"choice": ["relu", true, 0.5], "when": {"optimizer": "sgd", "size": ["s", "m"]}},
              "depth": {"int": [1, 4], "when": {"hidden": {">=": 32, "<": 64}}}},
    "epochs": 20, "constraints": ["hidden * layers <= 1024"], "start": [{"lr": 0.1, "model": {"act": "relu"}}] })")))
      << builder.json();
}

TEST(SpaceBuilderTest, WhatADocumentMayNotSayIsToldByBuild) {
  SpaceBuilder builder;
  builder.add_float("lr", 1, 0);
  SpaceBuilder twice;
  twice.add_int("a", 0, 1);
  twice.add_int("a/b", 0, 1);

  EXPECT_THAT(builder.build().error().message, HasSubstr("space: lr/float: the bounds [1.0, 0.0] are reversed"));
  EXPECT_THAT(twice.build().error().message, HasSubstr("a: this key stands twice"));
}

TEST(SpaceBuilderTest, ASpaceMayBeGlobal) {
  EXPECT_EQ(kGlobal.parameters().size(), 2u);
  EXPECT_TRUE(kGlobal.has_conditions());
}

}  // namespace
}  // namespace manta::space_builder_test
