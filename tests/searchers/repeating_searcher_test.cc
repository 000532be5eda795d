// SPDX-License-Identifier: Apache-2.0
#include "searchers/repeating_searcher.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "core/base/random.h"

namespace manta::repeating_searcher_test {
namespace {

class RepeatingSearcherTest : public ::testing::Test {
 protected:
  // With so few samples it repeats as early as it ever does.
  SearcherSetup setup(std::int64_t samples = 10) const {
    return {.space = &space_, .objective = {.metric = "loss", .mode = Mode::kMin}, .seed = 1, .samples = samples};
  }
  std::unique_ptr<Searcher> make(std::int64_t most, std::int64_t samples) const {
    return RepeatingSearcher::make(make_searcher("random", setup()).value(), setup(samples), most).value();
  }

  static void tell(Searcher& searcher, std::int64_t trial, const Config& config, std::optional<double> value,
                   TrialState state = TrialState::kCompleted) {
    searcher.tell({.trial = TrialId{trial}, .config = config, .state = state, .iteration = 1, .value = value});
  }

  // How often each configuration was tried in so many trials, by x; one draw of noise for each trial.
  static std::map<double, int> run(Searcher& searcher, std::int64_t trials, double noise) {
    std::map<double, int> tries;
    for (std::int64_t trial = 0; trial < trials; ++trial) {
      const Config config = searcher.ask(TrialId{trial}).value().value();
      const double x = config["x"].as<double>();
      RandomStream random(7, static_cast<std::uint64_t>(trial));
      tell(searcher, trial, config, x + noise * random.normal());
      ++tries[x];
    }
    return tries;
  }

  const Space space_ = parse_space(R"({"x": {"float": [0, 1]}})").value();
};

TEST_F(RepeatingSearcherTest, WithoutNoiseOneRepeatShowsIt) {
  const std::map<double, int> tries = run(*make(5, 40), 40, 0);

  EXPECT_EQ(tries.size(), 39u);
}

TEST_F(RepeatingSearcherTest, OnlyWhatMayBeTheBestIsRepeated) {
  const std::map<double, int> tries = run(*make(4, 120), 120, 0.05);

  int repeats_of_good = 0;
  int repeats_of_bad = 0;
  for (const auto& [x, count] : tries) {
    EXPECT_LE(count, 4);
    (x < 0.3 ? repeats_of_good : repeats_of_bad) += count - 1;
  }
  EXPECT_GT(repeats_of_good, 4);
  EXPECT_EQ(repeats_of_bad, 0);
  EXPECT_GE(tries.size(), 84u) << "seven tenths are new";
}

// Passes on what it is asked and told.
class Recorder final : public Searcher {
 public:
  explicit Recorder(std::map<std::int64_t, double>& told) : told_(told) {}
  Result<std::optional<Config>> ask(TrialId trial) override {
    return std::optional(Config{{"x", static_cast<double>(trial.number) / 100}});
  }
  void tell(const Outcome& outcome) override {
    if (outcome.value) told_[outcome.trial.number] = *outcome.value;
  }
  std::optional<std::int64_t> size() const override { return std::nullopt; }
  Snapshot save() const override { return {"{}"}; }
  Result<void> restore(const Snapshot& /*snapshot*/) override { return {}; }

