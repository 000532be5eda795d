// SPDX-License-Identifier: Apache-2.0
// A struct as a configuration, and each way in which it does not fit a space.
#include "tune/space/config_binding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/search_space.h"

namespace manta::config_binding_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

struct Hyper {
  double lr = 0;
  int hidden = 0;
  std::string act;
  bool bias = false;
  std::optional<double> momentum;

  static ConfigBinding<Hyper> binding() {
    return ConfigBinding<Hyper>()
        .field("lr", &Hyper::lr)
        .field("hidden", &Hyper::hidden)
        .field("model/act", &Hyper::act)
        .field("model/bias", &Hyper::bias)
        .field("momentum", &Hyper::momentum);
  }
};

constexpr const char* kSpace = R"({"lr": {"float": [0, 1]}, "hidden": {"int": [1, 9]}, "note": "not read",
  "model": {"act": {"choice": ["relu", "tanh"]}, "bias": {"choice": [true, false]}},
  "momentum": {"float": [0, 1], "when": {"model/act": "tanh"}}})";

std::string mistakes(const std::vector<BoundField>& fields, const std::string& space) {
  const Result<void> checked = check_fields(fields, space);
  return checked ? "" : checked.error().message;
}

template <class Field>
std::string mistake(const std::string& parameter) {
  return mistakes({internal::bound_field<Field>("x")}, "{\"x\": " + parameter + "}");
}

TEST(ConfigBindingTest, FieldsAreReadByTheirNames) {
  const Config config{{"lr", 0.5},
                      {"hidden", std::int64_t{7}},
                      {"model/act", std::string("tanh")},
                      {"model/bias", true},
                      {"momentum", std::int64_t{1}}};

  const Hyper hyper = config_as<Hyper>(config);

  EXPECT_EQ(hyper.lr, 0.5);
  EXPECT_EQ(hyper.hidden, 7);
  EXPECT_EQ(hyper.act, "tanh");
  EXPECT_TRUE(hyper.bias);
  EXPECT_EQ(hyper.momentum, 1.0);
}

TEST(ConfigBindingTest, AnInactiveParameterIsAnEmptyOptional) {
  const Space space = space_of(kSpace);
  for (std::int64_t trial = 0; trial < 30; ++trial) {
    const Config config = sample(space, 1, trial).value();
    const Hyper hyper = config_as<Hyper>(config);
    EXPECT_EQ(hyper.momentum.has_value(), hyper.act == "tanh");
  }
}

TEST(ConfigBindingTest, AStructThatFitsIsAccepted) { EXPECT_EQ(mistakes(Hyper::binding().fields(), kSpace), ""); }

TEST(ConfigBindingTest, AllMistakesAreToldAtOnce) {
  EXPECT_THAT(mistakes(Hyper::binding().fields(), R"({"lrr": {"float": [0, 1]}, "hidden": {"float": [1, 9]},
                "model": {"act": 3, "bias": true}, "momentum": {"float": [0, 1]}})"),
              AllOf(HasSubstr("does not fit the space:\n  lr: the space has no such parameter; did you mean \"lrr\"?"),
                    HasSubstr("\n  hidden: the field is an integer from -2147483648 to 2147483647, which cannot hold"),
                    HasSubstr("\n  model/act: the field is std::string"), Not(HasSubstr("bias")),
                    HasSubstr("\n  lrr: no field of the program has it")));
}

TEST(ConfigBindingTest, AConditionalParameterNeedsAnOptional) {
  const std::string space = R"({"a": 1, "x": {"float": [0, 1]}, "g": {"when": {"x": {">": 0.5}}, "y": 2}})";

  EXPECT_THAT(
      mistakes({internal::bound_field<double>("x"), internal::bound_field<int>("g/y")}, space),
      HasSubstr("g/y: the parameter is absent unless {\"x\":{\">\":0.5}} holds; make the field a std::optional"));
  EXPECT_EQ(mistakes({internal::bound_field<double>("x"), internal::bound_field<std::optional<int>>("g/y")}, space),
            "");
}

TEST(ConfigBindingTest, AFieldHoldsEachValueOfItsParameter) {
  EXPECT_EQ(mistake<double>(R"({"int": [1, 9]})"), "") << "an int is also a double";
  EXPECT_EQ(mistake<float>(R"({"normal": [0, 1]})"), "");
  EXPECT_EQ(mistake<int>(R"({"ordinal": [1, 2.0]})"), "") << "a whole double is also an int";
  EXPECT_EQ(mistake<std::uint64_t>(R"({"int": [0, 9007199254740992]})"), "");
  EXPECT_EQ(mistake<std::int8_t>(R"({"int": [-128, 127]})"), "");
  EXPECT_NE(mistake<std::int8_t>(R"({"int": [-128, 128]})"), "");
  EXPECT_NE(mistake<unsigned>(R"({"int": [-1, 9]})"), "");
  EXPECT_NE(mistake<int>(R"({"choice": [1, 1.5]})"), "");
  EXPECT_NE(mistake<int>(R"({"float": [0, 9], "step": 1})"), "");
  EXPECT_NE(mistake<bool>(R"({"choice": [true, 1]})"), "");
  EXPECT_NE(mistake<std::string>(R"({"choice": ["a", 1]})"), "");
  EXPECT_NE(mistake<double>(R"({"choice": ["a"]})"), "");
  EXPECT_NE(mistake<double>("\"a\""), "");
}

TEST(ConfigBindingTest, ASpaceThatCannotBeReadIsTold) {
  EXPECT_THAT(mistakes({}, "{"), HasSubstr("space: not valid JSON"));
}

}  // namespace
}  // namespace manta::config_binding_test
