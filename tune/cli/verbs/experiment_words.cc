// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/verbs/experiment_words.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <system_error>

#include "core/base/did_you_mean.h"
#include "tune/cli/verb_table.h"

namespace manta::verbs {

namespace fs = std::filesystem;

namespace {

constexpr const char* kDatabase = "experiment.db";
// Deeper than anybody keeps experiments: a search from / must end.
constexpr int kMaxDepth = 8;

// What the user may have meant: experiments beside and below what was named.
std::string suggestion(const fs::path& directory) {
  std::error_code error;
  const std::vector<fs::path> below =
      fs::is_directory(directory, error) ? find_experiments(directory) : std::vector<fs::path>();
  if (!below.empty()) {
    return "; below it there " + std::string(below.size() == 1 ? "is " : "are ") + std::to_string(below.size()) +
           ", such as " + below.back().string() + " (manta ls " + directory.string() + " shows them)";
  }
  const fs::path parent = directory.has_parent_path() ? directory.parent_path() : fs::path(".");
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent, error)) {
    if (fs::exists(entry.path() / kDatabase, error))
      names.push_back((directory.parent_path() / entry.path().filename()).string());
  }
  return did_you_mean(directory.string(), names) + " (manta ls shows the experiments below the current directory)";
}

}  // namespace

fs::path experiment_directory(const std::string& word) {
  fs::path path = word;
  if (path.filename() == kDatabase) path = path.parent_path();
  if (!path.has_filename() && path.has_parent_path()) path = path.parent_path();  // "runs/net/".
  return path.empty() ? fs::path(".") : path;
}

Result<ExperimentView> open_experiment(const std::string& word) {
  const fs::path directory = experiment_directory(word);
  Result<ExperimentView> view = ExperimentView::open(directory);
  if (view || view.error().code != ErrorCode::kNotFound) return view;
  return Error{ErrorCode::kNotFound, escape_control(view.error().message + suggestion(directory))};
}

std::vector<fs::path> find_experiments(const fs::path& root) {
  std::vector<fs::path> found;
  std::error_code error;
  if (fs::exists(root / kDatabase, error)) found.push_back(root);
  fs::recursive_directory_iterator each(root, fs::directory_options::skip_permission_denied, error);
  for (; !error && each != fs::end(each); each.increment(error)) {
    const fs::path& path = each->path();
    if (path.filename() == kDatabase && path.parent_path() != root) found.push_back(path.parent_path());
    std::error_code ignored;
    const bool is_directory = each->is_directory(ignored) && !each->is_symlink(ignored);
    const std::string name = path.filename().string();
    const bool holds_none = name.starts_with('.') || name == "checkpoints" || name == "logs";
    if (is_directory && (holds_none || each.depth() >= kMaxDepth)) each.disable_recursion_pending();
  }
  std::ranges::sort(found);
  return found;
}

std::string standing(const std::vector<TrialRecord>& trials, bool is_running) {
  if (is_running) return "running";
  if (trials.empty()) return "empty";
  const auto ended = [](const TrialRecord& trial) { return is_ended(trial.status.state); };
  return std::ranges::all_of(trials, ended) ? "ended" : "interrupted";
}

std::optional<std::size_t> best_index(const std::vector<TrialRecord>& trials, const Objective& objective) {
  std::optional<std::size_t> best;
  for (std::size_t index = 0; index < trials.size(); ++index) {
    const std::optional<double>& value = trials[index].status.best_value;
    if (!value) continue;
    if (!best || objective.score(*value) > objective.score(*trials[*best].status.best_value)) best = index;
  }
  return best;
}

TrialCounts count_records(const std::vector<TrialRecord>& trials) {
  std::vector<TrialStatus> statuses;
  statuses.reserve(trials.size());
  for (const TrialRecord& trial : trials) {
    TrialStatus status;
    status.state = trial.status.state;
    statuses.push_back(std::move(status));
  }
  return count_trials(statuses);
}

std::string time_text(WallTime time) {
  const std::int64_t us = time.time_since_epoch().count();
  const std::time_t seconds = static_cast<std::time_t>(us / 1'000'000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 64> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text.data() + length, text.size() - length, ".%03dZ", static_cast<int>(us / 1000 % 1000));
  return text.data();
}

Result<const TrialRecord*> find_record(const std::vector<TrialRecord>& trials, const std::string& word) {
  MANTA_ASSIGN_OR_RETURN(const std::int64_t number, parse_trial_number(word));
  if (static_cast<std::uint64_t>(number) < trials.size()) return &trials[static_cast<std::size_t>(number)];
  return Error{ErrorCode::kNotFound, "there is no trial " + word + ": " +
                                         (trials.empty() ? "the experiment has none yet"
                                                         : "the last one is " + std::to_string(trials.size() - 1))};
}

TextStyle output_style() { return choose_style(gather_terminal_facts(STDOUT_FILENO), ColorMode::kAuto); }

Result<void> print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return std::fflush(stdout) == 0 ? Result<void>() : system_error("writing to standard output", errno);
}

}  // namespace manta::verbs
