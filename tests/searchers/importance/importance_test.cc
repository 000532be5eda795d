// SPDX-License-Identifier: Apache-2.0
// Functions whose importance is known.
#include "searchers/importance/importance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>

namespace manta::importance_test {
namespace {

using ::testing::HasSubstr;

using Function = std::function<double(const Config&)>;

double number(const Config& config, const char* name) { return config[name].as<double>(); }

std::vector<TrialStatus> trials_of(const Space& space, int count, const Function& function) {
  std::vector<TrialStatus> trials;
  for (int trial = 0; trial < count; ++trial) {
    TrialStatus status{
        .id = TrialId{trial}, .config = sample(space, 3, trial).value(), .state = TrialState::kCompleted};
    status.value = function(status.config);
    trials.push_back(std::move(status));
  }
  return trials;
}

Importance learn(const Space& space, int count, const Function& function) {
  const auto found = importance_of(space, {}, trials_of(space, count, function));
  EXPECT_TRUE(found.has_value()) << (found ? "" : found.error().message);
  return found ? *found : Importance{};
}

std::map<std::string, double> shares(const Importance& importance) {
  std::map<std::string, double> shares;
  for (const auto& one : importance.parameters) shares[one.name] = one.share;
  return shares;
}

double permutation(const Importance& importance, const std::string& name) {
  for (const auto& one : importance.parameters)
    if (one.name == name) return one.permutation;
  ADD_FAILURE() << "no " << name;
  return 0;
}

const char* const kThree = R"({"a": {"float": [0, 1]}, "b": {"float": [0, 1]}, "c": {"float": [0, 1]}})";

TEST(ImportanceTest, OfASumEachHasTheShareOfItsOwnVariance) {
  const Space space = parse_space(kThree).value();

  // Variances 4/12, 1/12 and 0: 80 %, 20 % and nothing.
  const Importance found =
      learn(space, 300, [](const Config& config) { return 2 * number(config, "a") + number(config, "b"); });

  const auto share = shares(found);
  EXPECT_NEAR(share.at("a"), 0.8, 0.06);
  EXPECT_NEAR(share.at("b"), 0.2, 0.06);
  EXPECT_LT(share.at("c"), 0.02);
  EXPECT_EQ(found.parameters.front().name, "a");
  EXPECT_LT(found.interactions.front().share, 0.03);
  EXPECT_GT(found.explained, 0.9);
  EXPECT_EQ(found.trials, 300u);
  EXPECT_GT(permutation(found, "a"), 1) << "without it nearly twice its variance is wrong";
  EXPECT_GT(permutation(found, "b"), 0.2);
  EXPECT_LT(permutation(found, "c"), 0.05);
}

TEST(ImportanceTest, OfAProductThatIsZeroOnAverageAllIsInteraction) {
  const Space space = parse_space(kThree).value();

  const Importance found = learn(space, 400, [](const Config& config) {
    return (number(config, "a") < 0.5 ? 1 : -1) * (number(config, "b") < 0.5 ? 1 : -1);
  });

  const auto share = shares(found);
  EXPECT_LT(share.at("a") + share.at("b"), 0.15);
  EXPECT_EQ(found.interactions.front().first, "a");
  EXPECT_EQ(found.interactions.front().second, "b");
  EXPECT_GT(found.interactions.front().share, 0.6);
  EXPECT_GT(permutation(found, "a"), 0.5);
}

TEST(ImportanceTest, LevelsAndChoicesCountByTheirMass) {
  // Of k in {0, 1} the variance is 1/4, of the choice in (0, 0, 1) 2/9, of the logarithm of w in (0, 1) 1/12.
  const Space space = parse_space(R"({"k": {"int": [0, 1]}, "c": {"choice": ["p", "q", "r"]},
                                      "w": {"float": [1, 10], "log": true}})")
                          .value();

  const auto share = shares(learn(space, 300, [](const Config& config) {
    return number(config, "k") + (config["c"].as<std::string>() == "r" ? 1 : 0) + std::log10(number(config, "w"));
  }));

  const double all = 1. / 4 + 2. / 9 + 1. / 12;
  EXPECT_NEAR(share.at("k"), 1. / 4 / all, 0.06);
  EXPECT_NEAR(share.at("c"), 2. / 9 / all, 0.06);
  EXPECT_NEAR(share.at("w"), 1. / 12 / all, 0.06);
}

TEST(ImportanceTest, InactiveIsAValueOfItsOwn) {
  // b is there for half of the trials, and that it is there makes all the difference.
  const Space space = parse_space(R"({"on": {"choice": [true, false]}, "a": {"float": [0, 1]},
                                      "b": {"float": [0, 1], "when": {"on": true}},
                                      "m": {"choice": [1, 2], "when": {"on": true}}})")
                          .value();

  const Importance found = learn(space, 300, [](const Config& config) {
    return (config["b"].exists() ? 10 + 3 * number(config, "b") : 0.0) + number(config, "a");
  });

  const auto share = shares(found);
  EXPECT_GT(share.at("on") + share.at("b") + share.at("m") + found.interactions.front().share, 0.9);
  EXPECT_LT(share.at("a"), 0.02);
  EXPECT_GT(found.explained, 0.9);
}

TEST(ImportanceTest, OneTrialThatDivergedDoesNotHideTheRest) {
  const Space space = parse_space(kThree).value();
  std::vector<TrialStatus> trials = trials_of(space, 200, [](const Config& config) { return number(config, "b"); });
  trials[17].value = 1e30;

  const Importance found = importance_of(space, {}, trials).value();

  EXPECT_EQ(found.parameters.front().name, "b");
  EXPECT_GT(found.parameters.front().share, 0.8);
}

TEST(ImportanceTest, OnlyWhatEndedWellAndLiesInTheSpaceCounts) {
  const Space space = parse_space(kThree).value();
  std::vector<TrialStatus> trials = trials_of(space, 15, [](const Config& config) { return number(config, "b"); });
  trials[0].state = TrialState::kFailed;
  trials[1].state = TrialState::kRunning;
  trials[2].value = std::nan("");
  trials[3].value.reset();
  trials[4].config.set("a", 2.0);

  EXPECT_EQ(importance_of(space, {}, trials).value().trials, 10u);
}

TEST(ImportanceTest, WhereNothingCanBeConcludedItSaysWhy) {
  const Space space = parse_space(kThree).value();
  const auto error_of = [](const Space& of, int count, const Function& function) {
    const auto found = importance_of(of, {}, trials_of(of, count, function));
    EXPECT_EQ(found.error().code, ErrorCode::kFailedPrecondition);
    return found.error().message;
  };

  EXPECT_THAT(error_of(space, 9, [](const Config& config) { return number(config, "a"); }),
              HasSubstr("only 9 of 9 trials"));
  EXPECT_THAT(error_of(space, 20, [](const Config&) { return 1.0; }), HasSubstr("the same value"));
  EXPECT_THAT(error_of(parse_space(R"({"k": 3})").value(), 20, [](const Config&) { return 1.0; }),
              HasSubstr("no parameter of the space can vary"));
}

}  // namespace
}  // namespace manta::importance_test
