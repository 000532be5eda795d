// SPDX-License-Identifier: Apache-2.0
// Trials that have run once, to be run again in virtual time under another searcher and scheduler.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "tune/loop/curve_table.h"
#include "tune/loop/simulated_executor.h"
#include "tune/searcher.h"
#include "tune/space/unit_cube.h"

namespace manta {

/// One trial as it was recorded.
struct RecordedTrial {
  struct Iteration {
    double seconds = 0;  ///< That it took.
    Metrics metrics;
  };
  enum class End { kWhole, kCut, kFailed, kInfeasible };

  Config config;
  std::vector<Iteration> iterations;  ///< The first is iteration 1.
  End end = End::kWhole;              ///< kCut: it was stopped or paused, and might have gone on.
  std::string cause;                  ///< Of kFailed and kInfeasible.
};

/// The trials of a table of curves: each iteration takes `seconds`, the column s0 is left out.
std::vector<RecordedTrial> recorded_trials(const CurveTable& table, const std::string& metric, double seconds = 1);

/// Runs recorded trials again.
///
/// **Which one**: a suggested configuration is run by the recorded trial with the same configuration (of several by
/// each in turn); if there is none, by the nearest, the first of equals: the one with the least sum, over the
/// parameters that vary, of the squared distance in the unit cube (UnitCube), or 1 where values of a choice differ or
/// only one of the two has the parameter.
/// **How far**: a trial ends with its recording, as completed, whether that was cut or not; one that failed or was
/// infeasible does so after the same iteration. **Clones** (PBT) go on at their iteration along the curve of the trial
/// that their new configuration is nearest to: a recording has no weights.
///
/// Thread-safety: none; it must outlive the executors made of it, one at a time.
class RecordedTrials {
 public:
  RecordedTrials(std::vector<RecordedTrial> trials, Space space);

  const std::vector<RecordedTrial>& trials() const { return trials_; }
  /// The place of a trial that can run `config`.
  std::size_t nearest(const Config& config) const;
  std::unique_ptr<SimulatedExecutor> executor(int slots);

  /// How many launched configurations were recorded as they are, and how many were run by a neighbour.
  std::int64_t exact() const { return exact_; }
  std::int64_t approximated() const { return approximated_; }
  /// How many reports were the last of a recording that was cut.
  std::int64_t ran_out() const { return ran_out_; }

 private:
  // Recorded trials of one configuration.
  struct Same {
    std::vector<std::size_t> places;
    std::size_t next = 0;
  };

  void launched(const Launch& launch);
  std::optional<Stepped> step(TrialId trial, std::int64_t iteration);
  std::optional<AttemptFailed> failure(TrialId trial, std::int64_t iteration) const;
  double distance(const UnitCube::Point& from, std::size_t trial) const;

  const std::vector<RecordedTrial> trials_;
  const UnitCube cube_;
  std::vector<UnitCube::Point> points_;               // Of trials_.
  std::unordered_map<std::string, Same> same_;        // By configuration, as JSON.
  std::unordered_map<TrialId, std::size_t> running_;  // Simulated trial to the recorded one.
  std::int64_t exact_ = 0;
  std::int64_t approximated_ = 0;
  std::int64_t ran_out_ = 0;
};

/// Suggests the recorded configurations: each once, in their order, or for a seed other than 0 in a random one.
class RecordedSearcher final : public Searcher {
 public:
  RecordedSearcher(const std::vector<RecordedTrial>& trials, std::uint64_t seed);

  Result<std::optional<Config>> ask(TrialId trial) override;
  void tell(const Outcome&) override {}
  bool learns() const override { return false; }
  bool is_quick() const override { return true; }
  std::optional<std::int64_t> size() const override { return static_cast<std::int64_t>(configs_.size()); }
  Snapshot save() const override { return {R"({"RecordedSearcher":{}})"}; }
  Result<void> restore(const Snapshot&) override { return {}; }

 private:
  std::vector<Config> configs_;
};

}  // namespace manta