 private:
  std::map<std::int64_t, double>& told_;
};

TEST_F(RepeatingSearcherTest, TheOtherSearcherIsToldTheMeanAsTheFirstTrials) {
  std::map<std::int64_t, double> told;
  const auto searcher = RepeatingSearcher::make(std::make_unique<Recorder>(told), setup(), 3).value();
  for (std::int64_t trial = 0; trial < 8; ++trial) {
    tell(*searcher, trial, searcher->ask(TrialId{trial}).value().value(), static_cast<double>(10 + trial));
  }

  const Config again = searcher->ask(TrialId{8}).value().value();
  EXPECT_EQ(again, (Config{{"x", 0.0}})) << "the best first";
  tell(*searcher, 8, again, 20);

  EXPECT_EQ(told.size(), 8u);
  EXPECT_DOUBLE_EQ(told[0], 15);
  EXPECT_DOUBLE_EQ(told[1], 11);
}

TEST_F(RepeatingSearcherTest, AMaximumIsMeantToo) {
  std::map<std::int64_t, double> told;
  SearcherSetup of_maximum = setup();
  of_maximum.objective.mode = Mode::kMax;
  const auto searcher = RepeatingSearcher::make(std::make_unique<Recorder>(told), of_maximum, 3).value();
  for (std::int64_t trial = 0; trial < 8; ++trial) {
    tell(*searcher, trial, searcher->ask(TrialId{trial}).value().value(), static_cast<double>(10 + trial));
  }

  const Config again = searcher->ask(TrialId{8}).value().value();
  tell(*searcher, 8, again, 20);

  EXPECT_EQ(again, (Config{{"x", 0.07}}));
  EXPECT_DOUBLE_EQ(told[7], 18.5);
}

TEST_F(RepeatingSearcherTest, ARepeatThatFailsIsATryAndNoValue) {
  std::map<std::int64_t, double> told;
  const auto searcher = RepeatingSearcher::make(std::make_unique<Recorder>(told), setup(), 2).value();
  for (std::int64_t trial = 0; trial < 8; ++trial) {
    tell(*searcher, trial, searcher->ask(TrialId{trial}).value().value(), static_cast<double>(10 + trial));
  }

  tell(*searcher, 8, searcher->ask(TrialId{8}).value().value(), std::nullopt, TrialState::kFailed);

  EXPECT_DOUBLE_EQ(told[0], 10);
  EXPECT_EQ(searcher->ask(TrialId{9}).value().value(), (Config{{"x", 0.09}})) << "the best has had its two tries";
}

TEST_F(RepeatingSearcherTest, WhileTheFirstRepeatRunsNewOnesAreTried) {
  const auto searcher = make(5, 10);
  for (std::int64_t trial = 0; trial < 8; ++trial) {
    tell(*searcher, trial, searcher->ask(TrialId{trial}).value().value(), static_cast<double>(trial));
  }
  std::set<std::string> different;
  for (std::int64_t trial = 8; trial < 16; ++trial) {
    different.insert(searcher->ask(TrialId{trial}).value().value().to_json());
  }
  EXPECT_EQ(different.size(), 8u);
}

TEST_F(RepeatingSearcherTest, TrialsOfAnEarlierExperimentAreNotRepeated) {
  std::map<std::int64_t, double> told;
  const auto searcher = RepeatingSearcher::make(std::make_unique<Recorder>(told), setup(), 5).value();
  for (std::int64_t trial = 0; trial < 20; ++trial) {
    tell(*searcher, kFirstNumberOfBefore + trial, Config{{"x", 0.5}}, 1.0);
  }
  EXPECT_EQ(told.size(), 20u);
  EXPECT_EQ(searcher->ask(TrialId{0}).value().value(), (Config{{"x", 0.0}}));
}

TEST_F(RepeatingSearcherTest, WhatItCannotDoIsRefused) {
  const Space grid = parse_space(R"({"x": {"grid": [1, 2]}})").value();
  const SearcherSetup of_grid{.space = &grid, .samples = 2};
  const auto with_end = RepeatingSearcher::make(make_searcher("grid", of_grid).value(), of_grid, 3);
  ASSERT_FALSE(with_end.has_value());
  EXPECT_NE(with_end.error().message.find("--samples"), std::string::npos);

  SearcherSetup of_several = setup();
  of_several.further.objectives = {{"ms", Mode::kMin}};
  EXPECT_FALSE(RepeatingSearcher::make(make_searcher("random", of_several).value(), of_several, 3).has_value());
  EXPECT_FALSE(RepeatingSearcher::make(make_searcher("random", setup()).value(), setup(), 101).has_value());
}

}  // namespace
}  // namespace manta::repeating_searcher_test
