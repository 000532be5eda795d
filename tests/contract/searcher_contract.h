// SPDX-License-Identifier: Apache-2.0
// What every searcher promises, as a suite that each implementation runs.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "core/base/random.h"
#include "tests/support/histories.h"
#include "tune/searcher.h"
#include "tune/space/space.h"

namespace manta {

/// One searcher to hold to the contract. Instantiate SearcherContractTest with it, for each space worth trying.
struct SearcherContract {
  std::string name;        ///< Of the case; a C++ identifier.
  std::string class_name;  ///< What its snapshots begin with.
  std::string space;       ///< JSON; must hold something drawn, so that seeds matter.
  std::function<std::unique_ptr<Searcher>(const Space& space, std::uint64_t seed)> make;
  /// Suggestions depend on nothing but the seed and the trial's number.
  bool ignores_results = false;
  std::uint64_t histories = 40;  ///< Random courses of asks and tells; see play_histories().
};

inline void PrintTo(const SearcherContract& contract, std::ostream* out) { *out << contract.name; }

class SearcherContractTest : public ::testing::TestWithParam<SearcherContract> {
 protected:
  static constexpr std::int64_t kTrials = 40;

  std::unique_ptr<Searcher> make(std::uint64_t seed = 1) const { return GetParam().make(space_, seed); }

  /// The next suggestion, or none at the end. An error fails the test.
  static std::optional<Config> ask(Searcher& searcher, std::int64_t trial) {
    Result<std::optional<Config>> asked = searcher.ask(TrialId{trial});
    EXPECT_TRUE(asked.has_value()) << (asked ? "" : asked.error().message);
    return asked ? *asked : std::nullopt;
  }

  static void tell(Searcher& searcher, std::int64_t trial, const Config& config, std::optional<double> value,
                   TrialState state = TrialState::kCompleted) {
    const Metrics metrics{{"loss", value.value_or(0)}, {"other", static_cast<double>(trial % 5)}};
    searcher.tell({.trial = TrialId{trial},
                   .config = config,
                   .state = state,
                   .iteration = 1,
                   .value = value,
                   .seconds = static_cast<double>(1 + trial % 3),
                   .metrics = value ? &metrics : nullptr});
  }

  /// Asks for trials `begin` to `end` - 1, or to the end, and tells a value for each.
  static std::vector<Config> run(Searcher& searcher, std::int64_t begin, std::int64_t end) {
    std::vector<Config> configs;
    for (std::int64_t trial = begin; trial < end; ++trial) {
      const std::optional<Config> config = ask(searcher, trial);
      if (!config) break;
      tell(searcher, trial, *config, static_cast<double>(trial % 7));
      configs.push_back(*config);
    }
    return configs;
  }

  // A course of a search in which anything happens: trials end in any order, report before their end, fail, give NaN,
  // infinities or the same value; some are told of twice, and some that nobody asked for; as many run at once as the
  // user likes just then; and the searcher goes on from a snapshot of itself.
  void play_any_course(std::uint64_t seed) const {
    RandomStream random(seed, 4);
    std::unique_ptr<Searcher> searcher = make(seed);
    const auto last = static_cast<std::int64_t>(random.below(30));
    std::vector<std::pair<std::int64_t, Config>> open;
    std::vector<std::pair<std::int64_t, Config>> ended;
    std::size_t concurrency = 1;
    bool is_over = false;
    for (std::int64_t next = 0; !is_over || !open.empty();) {
      if (random.below(5) == 0) concurrency = 1 + random.below(8);
      if (random.below(12) == 0) {
        std::unique_ptr<Searcher> again = make(seed);
        ASSERT_TRUE(again->restore(searcher->save()).has_value());
        searcher = std::move(again);
      }
      if (!is_over && open.size() < concurrency) {
        const Result<std::optional<Config>> asked = searcher->ask(TrialId{next});
        if (!asked) {
          ASSERT_EQ(asked.error().code, ErrorCode::kExhausted) << asked.error().message;
          ASSERT_FALSE(open.empty()) << "it waits for results, and there are none to come";
        } else if (*asked) {
          const Result<void> valid = space_.validate(**asked);
          ASSERT_TRUE(valid.has_value()) << "trial " << next << ": " << valid.error().message;
          open.emplace_back(next++, **asked);
        }
        is_over = next > last || (asked && !*asked);
        if (asked) continue;
      }
      if (!ended.empty() && random.below(15) == 0) {
        const auto& [trial, config] = ended[random.below(ended.size())];
        tell_anything(*searcher, trial, config, any_end(random), random);
      }
      if (random.below(20) == 0) {
        const std::int64_t number = kFirstNumberByHand + static_cast<std::int64_t>(random.below(3));
        const Result<Config> config = sample(space_, seed, number);
        if (config) tell_anything(*searcher, number, *config, any_end(random), random);
      }
      if (open.empty()) continue;
      const auto chosen = open.begin() + static_cast<std::ptrdiff_t>(random.below(open.size()));
      const bool ends = random.below(3) != 0;
      tell_anything(*searcher, chosen->first, chosen->second, ends ? any_end(random) : TrialState::kRunning, random);
      if (!ends) continue;
      ended.push_back(std::move(*chosen));
      open.erase(chosen);
    }
  }

