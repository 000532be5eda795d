// SPDX-License-Identifier: Apache-2.0
// From the words EXP and TRIAL to what they mean, and back to text.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "tune/cli/console_text.h"
#include "tune/cli/terminal.h"
#include "tune/results/experiment_view.h"

namespace manta::verbs {

/// The directory that `word` names: itself, or that of an experiment.db.
std::filesystem::path experiment_directory(const std::string& word);

/// Errors: kNotFound: no experiment there; names those that are near.
Result<ExperimentView> open_experiment(const std::string& word);

/// Every directory below `root`, and itself, that holds an experiment; sorted. Links are not followed.
std::vector<std::filesystem::path> find_experiments(const std::filesystem::path& root);

/// How an experiment stands: "running", "ended", "interrupted" (some trial has not ended and nobody runs it), "empty".
std::string standing(const std::vector<TrialRecord>& trials, bool is_running);

/// The index of the best finite value, or none; of equals, the first.
std::optional<std::size_t> best_index(const std::vector<TrialRecord>& trials, const Objective& objective);

TrialCounts count_records(const std::vector<TrialRecord>& trials);

/// "2026-01-01T12:00:00.000Z", as the views of the database have it.
std::string time_text(WallTime time);

/// Errors: kNotFound: says how many there are.
Result<const TrialRecord*> find_record(const std::vector<TrialRecord>& trials, const std::string& word);

/// The style of standard output.
TextStyle output_style();

/// Errors: kSystem: it cannot be written.
Result<void> print(const std::string& text);

}  // namespace manta::verbs
