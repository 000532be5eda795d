// SPDX-License-Identifier: Apache-2.0
// What a resumed experiment may change in its space.
#include "tune/space/space_evolution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/search_space.h"

namespace manta::space_evolution_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> changes(const std::string& before, const std::string& after) {
  return forbidden_changes(space_of(before), space_of(after));
}

// Of one parameter called x.
std::vector<std::string> changes_of_x(const std::string& before, const std::string& after) {
  return changes("{\"x\": " + before + "}", "{\"x\": " + after + "}");
}

TEST(SpaceEvolutionTest, ARangeMayBeWidened) {
  EXPECT_THAT(changes_of_x(R"({"float": [0, 1]})", R"({"float": [-1, 2]})"), IsEmpty());
  EXPECT_THAT(changes_of_x(R"({"float": [0.1, 1], "log": true})", R"({"float": [0.01, 1], "log": true})"), IsEmpty());
  EXPECT_THAT(changes_of_x(R"({"float": [0, 1], "step": 0.25})", R"({"float": [-0.5, 1], "step": 0.25})"), IsEmpty());
  EXPECT_THAT(changes_of_x(R"({"int": [1, 9]})", R"({"int": [1, 10]})"), IsEmpty());
  EXPECT_THAT(changes_of_x(R"({"int": [1, 9], "step": 2})", R"({"int": [-1, 11], "step": 2})"), IsEmpty());
}

TEST(SpaceEvolutionTest, ARangeMayNotBeNarrowedOrMoveOffItsValues) {
  EXPECT_THAT(changes_of_x(R"({"float": [0, 1]})", R"({"float": [0, 0.5]})"),
              ElementsAre(R"(x: {"float":[0.0,1.0]} -> {"float":[0.0,0.5]})"));
  EXPECT_THAT(changes_of_x(R"({"float": [0.1, 1]})", R"({"float": [0.1, 1], "log": true})").size(), 1u);
  EXPECT_THAT(changes_of_x(R"({"float": [0, 1], "step": 0.5})", R"({"float": [0, 1], "step": 0.25})").size(), 1u);
  EXPECT_THAT(changes_of_x(R"({"float": [0, 1], "step": 0.5})", R"({"float": [-0.25, 1.25], "step": 0.5})").size(), 1u);
  EXPECT_THAT(changes_of_x(R"({"int": [1, 9]})", R"({"int": [2, 9]})").size(), 1u);
  EXPECT_THAT(changes_of_x(R"({"int": [1, 9], "step": 2})", R"({"int": [0, 10], "step": 2})").size(), 1u);
  EXPECT_THAT(changes_of_x(R"({"int": [1, 9]})", R"({"float": [1, 9]})").size(), 1u);
  EXPECT_THAT(changes_of_x(R"({"normal": [0, 1]})", R"({"normal": [0, 2]})").size(), 1u);
  EXPECT_THAT(changes_of_x("1", "2"), ElementsAre("x: 1 -> 2"));
}

TEST(SpaceEvolutionTest, AChoiceMayBeAdded) {
  EXPECT_THAT(changes_of_x(R"({"choice": ["a", "b"]})", R"({"choice": ["c", "b", "a"]})"), IsEmpty());
  EXPECT_THAT(changes_of_x(R"({"choice": ["a", "b"]})", R"({"choice": ["a", "c"]})").size(), 1u);
  EXPECT_THAT(changes_of_x(R"({"ordinal": [1, 3]})", R"({"ordinal": [0, 1, 2, 3, 4]})"), IsEmpty());
  EXPECT_THAT(changes_of_x(R"({"ordinal": [1, 3]})", R"({"ordinal": [3, 1]})").size(), 1u);
  EXPECT_THAT(changes_of_x(R"({"grid": [1, 2]})", R"({"grid": [1, 2, 3]})").size(), 1u)
      << "it would renumber the points";
}

TEST(SpaceEvolutionTest, AllElseIsAnotherExperiment) {
  const std::string space = R"({"o": {"choice": ["a", "b"]}, "x": {"float": [0, 1], "when": {"o": "a"}, "default": 0.5},
                                "constraints": ["x < 0.9"], "start": [{"x": 0.1}]})";
  const auto replaced = [&](const std::string& what, const std::string& with) {
    std::string other = space;
    return changes(space, other.replace(other.find(what), what.size(), with));
  };

  EXPECT_THAT(replaced("[0, 1]", "[0.0, 1.0]"), IsEmpty()) << "the same in other words";
  EXPECT_THAT(replaced("\"o\": \"a\"", "\"o\": \"b\"").size(), 1u);
  EXPECT_THAT(replaced("0.5", "0.6").size(), 1u);
  EXPECT_THAT(replaced("x < 0.9", "x < 0.8"), ElementsAre(R"(constraints: ["x < 0.9"] -> ["x < 0.8"])"));
  EXPECT_THAT(replaced("0.1", "0.2"), ElementsAre(HasSubstr("start: ")));
  EXPECT_THAT(replaced("{\"o\"", "{\"y\": 1, \"o\""), ElementsAre("y: (none) -> 1"));
  EXPECT_THAT(
      changes(R"({"a": {"grid": [1, 2]}, "b": {"grid": [1, 2]}})", R"({"b": {"grid": [1, 2]}, "a": {"grid": [1, 2]}})"),
      ElementsAre("order of the grid: [a, b] -> [b, a]"));
  EXPECT_THAT(changes(R"({"a": {"int": [1, 2]}, "b": 1})", R"({"b": 1, "a": {"int": [1, 2]}})"), IsEmpty());
}

}  // namespace
}  // namespace manta::space_evolution_test
