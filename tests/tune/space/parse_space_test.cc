// SPDX-License-Identifier: Apache-2.0
// Documents that are spaces.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tune/space/space.h"

namespace manta::parse_space_test {
namespace {

using ::testing::ElementsAre;

Space parsed(std::string_view json) {
  Result<Space> space = parse_space(json);
  EXPECT_TRUE(space.has_value()) << space.error().message;
  return space ? *space : Space();
}

// "name {domain}" of each parameter.
std::vector<std::string> parameters_of(std::string_view json) {
  std::vector<std::string> lines;
  const Space space = parsed(json);
  for (const Parameter& parameter : space.parameters()) {
    lines.push_back(parameter.name + " " + domain_json(parameter.domain));
  }
  return lines;
}

TEST(ParseSpaceTest, EveryKindIsReadInTheOrderOfTheDocument) {
  EXPECT_THAT(parameters_of(R"({
    "lr":      {"float": [1e-5, 1e-1], "log": true},
    "dropout": {"float": [0, 0.5], "step": 0.05},
    "hidden":  {"int": [16, 512], "log": true},
    "layers":  {"grid": [1, 2, 3]},
    "batch":   {"choice": [32, 64, 128]},
    "size":    {"ordinal": ["s", "m", "l"]},
    "noise":   {"normal": [0, 1]},
    "model":   {"act": {"choice": ["relu", "tanh"]}},
    "epochs":  20 })"),
              ElementsAre(R"(lr {"float":[1e-05,0.1],"log":true})", R"(dropout {"float":[0.0,0.5],"step":0.05})",
                          R"(hidden {"int":[16,512],"log":true})", R"(layers {"grid":[1,2,3]})",
                          R"(batch {"choice":[32,64,128]})", R"(size {"ordinal":["s","m","l"]})",
                          R"(noise {"normal":[0.0,1.0]})", R"(model/act {"choice":["relu","tanh"]})", "epochs 20"));
}

TEST(ParseSpaceTest, ABareScalarOfEachTypeIsAConstant) {
  EXPECT_THAT(parameters_of(R"({"a": 1, "b": 1.0, "c": "x", "d": false, "e": -1e3})"),
              ElementsAre("a 1", "b 1.0", "c \"x\"", "d false", "e -1000.0"));
}

TEST(ParseSpaceTest, OptionsMayBeOff) {
  EXPECT_THAT(parameters_of(R"({"x": {"float": [0, 1], "log": false, "step": 0.5}, "n": {"step": 1, "int": [0, 1]}})"),
              ElementsAre(R"(x {"float":[0.0,1.0],"step":0.5})", R"(n {"int":[0,1]})"));
}

TEST(ParseSpaceTest, WholeNumbersOfAnIntMayBeWrittenWithAPoint) {
  EXPECT_THAT(parameters_of(R"({"n": {"int": [1.0, 1e3]}})"), ElementsAre(R"(n {"int":[1,1000]})"));
}

TEST(ParseSpaceTest, TheLimitsOfAnIntBelongToIt) {
  EXPECT_THAT(parameters_of(R"({"n": {"int": [-9007199254740992, 9007199254740992]}})"),
              ElementsAre(R"(n {"int":[-9007199254740992,9007199254740992]})"));
}

TEST(ParseSpaceTest, AListMayHaveOneValueAndMixTypes) {
  EXPECT_THAT(parameters_of(R"({"a": {"choice": [1]}, "b": {"grid": [1, "1", true, 1.5, "true"]}})"),
              ElementsAre(R"(a {"choice":[1]})", R"(b {"grid":[1,"1",true,1.5,"true"]})"));
}

TEST(ParseSpaceTest, GroupsNestAndJoinTheirNamesWithASlash) {
  EXPECT_THAT(parameters_of(R"({"a": {"b": {"c": 1, "d": {"int": [0, 1]}}, "e": 2}})"),
              ElementsAre("a/b/c 1", R"(a/b/d {"int":[0,1]})", "a/e 2"));
}

TEST(ParseSpaceTest, GroupsAndParametersMayBearTheNameOfAKindOrOption) {
  EXPECT_THAT(parameters_of(R"({"normal": {"float": {"float": [0, 1]}, "mean": 3}, "log": true, "of": 2})"),
              ElementsAre(R"(normal/float {"float":[0.0,1.0]})", "normal/mean 3", "log true", "of 2"))
      << "a kind word whose value is no array, beside a name that no parameter knows, is a name";
  EXPECT_THAT(parameters_of(R"({"g": {"default": 1, "when": 2}})"), ElementsAre("g/default 1", "g/when 2"))
      << "rules only in a parameter; in a group a name like any other, unless \"when\" has an object";
}

TEST(ParseSpaceTest, TheSchemaOfAnEditorIsNoParameter) {
  EXPECT_THAT(parameters_of(R"({"$schema": "space.schema.json", "a": 1})"), ElementsAre("a 1"));
}

TEST(ParseSpaceTest, NamesMayBeAnyTextOfTwoHundredCharacters) {
  std::string long_name;
  for (int i = 0; i < 200; ++i) long_name += "é";

  EXPECT_THAT(parameters_of("{\"" + long_name + "\": 1, \"a b.c-d\": 2}"), ElementsAre(long_name + " 1", "a b.c-d 2"));
}

TEST(ParseSpaceTest, NestingMayHaveSixtyFourLevels) {
  std::string json;
  for (int level = 0; level < 64; ++level) json += "{\"a\":";
  json += "1" + std::string(64, '}');

  EXPECT_EQ(parsed(json).parameters().size(), 1u);
}

TEST(ParseSpaceTest, ADocumentMayHaveOneMebibyte) {
  std::string json = R"({"a": 1})";
  json.resize(std::size_t{1} << 20, ' ');

  EXPECT_EQ(parsed(json).parameters().size(), 1u);
}

TEST(ParseSpaceTest, AByteOrderMarkIsSkipped) {
  EXPECT_THAT(parameters_of("\xef\xbb\xbf{\"a\": 1}"), ElementsAre("a 1"));
}

TEST(ParseSpaceTest, TenThousandParametersAreReadQuickly) {
  std::string json = "{";
  for (int i = 0; i < 10000; ++i) json += "\"p" + std::to_string(i) + "\":{\"float\":[0,1]},";
  json += "\"last\": 1}";

  const Space space = parsed(json);

  EXPECT_EQ(space.parameters().size(), 10001u);
  EXPECT_TRUE(space.validate(sample(space, 1, 1, 0).value()).has_value());
}

}  // namespace
}  // namespace manta::parse_space_test
