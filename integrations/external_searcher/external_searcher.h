// SPDX-License-Identifier: Apache-2.0
// A searcher that is a program of its own, in any language.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "integrations/external_searcher/searcher_program.h"
#include "tune/searcher.h"
#include "tune/searcher_entry.h"

namespace manta {

/// Asks a program for configurations and tells it results, in lines of JSON on its standard input and output
/// (searcher_messages.h, docs/guides/searchers.md).
///
/// What a program need not care for: constants and inactive parameters are added and taken away; a proposal that breaks
/// a constraint is told as infeasible, and it is asked again, at most kMaxRefused times; a restored searcher starts a
/// new process and says all again that was said to the old one, so that a program which depends on nothing else is
/// where it was. That costs one question for each trial so far.
///
/// Thread-safety: none but that of give_up(), not during restore(). Blocks: ask() and restore(), for as long as the program takes, at most the timeout per answer.
/// Determinism: the program's.
class ExternalSearcher final : public Searcher {
 public:
  static constexpr int kMaxRefused = 1000;
  static constexpr Duration kDefaultTimeout = std::chrono::seconds(60);

  /// Starts the shell command `command` and tells it what it is for.
  /// Errors: kSystem: it does not start, has ended, or does not answer in time; its own error. kInvalidArgument: what
  /// it said is no answer.
  static Result<std::unique_ptr<ExternalSearcher>> start(const std::string& command, const SearcherSetup& setup,
                                                         Duration timeout = kDefaultTimeout);

  /// Errors besides: those of start(); kInvalidArgument: a configuration outside of the space, names the parameter;
  /// nothing but proposals that break a constraint.
  Result<std::optional<Config>> ask(TrialId trial) override;
  void tell(const Outcome& outcome) override;
  void give_up() override { program_->give_up(); }
  std::optional<std::int64_t> size() const override { return std::nullopt; }
  std::string describe() const override { return "the program " + command_; }

  /// All that was said to the program.
  Snapshot save() const override;
  /// Errors besides: those of start(), of the new process; kInvalidArgument: it was made for another space.
  Result<void> restore(const Snapshot& snapshot) override;

 private:
  ExternalSearcher(std::string command, const SearcherSetup& setup, Duration timeout);

  Result<std::unique_ptr<SearcherProgram>> launch(const std::string& start_line) const;
  void say(std::string line);

  const std::string command_;
  const Space space_;
  const std::vector<std::string> further_;  // Metrics that it is told beside the value.
  std::string start_line_;
  const Duration timeout_;
  std::unique_ptr<SearcherProgram> program_;
  std::vector<std::string> said_;  // What a new process has to be told; questions with their answers.
};

/// The command in "exec:COMMAND", or none: `text` asks for another searcher.
std::optional<std::string> external_searcher_command(std::string_view text);

}  // namespace manta
