// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/manta_main.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "core/base/did_you_mean.h"
#include "core/base/escape_control.h"
#include "tune/cli/exit_code.h"
#include "tune/cli/verb_help.h"
#include "tune/cli/verb_table.h"
#include "tune/plugin_info.h"

namespace manta {

namespace {

Error unknown_verb(const std::string& word) {
  std::vector<std::string> names;
  std::string all;
  for (const Verb& verb : verb_table()) {
    names.emplace_back(verb.name);
    all += (all.empty() ? "" : ", ") + names.back();
  }
  return {ErrorCode::kInvalidArgument, "there is no verb \"" + escape_control(word) + "\"" + did_you_mean(word, names) +
                                           "; there are " + all + " (manta --help says more)"};
}

bool asks_for_help(const std::string& word) { return word == "--help" || word == "-h"; }

Result<ExitCode> run(const std::vector<std::string>& words) {
  if (words.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "what is to be done? \"manta ls\" shows experiments, \"manta status\" running programs (manta --help "
                 "lists all)"};
  }
  const std::string& first = words.front();
  if (first == "--version") {
    std::printf("manta %s\n", manta_plugin_entry()->version);
    return kExitOk;
  }
  const bool is_help = asks_for_help(first) || first == "help";
  if (is_help && words.size() == 1) {
    std::fputs(program_help().c_str(), stdout);
    return kExitOk;
  }
  const std::string& name = is_help ? words[1] : first;
  const Verb* const verb = find_verb(name);
  if (verb == nullptr) return unknown_verb(name);
  const std::span<const std::string> rest = std::span(words).subspan(1);
  const auto options_end = std::ranges::find(rest, "--");
  if (is_help || std::any_of(rest.begin(), options_end, asks_for_help)) {
    std::fputs(verb_help(*verb).c_str(), stdout);
    return kExitOk;
  }
  MANTA_ASSIGN_OR_RETURN(const VerbWords sorted, parse_verb_words(*verb, rest));
  return verb->run(sorted);
}

}  // namespace

int manta_main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_DFL);  // "manta status --watch | head" ends.
  const Result<ExitCode> code = run({argv + (argc > 0 ? 1 : 0), argv + argc});
  if (code && std::fflush(stdout) == 0) return *code;
  const std::string message = code ? "standard output cannot be written" : code.error().message;
  std::fprintf(stderr, "manta: error: %s\n", message.c_str());
  return code ? kExitEnvironment : exit_code_of(code.error().code);
}

}  // namespace manta
