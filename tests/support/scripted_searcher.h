// SPDX-License-Identifier: Apache-2.0
// A searcher that does what the test's function says, and remembers what it was told.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tune/searcher.h"

namespace manta {

/// An Outcome that outlives the call.
struct ToldOutcome {
  TrialId trial;
  TrialState state;
  std::int64_t iteration = 0;
  std::optional<double> value;
};

/// By default it suggests {"index": number of the trial} without end.
class ScriptedSearcher final : public Searcher {
 public:
  using Ask = std::function<Result<std::optional<Config>>(TrialId)>;

  ScriptedSearcher() = default;
  explicit ScriptedSearcher(Ask ask) : ask_(std::move(ask)) {}

  Result<std::optional<Config>> ask(TrialId trial) override {
    asked.push_back(trial);
    if (ask_) return ask_(trial);
    return std::optional<Config>(Config{{"index", trial.number}});
  }
  void tell(const Outcome& outcome) override {
    told.push_back({outcome.trial, outcome.state, outcome.iteration, outcome.value});
  }
  std::optional<std::int64_t> size() const override { return limit; }
  std::string describe() const override { return asked.size() < 2 ? description : later_description; }
  std::optional<double> expected_gain() const override { return gain ? gain(asked.size()) : std::nullopt; }
  Snapshot save() const override { return {"{\"ScriptedSearcher\":" + std::to_string(told.size()) + "}"}; }
  Result<void> restore(const Snapshot& snapshot) override {
    restored = snapshot.json;
    return {};
  }

  std::vector<TrialId> asked;
  std::vector<ToldOutcome> told;
  std::optional<std::int64_t> limit;
  std::function<std::optional<double>(std::size_t asked)> gain;
  std::string restored;
  std::string description;        // Of itself, before it was asked for a second trial,
  std::string later_description;  // and then.

 private:
  Ask ask_;
};

}  // namespace manta