  static TrialState any_end(RandomStream& random) {
    constexpr std::array kEnds{TrialState::kCompleted, TrialState::kCompleted, TrialState::kStopped, TrialState::kFailed,
                               TrialState::kInfeasible};
    return kEnds[random.below(kEnds.size())];
  }

  static double any_value(RandomStream& random) {
    using Limits = std::numeric_limits<double>;
    constexpr std::array kOdd{Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity(), Limits::max(),
                              Limits::lowest(),    Limits::denorm_min(), -0.0};
    const std::uint64_t kind = random.below(4);
    if (kind == 0) return kOdd[random.below(kOdd.size())];
    return kind == 1 ? 1.0 : random.normal();
  }

  static void tell_anything(Searcher& searcher, std::int64_t trial, const Config& config, TrialState state,
                            RandomStream& random) {
    std::optional<double> value;
    if (state != TrialState::kInfeasible && random.below(8) != 0) value = any_value(random);
    Metrics metrics{{"loss", value.value_or(0)}};
    if (random.below(6) != 0) metrics = {{"loss", value.value_or(0)}, {"other", any_value(random)}};
    searcher.tell({.trial = TrialId{trial},
                   .config = config,
                   .state = state,
                   .iteration = static_cast<std::int64_t>(random.below(30)),
                   .value = value,
                   .seconds = random.uniform(),
                   .metrics = value && random.below(4) != 0 ? &metrics : nullptr});
  }

