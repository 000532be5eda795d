// SPDX-License-Identifier: Apache-2.0
// Configurations: their accessors and their JSON.
#include "tune/space/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>

namespace manta::config_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Config example() {
  return {{"lr", 0.1}, {"epochs", std::int64_t{20}}, {"model/act", std::string("relu")}, {"model/bias", true}};
}

// The message of the ConfigError that `access` throws, or "" if it throws none.
std::string complaint(const std::function<void()>& access) {
  try {
    access();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(ConfigTest, AValueIsReadAsItsType) {
  const Config config = example();

  EXPECT_EQ(config["lr"].as<double>(), 0.1);
  EXPECT_EQ(config["lr"].as<float>(), 0.1f);
  EXPECT_EQ(config["epochs"].as<int>(), 20);
  EXPECT_EQ(config["epochs"].as<std::uint8_t>(), 20);
  EXPECT_EQ(config["model/act"].as<std::string>(), "relu");
  EXPECT_TRUE(config["model/bias"].as<bool>());
}

TEST(ConfigTest, NestedNamesAreReachedEitherWay) {
  const Config config = example();

  EXPECT_EQ(config["model"]["act"].as<std::string>(), config["model/act"].as<std::string>());
  EXPECT_TRUE(config["model"]["act"].exists());
  EXPECT_FALSE(config["model"].exists()) << "a prefix is no value";
}

TEST(ConfigTest, AnIntegerIsAlsoADoubleAndAWholeDoubleAlsoAnInteger) {
  const Config config{{"n", std::int64_t{3}}, {"x", 4.0}};

  EXPECT_EQ(config["n"].as<double>(), 3.0);
  EXPECT_EQ(config["x"].as<int>(), 4);
}

TEST(ConfigTest, ADefaultStandsInForWhatIsMissingOnly) {
  const Config config = example();

  EXPECT_EQ(config["momentum"].value_or(0.9), 0.9);
  EXPECT_EQ(config["lr"].value_or(0.9), 0.1);
  EXPECT_THAT(complaint([&] { config["model/act"].value_or(1); }), HasSubstr("model/act"));
}

TEST(ConfigTest, WhatIsMissingIsNamedWithTheNearestAndWithWhatThereIs) {
  const Config config = example();

  EXPECT_THAT(complaint([&] { config["epoch"].as<int>(); }),
              AllOf(HasSubstr("no value \"epoch\""), HasSubstr("did you mean \"epochs\"?"), HasSubstr("model/act")));
  EXPECT_THAT(complaint([&] { config["zzzzzz"].as<int>(); }), Not(HasSubstr("did you mean")));
  EXPECT_THAT(complaint([] { Config()["x"].as<int>(); }), HasSubstr("it is empty"));
}

TEST(ConfigTest, OnlyTenNamesAreListed) {
  Config config;
  for (char letter = 'a'; letter <= 'k'; ++letter) config.set(std::string(3, letter), true);

  EXPECT_THAT(complaint([&] { config["nothing like it"].as<int>(); }),
              AllOf(HasSubstr("jjj, …"), Not(HasSubstr("kkk"))));
}

TEST(ConfigTest, AWrongTypeIsNamedWithTheValueAndBothTypes) {
  const Config config = example();

  EXPECT_THAT(complaint([&] { config["lr"].as<int>(); }),
              AllOf(HasSubstr("config[\"lr\"] is 0.1, a number"), HasSubstr("an integer")));
  EXPECT_THAT(complaint([&] { config["model/act"].as<double>(); }), HasSubstr("a number"));
  EXPECT_THAT(complaint([&] { config["model/bias"].as<int>(); }), HasSubstr("a boolean"));
  EXPECT_THAT(complaint([&] { config["model/bias"].as<double>(); }), HasSubstr("a boolean"));
  EXPECT_THAT(complaint([&] { config["epochs"].as<bool>(); }), HasSubstr("true or false"));
  EXPECT_THAT(complaint([&] { config["epochs"].as<std::string>(); }), HasSubstr("a string"));
}

TEST(ConfigTest, AnIntegerThatDoesNotFitIsRefused) {
  const Config config{{"n", std::int64_t{256}}, {"m", std::int64_t{-1}}, {"x", 0x1p63}, {"y", -0x1p63}};

  EXPECT_THAT(complaint([&] { config["n"].as<std::uint8_t>(); }), AllOf(HasSubstr("256"), HasSubstr("wider")));
  EXPECT_EQ(config["n"].as<std::int16_t>(), 256);
  EXPECT_THAT(complaint([&] { config["m"].as<unsigned>(); }), HasSubstr("-1"));
  EXPECT_THAT(complaint([&] { config["x"].as<std::int64_t>(); }), HasSubstr("beyond the integer type"));
  EXPECT_EQ(config["y"].as<std::int64_t>(), std::numeric_limits<std::int64_t>::min());
}

TEST(ConfigJsonTest, NamesAreNestedAgainAndKeysSorted) {
  EXPECT_EQ(example().to_json(), R"({"epochs":20,"lr":0.1,"model":{"act":"relu","bias":true}})");
  EXPECT_EQ(Config().to_json(), "{}");
}

TEST(ConfigJsonTest, KeysAreSortedByLevelEvenWhereTheSlashSortsLater) {
  const Config config{{"a/b", true}, {"a!", false}};

  EXPECT_EQ(config.to_json(), R"({"a":{"b":true},"a!":false})");
}

TEST(ConfigJsonTest, WhatIsWrittenReadsBackEqual) {
  const std::vector<Config> configs{
      Config(),
      example(),
      {{"x", 1.0}, {"y", std::int64_t{1}}, {"z", -0.0}, {"t", 5e-324}},
      {{"s", std::string("\"\\\n\x01 é 漢")}, {"n/ü/\"q\"", std::string()}},
      {{"a", std::int64_t{1}}, {"a/b", std::int64_t{2}}, {"a/b/c", std::int64_t{3}}, {"a/d/e", std::int64_t{4}}},
      {{"", true}, {"/x", true}, {"y//z", true}, {"w/", true}},
  };

  for (const Config& config : configs) {
    const Result<Config> read = Config::from_json(config.to_json());
    ASSERT_TRUE(read.has_value()) << read.error().message << " in " << config.to_json();
    EXPECT_EQ(*read, config) << config.to_json();
  }
}

TEST(ConfigJsonTest, AnyObjectOfScalarsAndObjectsIsRead) {
  EXPECT_EQ(Config::from_json(R"( { "lr" : 1e-1, "m": {"a/b": 2, "empty": {}} } )").value(),
            (Config{{"lr", 0.1}, {"m/a/b", std::int64_t{2}}}));
}

std::string error_of(std::string_view json) {
  const Result<Config> config = Config::from_json(json);
  if (config) return "";
  EXPECT_EQ(config.error().code, ErrorCode::kInvalidArgument);
  return config.error().message;
}

TEST(ConfigJsonTest, ANameOfTooManyPartsIsRefused) {
  std::string name = "b";
  for (int part = 1; part < 64; ++part) name = "a/" + name;
  EXPECT_TRUE(Config::from_json("{\"" + name + "\": 1}"));
  const auto refused = Config::from_json("{\"a/" + name + "\": 1}");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("at most 64 parts"), std::string::npos);
}

TEST(ConfigJsonTest, WhatIsNoConfigurationIsRefusedWithItsPath) {
  EXPECT_THAT(error_of("{\"a\": tru}"), HasSubstr("configuration: not valid JSON at line 1, column 10"));
  EXPECT_THAT(error_of("[1]"), HasSubstr("expected an object {…}, found an array"));
  EXPECT_THAT(error_of(R"({"m": {"a": null}})"), HasSubstr("m/a: null stands here"));
  EXPECT_THAT(error_of(R"({"m": {"a": [1]}})"), HasSubstr("m/a: an array stands here"));
  EXPECT_THAT(error_of(R"({"a": 9223372036854775808})"), HasSubstr("beyond 64 bits"));
  EXPECT_THAT(error_of(R"({"a": 1, "a": 2})"), HasSubstr("a: this key stands twice"));
  EXPECT_THAT(error_of(R"({"a/b": 1, "a": {"b": 2}})"), HasSubstr("the name \"a/b\" stands twice"));
}

}  // namespace
}  // namespace manta::config_test
