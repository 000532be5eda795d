// SPDX-License-Identifier: Apache-2.0
// The searcher with a Gaussian process, between and across its fits.
#include "searchers/gp/gp_proposer.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "searchers/gp/acquisition_search.h"
#include "searchers/internal/history.h"
#include "searchers/make_searcher.h"

namespace manta::gp::gp_proposer_test {
namespace {

class GpProposerTest : public ::testing::Test {
 protected:
  std::unique_ptr<Searcher> make() const {
    return make_searcher("gp", {.space = &space_, .seed = 5, .samples = 200}).value();
  }
  static double loss_of(const Config& config) {
    const double x = config["x"].as<double>() - 0.3;
    const double y = config["y"].as<double>() - 0.6;
    return x * x + y * y + 0.1 * static_cast<double>(config["n"].as<std::int64_t>());
  }

  // Trials as several workers have them: they end in another order than they began. Everything that is still running
  // stays in `running`.
  std::vector<Config> run(Searcher& searcher, std::int64_t begin, std::int64_t end,
                          std::deque<std::pair<std::int64_t, Config>>& running) const {
    std::vector<Config> configs;
    for (std::int64_t trial = begin; trial < end; ++trial) {
      configs.push_back(*searcher.ask(TrialId{trial}).value());
      running.emplace_back(trial, configs.back());
      if (running.size() < 4) continue;
      const auto ended = running.begin() + trial % 3;
      searcher.tell({.trial = TrialId{ended->first},
                     .config = ended->second,
                     .state = trial % 11 == 0 ? TrialState::kFailed : TrialState::kCompleted,
                     .iteration = 1,
                     .value = loss_of(ended->second)});
      running.erase(ended);
    }
    return configs;
  }

  const Space space_ = parse_space(R"({"x": {"float": [0, 1]}, "y": {"float": [0, 1]}, "n": {"int": [1, 4]}})").value();
};

TEST_F(GpProposerTest, ACopyThatIsRestoredBetweenTwoFitsGoesOnAsTheOriginal) {
  const auto original = make();
  std::deque<std::pair<std::int64_t, Config>> running;
  run(*original, 0, 84, running);
  for (std::int64_t trial = 84; trial < 90; ++trial) {
    const auto copy = make();
    ASSERT_TRUE(copy->restore(original->save()));
    auto of_copy = running;
    const std::vector<Config> expected = run(*original, trial, trial + 1, running);
    EXPECT_EQ(run(*copy, trial, trial + 1, of_copy), expected) << trial;
    EXPECT_EQ(copy->save().json, original->save().json) << trial;
  }
}

TEST_F(GpProposerTest, AChangedConfigurationIsLearntAnewAlsoByACopy) {
  const auto original = make();
  std::deque<std::pair<std::int64_t, Config>> running;
  run(*original, 0, 75, running);
  const auto copy = make();
  ASSERT_TRUE(copy->restore(original->save()));
  // As a clone does, which ends with another configuration than it began with.
  const Config other{{"x", 0.9}, {"y", 0.1}, {"n", std::int64_t{3}}};
  for (Searcher* const searcher : {original.get(), copy.get()}) {
    searcher->tell({.trial = TrialId{7}, .config = other, .state = TrialState::kCompleted, .iteration = 2, .value = 2});
  }
  auto of_copy = running;

  EXPECT_EQ(run(*copy, 75, 80, of_copy), run(*original, 75, 80, running));
}

TEST_F(GpProposerTest, AProcessOfAnOlderVersionGoesOn) {
  const UnitCube cube(space_);
  internal::History history(cube, {"loss", Mode::kMin});
  for (std::int64_t trial = 0; trial < 20; ++trial) {
    RandomStream random(1, static_cast<std::uint64_t>(trial));
    const Config config = cube.decode(random_point(cube.size(), random));
    history.tell({.trial = TrialId{trial},
                  .config = config,
                  .state = TrialState::kCompleted,
                  .iteration = 1,
                  .value = loss_of(config)});
  }
  const std::string older = R"({"fitted": 20, "gains": [0.5], "weights": [1, 2, 3], "others": [0.7, 0.3, 2, 0.01]})";
  GpProposer proposer(cube);
  ASSERT_TRUE(proposer.load(older));
  GpProposer copy(cube);
  ASSERT_TRUE(copy.load(proposer.save()));

  RandomStream random(2, 0);
  RandomStream same_random(2, 0);
  EXPECT_EQ(proposer.propose(history, random), copy.propose(history, same_random));
  EXPECT_NE(proposer.save().find(R"("weights":[1.0,2.0,3.0])"), std::string::npos) << "it was not due for a fit";
  EXPECT_EQ(copy.save(), proposer.save());
}

TEST_F(GpProposerTest, DamagedSnapshotsAreRefused) {
  const UnitCube cube(space_);
  GpProposer proposer(cube);
  const std::string whole = proposer.save();
  ASSERT_TRUE(proposer.load(whole));
  for (const char* const part : {"trials", "gains", "feasible", "weights", "others", "places", "awaited"}) {
    std::string damaged = whole;
    damaged.replace(damaged.find(part), 1, "_");
    EXPECT_FALSE(proposer.load(damaged)) << part;
  }
  for (const char* const damaged : {"", "[]", R"({"fitted": 20})", R"({"fitted": -1, "gains": [], "weights": [1, 2, 3],
       "others": [1, 1, 1, 1]})"}) {
    EXPECT_FALSE(proposer.load(damaged)) << damaged;
  }
}

TEST_F(GpProposerTest, ItComesCloseToTheBottom) {
  const auto searcher = make();
  double best = 1;
  for (std::int64_t trial = 0; trial < 40; ++trial) {
    const Config config = *searcher->ask(TrialId{trial}).value();
    best = std::min(best, loss_of(config));
    searcher->tell({.trial = TrialId{trial},
                    .config = config,
                    .state = TrialState::kCompleted,
                    .iteration = 1,
                    .value = loss_of(config)});
  }
  EXPECT_LT(best, 0.1001);
}

}  // namespace
}  // namespace manta::gp::gp_proposer_test