  const Space space_ = parse_space(GetParam().space).value();
};

TEST_P(SearcherContractTest, TheSameSeedGivesTheSameSuggestions) {
  EXPECT_EQ(run(*make(1), 0, kTrials), run(*make(1), 0, kTrials));
}

TEST_P(SearcherContractTest, AnotherSeedGivesOtherSuggestions) {
  EXPECT_NE(run(*make(1), 0, kTrials), run(*make(2), 0, kTrials));
}

TEST_P(SearcherContractTest, EverySuggestionLiesInTheSpace) {
  const std::vector<Config> configs = run(*make(), 0, kTrials);

  ASSERT_FALSE(configs.empty());
  for (const Config& config : configs) {
    const Result<void> valid = space_.validate(config);
    EXPECT_TRUE(valid.has_value()) << valid.error().message;
  }
}

TEST_P(SearcherContractTest, SaveThenRestoreChangesNothing) {
  const auto original = make();
  run(*original, 0, kTrials / 2);
  const Snapshot snapshot = original->save();
  const auto copy = make();

  const Result<void> restored = copy->restore(snapshot);

  ASSERT_TRUE(restored.has_value()) << restored.error().message;
  EXPECT_EQ(copy->save().json, snapshot.json);
  EXPECT_EQ(copy->size(), original->size());
  EXPECT_EQ(run(*copy, kTrials / 2, kTrials), run(*original, kTrials / 2, kTrials));
  EXPECT_EQ(copy->save().json, original->save().json);
}

TEST_P(SearcherContractTest, SavingDoesNotChangeWhatComesNext) {
  const auto saved = make();
  const auto other = make();

  for (std::int64_t trial = 0; trial < kTrials; ++trial) {
    EXPECT_EQ(saved->save().json, saved->save().json);
    EXPECT_EQ(run(*saved, trial, trial + 1), run(*other, trial, trial + 1));
  }
}

TEST_P(SearcherContractTest, ASnapshotBeginsWithTheNameOfItsClass) {
  EXPECT_TRUE(make()->save().json.starts_with("{\"" + GetParam().class_name + "\":")) << make()->save().json;
}

TEST_P(SearcherContractTest, AForeignOrDamagedSnapshotIsRefusedAndChangesNothing) {
  const auto searcher = make();
  run(*searcher, 0, kTrials / 2);
  const std::string before = searcher->save().json;
  const std::string state = before.substr(before.find(':'));
  const std::vector<std::string> wrong{"",
                                       "{}",
                                       "null",
                                       "{\"" + GetParam().class_name + "\":{}}",
                                       "{\"" + GetParam().class_name + "\":null}",
                                       "{\"OtherSearcher\"" + state,
                                       before.substr(0, before.size() - 1),
                                       before + "}",
                                       "\xff"};

  for (const std::string& json : wrong) {
    const Result<void> restored = searcher->restore({json});
    ASSERT_FALSE(restored.has_value()) << json;
    EXPECT_EQ(restored.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(searcher->save().json, before) << json;
  }
}

TEST_P(SearcherContractTest, FailuresAreNoNumbersAndStopNothing) {
  const auto searcher = make();
  for (std::int64_t trial = 0; trial < kTrials; ++trial) {
    const std::optional<Config> config = ask(*searcher, trial);
    if (!config) break;
    EXPECT_TRUE(space_.validate(*config).has_value());
    if (trial % 3 == 0) tell(*searcher, trial, *config, std::nullopt, TrialState::kFailed);
    if (trial % 3 == 1) tell(*searcher, trial, *config, std::numeric_limits<double>::quiet_NaN());
    if (trial % 3 == 2) tell(*searcher, trial, *config, -std::numeric_limits<double>::infinity());
  }
}

TEST_P(SearcherContractTest, EverySuggestionLiesInTheSpaceWhateverHappens) {
  play_histories(GetParam().histories, [this](std::uint64_t seed) { play_any_course(seed); });
}

TEST_P(SearcherContractTest, ThereAreAsManySuggestionsAsItsSizeSays) {
  const auto searcher = make();
  const std::optional<std::int64_t> size = searcher->size();
  const std::int64_t end = size.value_or(3 * kTrials);

  EXPECT_EQ(static_cast<std::int64_t>(run(*searcher, 0, end).size()), end);
  for (std::int64_t trial = end; trial < end + 3; ++trial) EXPECT_EQ(ask(*searcher, trial).has_value(), !size);
  EXPECT_EQ(searcher->size(), size) << "of all suggestions, not of those that are left";
}

TEST_P(SearcherContractTest, WhereResultsAreIgnoredNeitherTheyNorTheirOrderMatter) {
  if (!GetParam().ignores_results) GTEST_SKIP() << "this searcher learns from results";
  const std::vector<Config> told = run(*make(), 0, kTrials);
  const auto quiet = make();
  const auto late = make();

  for (std::int64_t trial = 0; trial < static_cast<std::int64_t>(told.size()); ++trial) {
    const Config& expected = told[static_cast<std::size_t>(trial)];
    EXPECT_EQ(ask(*quiet, trial), expected);
    EXPECT_EQ(ask(*late, trial), expected);
    if (trial % 4 != 3) continue;
    for (std::int64_t done = trial; done > trial - 4; --done)
      tell(*late, done, told[static_cast<std::size_t>(done)], 1);
  }
}

TEST_P(SearcherContractTest, WhereResultsAreIgnoredTrialsMayBeAskedForInAnyOrder) {
  if (!GetParam().ignores_results) GTEST_SKIP() << "this searcher learns from results";
  const std::vector<Config> rising = run(*make(), 0, kTrials);
  const auto searcher = make();

  for (std::size_t trial = rising.size(); trial-- > 0;) {
    EXPECT_EQ(ask(*searcher, static_cast<std::int64_t>(trial)), rising[trial]);
  }
}

}  // namespace manta
