// SPDX-License-Identifier: Apache-2.0
// Tries promising configurations again where values are noisy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "searchers/make_searcher.h"
#include "tune/searcher.h"
#include "tune/trial/objective.h"
#include "tune/trial/repeated_value.h"

namespace manta {

/// Has those configurations tried again, up to a number of times, of which it is not clear yet that they are worse than
/// the best, and tells another searcher the mean of what comes out. A repeat is a trial of its own with the same
/// configuration.
///
/// It repeats in the last three tenths of the samples, after kFirst configurations. The best is the configuration whose
/// mean and one standard error together are least; the deviation of single values is pooled over all that were tried
/// several times, so the first repeat shows whether there is noise at all. Due is, in the order of the means, whatever
/// has a mean below that sum; where nothing is, new configurations are tried.
///
/// Source: the race between the best and its challengers is that of SMAC (Hutter, Hoos and Leyton-Brown 2011).
/// Deviations: it has the end of the budget for itself, and intervals come from the noise of all.
/// Only values of the largest iteration that any trial of the configuration has reached count. Trials of an earlier
/// experiment are passed on and never repeated. Thread-safety, determinism: as of any searcher. O(trials) per ask().
class RepeatingSearcher final : public Searcher {
 public:
  static constexpr std::int64_t kMost = 100;  ///< Trials of a configuration.
  static constexpr std::size_t kFirst = 8;    ///< Configurations with a value before the first repeat.

  /// `most`: how often a configuration is tried, 2 to kMost.
  /// Errors: kInvalidArgument: another `most`, `inner` has an end (a grid), or there are several metrics or constraints
  /// on metrics.
  static Result<std::unique_ptr<Searcher>> make(std::unique_ptr<Searcher> inner, const SearcherSetup& setup,
                                                std::int64_t most);

  Result<std::optional<Config>> ask(TrialId trial) override;
  void tell(const Outcome& outcome) override;
  bool learns() const override { return inner_->learns(); }
  std::optional<std::int64_t> size() const override { return std::nullopt; }
  std::string describe() const override { return inner_->describe(); }
  std::optional<double> expected_gain() const override { return inner_->expected_gain(); }

  Snapshot save() const override;
  /// Errors also: those of the inner one.
  Result<void> restore(const Snapshot& snapshot) override;

 private:
  struct Run {
    std::int64_t trial = 0;
    bool is_over = false;
    std::int64_t iteration = 0;
    double seconds = 0;
    std::optional<double> loss = std::nullopt;  // Finite.
  };
  // A configuration; the searcher knows it as its first trial.
  struct Group {
    Config config;
    std::vector<Run> runs;
  };

  RepeatingSearcher(std::unique_ptr<Searcher> inner, const SearcherSetup& setup, std::int64_t most)
      : inner_(std::move(inner)), objective_(setup.objective), samples_(setup.samples), most_(most) {}

  static RepeatedValue value_of(const Group& group);
  std::optional<std::size_t> due_repeat() const;
  void add_run(std::size_t group, std::int64_t trial);
  std::size_t group_told(const Outcome& outcome);
  void tell_mean(const Group& group);

  std::unique_ptr<Searcher> inner_;
  Objective objective_;
  std::int64_t samples_;
  std::int64_t most_;
  std::vector<Group> groups_;
  std::unordered_map<std::int64_t, std::size_t> group_of_;  // By trial.
};

}  // namespace manta
