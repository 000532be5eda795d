// SPDX-License-Identifier: Apache-2.0
// manta logs: what a trial printed, and prints.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "tune/cli/internal/option_values.h"
#include "tune/cli/verbs/experiment_words.h"
#include "tune/cli/verbs/verbs.h"

namespace manta::verbs {

namespace {

// Prints what is in `path` from `offset` on and moves `offset` behind it. A file that is not there yet is empty.
Result<void> print_from(const std::filesystem::path& path, std::streamoff& offset) {
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open() || !file.seekg(offset)) return {};
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  offset += static_cast<std::streamoff>(text.size());
  return print(text);
}

// Where the last `lines` lines begin.
std::streamoff tail_of(const std::filesystem::path& path, std::int64_t lines) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::size_t at = text.size();
  if (at > 0 && text[at - 1] == '\n') --at;
  for (; lines > 0 && at > 0; --lines) {
    const std::size_t newline = text.rfind('\n', at - 1);
    if (newline == std::string::npos) return 0;
    at = newline;
  }
  return at == 0 ? 0 : static_cast<std::streamoff>(at + 1);
}

// Until the trial has ended or nobody runs the experiment any more; goes on with the log of the next attempt.
Result<void> follow(ExperimentView& view, std::size_t trial, int attempt, std::streamoff offset) {
  for (;;) {
    // Asked before the log is read: what is printed until then is not missed.
    const bool is_run = experiment_owner(view.directory()).has_value();
    MANTA_ASSIGN_OR_RETURN(const std::vector<TrialRecord> trials, view.trials());
    const TrialStatus& status = trials[trial].status;
    MANTA_RETURN_IF_ERROR(print_from(log_path(view.directory(), status.id, attempt), offset));
    if (status.attempt > attempt) {
      ++attempt;
      offset = 0;
      continue;
    }
    if (is_ended(status.state) || !is_run) return {};
    constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 200'000'000};
    ::nanosleep(&kPause, nullptr);
  }
}

}  // namespace

Result<ExitCode> logs(const VerbWords& words) {
  MANTA_ASSIGN_OR_RETURN(ExperimentView view, open_experiment(words.value("EXP")));
  MANTA_ASSIGN_OR_RETURN(const std::vector<TrialRecord> trials, view.trials());
  MANTA_ASSIGN_OR_RETURN(const TrialRecord* trial, find_record(trials, words.value("TRIAL")));
  const TrialId id = trial->status.id;
  int attempt = std::max(1, trial->status.attempt);
  if (words.has("attempt")) {
    Result<int> asked = internal::parse_integer<int>(words.value("attempt"), 1, attempt);
    if (!asked) return Error{ErrorCode::kInvalidArgument, "--attempt: " + asked.error().message};
    attempt = *asked;
  }
  std::streamoff offset = 0;
  const std::filesystem::path path = log_path(view.directory(), id, attempt);
  if (words.has("lines")) {
    Result<std::int64_t> lines = internal::parse_integer<std::int64_t>(words.value("lines"), 0);
    if (!lines) return Error{ErrorCode::kInvalidArgument, "--lines: " + lines.error().message};
    offset = tail_of(path, *lines);
  }
  std::error_code error;
  if (!words.has("follow")) {
    if (!std::filesystem::exists(path, error)) {
      const std::string where = "attempt " + std::to_string(attempt) + " of trial " + to_string(id);
      const std::string shown = escape_control(path.string());
      if (trial->status.attempt < attempt)
        return Error{ErrorCode::kNotFound, where + " has not begun: there is no log yet: " + shown};
      std::fprintf(stderr, "%s printed nothing, or its log was removed: %s\n", where.c_str(), shown.c_str());
      return kExitOk;
    }
    MANTA_RETURN_IF_ERROR(print_from(path, offset));
    return kExitOk;
  }
  MANTA_RETURN_IF_ERROR(follow(view, static_cast<std::size_t>(id.number), attempt, offset));
  return kExitOk;
}

}  // namespace manta::verbs
