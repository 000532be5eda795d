// SPDX-License-Identifier: Apache-2.0
// Questions to a space.
#include "tune/space/space.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace manta::space_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::int64_t i(std::int64_t value) { return value; }

GridDomain grid_of(int n) {
  GridDomain grid;
  for (int k = 0; k < n; ++k) grid.values.emplace_back(i(k));
  return grid;
}

// "" if `value` lies in `domain`, else the message.
std::string mistake(const Domain& domain, const Value& value) {
  const Result<void> valid = Space({{"x", domain}}).validate({{"x", value}});
  return valid ? "" : valid.error().message;
}

TEST(SpaceTest, AParameterIsFoundByItsWholeName) {
  const Space space({{"lr", FloatDomain{}}, {"model/act", ConstantDomain{true}}});

  EXPECT_EQ(space.find("model/act"), &space.parameters()[1]);
  EXPECT_EQ(space.find("act"), nullptr);
  EXPECT_EQ(Space().find(""), nullptr);
}

TEST(SpaceTest, TheGridIsTheProductOfItsLists) {
  EXPECT_EQ(Space().grid_size(), 1);
  EXPECT_EQ(Space({{"x", FloatDomain{}}}).grid_size(), 1);
  EXPECT_EQ(Space({{"x", grid_of(3)}}).grid_size(), 3);
  EXPECT_EQ(Space({{"x", grid_of(3)}, {"y", FloatDomain{}}, {"z", grid_of(4)}}).grid_size(), 12);
}

TEST(SpaceTest, TheSizeOfTheGridSaturates) {
  std::vector<Parameter> parameters(62, {"x", grid_of(2)});
  EXPECT_EQ(Space(parameters).grid_size(), std::int64_t{1} << 62);
  parameters.pop_back();
  EXPECT_EQ(Space(parameters).grid_size(), std::int64_t{1} << 61);
  parameters.resize(100, {"x", grid_of(3)});
  EXPECT_EQ(Space(parameters).grid_size(), std::int64_t{1} << 62);
}

TEST(SpaceValidateTest, BothEndsOfAFloatBelongToItAndNothingBeyond) {
  const FloatDomain domain{-1, 2};

  EXPECT_EQ(mistake(domain, -1.0), "");
  EXPECT_EQ(mistake(domain, 2.0), "");
  EXPECT_EQ(mistake(domain, i(2)), "") << "a whole number may be written without a point";
  EXPECT_THAT(mistake(domain, 2.0000001),
              AllOf(HasSubstr("configuration: x: 2.0000001 lies outside"), HasSubstr(R"({"float":[-1.0,2.0]})")));
  EXPECT_NE(mistake(domain, std::numeric_limits<double>::quiet_NaN()), "");
  EXPECT_NE(mistake(domain, std::string("1")), "");
  EXPECT_NE(mistake(domain, true), "");
}

TEST(SpaceValidateTest, ASteppedFloatHasItsStepsOnly) {
  const FloatDomain domain{.low = 0, .high = 0.5, .step = 0.05};

  for (const double value : {0.0, 0.05, 0.15, 0.1 + 0.05, 0.35, 0.5}) EXPECT_EQ(mistake(domain, value), "") << value;
  for (const double value : {-0.05, 0.01, 0.151, 0.55}) EXPECT_NE(mistake(domain, value), "") << value;
}

TEST(SpaceValidateTest, AnIntHasItsStepsOnly) {
  const IntDomain domain{.low = -4, .high = 8, .step = 4};

  for (const std::int64_t value : {-4, 0, 4, 8}) EXPECT_EQ(mistake(domain, value), "") << value;
  for (const std::int64_t value : {-8, -3, 2, 12}) EXPECT_NE(mistake(domain, value), "") << value;
  EXPECT_EQ(mistake(domain, 4.0), "");
  EXPECT_NE(mistake(domain, 4.5), "");
  EXPECT_NE(mistake(domain, std::numeric_limits<double>::infinity()), "");
  EXPECT_NE(mistake(domain, std::string("4")), "");
}

TEST(SpaceValidateTest, AListHasItsValuesAsTheyAreWritten) {
  const std::vector<Value> values{i(1), 0.5, std::string("a"), true};
  for (const Domain& domain :
       {Domain(ChoiceDomain{values}), Domain(OrdinalDomain{values}), Domain(GridDomain{values})}) {
    for (const Value& value : values) EXPECT_EQ(mistake(domain, value), "");
    EXPECT_NE(mistake(domain, 1.0), "");
    EXPECT_NE(mistake(domain, std::string("b")), "");
    EXPECT_NE(mistake(domain, false), "");
  }
}

TEST(SpaceValidateTest, ANormalHasEveryFiniteNumber) {
  EXPECT_EQ(mistake(NormalDomain{}, -1e9), "");
  EXPECT_EQ(mistake(NormalDomain{}, i(3)), "");
  EXPECT_NE(mistake(NormalDomain{}, std::numeric_limits<double>::infinity()), "");
  EXPECT_NE(mistake(NormalDomain{}, std::string("0")), "");
}

TEST(SpaceValidateTest, AConstantHasItsValueOnly) {
  EXPECT_EQ(mistake(ConstantDomain{i(20)}, i(20)), "");
  EXPECT_THAT(mistake(ConstantDomain{i(20)}, i(21)), HasSubstr("21 lies outside its domain 20"));
}

TEST(SpaceValidateTest, AMissingParameterIsNamed) {
  const Space space({{"lr", FloatDomain{}}, {"act", ConstantDomain{true}}});

  EXPECT_THAT(space.validate({{"lr", 0.5}}).error().message, AllOf(HasSubstr("act: missing"), HasSubstr("true")));
}

TEST(SpaceValidateTest, AnUnknownParameterIsNamedWithTheNearest) {
  const Space space({{"dropout", FloatDomain{}}});

  EXPECT_THAT(space.validate({{"dropout", 0.5}, {"dropuot", 0.5}}).error().message,
              AllOf(HasSubstr("dropuot: the space has no such parameter"), HasSubstr("did you mean \"dropout\"?")));
  EXPECT_TRUE(Space().validate(Config()).has_value());
}

TEST(DomainJsonTest, ADomainIsWrittenAsInTheDocument) {
  EXPECT_EQ(domain_json(FloatDomain{1e-5, 0.1, true}), R"({"float":[1e-05,0.1],"log":true})");
  EXPECT_EQ(domain_json(FloatDomain{.low = 0, .high = 1, .step = 0.25}), R"({"float":[0.0,1.0],"step":0.25})");
  EXPECT_EQ(domain_json(IntDomain{.low = 0, .high = 4, .step = 2}), R"({"int":[0,4],"step":2})");
  EXPECT_EQ(domain_json(IntDomain{.low = 1, .high = 4, .log = true}), R"({"int":[1,4],"log":true})");
  EXPECT_EQ(domain_json(ChoiceDomain{{i(1), std::string("a")}}), R"({"choice":[1,"a"]})");
  EXPECT_EQ(domain_json(OrdinalDomain{{true}}), R"({"ordinal":[true]})");
  EXPECT_EQ(domain_json(GridDomain{{0.5}}), R"({"grid":[0.5]})");
  EXPECT_EQ(domain_json(NormalDomain{1, 2}), R"({"normal":[1.0,2.0]})");
  EXPECT_EQ(domain_json(ConstantDomain{i(3)}), "3");
}

}  // namespace
}  // namespace manta::space_test
