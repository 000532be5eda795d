// SPDX-License-Identifier: Apache-2.0
// manta rm: an experiment goes, with all its files.
#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "tune/cli/verbs/experiment_words.h"
#include "tune/cli/verbs/verbs.h"

namespace manta::verbs {

namespace {

// Errors: kInvalidArgument: there is nobody to ask.
Result<bool> is_confirmed(const std::filesystem::path& directory, std::size_t trials) {
  if (isatty(STDIN_FILENO) != 1) {
    return Error{ErrorCode::kInvalidArgument,
                 "standard input is no terminal to ask at: say manta rm --yes " + escape_control(directory.string())};
  }
  std::fprintf(stderr, "remove %s with its %zu trials, checkpoints and logs? [y/N] ",
               escape_control(directory.string()).c_str(), trials);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

Result<void> remove_one(const std::string& word, bool yes) {
  std::filesystem::path directory;
  std::size_t trials = 0;
  {
    MANTA_ASSIGN_OR_RETURN(ExperimentView view, open_experiment(word));
    MANTA_ASSIGN_OR_RETURN(const std::vector<TrialRecord> records, view.trials());
    directory = view.directory();
    trials = records.size();
  }
  if (const std::optional<std::string> owner = experiment_owner(directory)) {
    return Error{ErrorCode::kFailedPrecondition, escape_control(directory.string()) + " is running, by " + *owner +
                                                     ": end it first (Ctrl-C, or kill its pid)"};
  }
  if (!yes) {
    MANTA_ASSIGN_OR_RETURN(const bool confirmed, is_confirmed(directory, trials));
    if (!confirmed) return print("nothing was removed\n");
  }
  MANTA_ASSIGN_OR_RETURN(const std::vector<std::filesystem::path> left, remove_experiment(directory));
  std::string text = "removed " + escape_control(directory.string()) + "\n";
  for (const std::filesystem::path& path : left)
    text += "kept " + escape_control(path.string()) + ", which is no part of it\n";
  return print(text);
}

}  // namespace

Result<ExitCode> remove(const VerbWords& words) {
  for (const std::string& word : words.values("EXP")) MANTA_RETURN_IF_ERROR(remove_one(word, words.has("yes")));
  return kExitOk;
}

}  // namespace manta::verbs
