// SPDX-License-Identifier: Apache-2.0
// Every verb of the program manta once: its words, its help, what it does. Help, manual, completion and parser read it.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "tune/cli/exit_code.h"

namespace manta {

/// What a shell offers where a word is expected.
enum class Completion { kNothing, kDirectory, kFile, kWords };

struct VerbArgument {
  enum class Count { kOne, kOptional, kMany, kAny };  ///< kMany: one at least; kAny: also none.
  std::string_view name;                              ///< "EXP"
  std::string_view help;
  Count count = Count::kOne;
  Completion completion = Completion::kNothing;
  std::string_view words = {};  ///< Of kWords.
};

struct VerbOption {
  std::string_view name;        ///< "where", without dashes.
  std::string_view value_name;  ///< "EXPR"; "" for an option without a value.
  std::string_view help;
  char letter = 0;  ///< 'f' for -f; 0: none.
  bool is_repeatable = false;
  bool value_is_optional = false;
  Completion completion = Completion::kNothing;
  std::string_view words = {};  ///< Of kWords: "auto always never".
};

/// What the user typed for a verb, sorted.
class VerbWords {
 public:
  bool has(std::string_view name) const { return values_.contains(name); }
  /// The last value of an option or argument; "" when there is none.
  std::string value(std::string_view name) const;
  /// All of them.
  std::vector<std::string> values(std::string_view name) const;
  void add(std::string_view name, std::string value) { values_[name].push_back(std::move(value)); }

 private:
  std::map<std::string_view, std::vector<std::string>> values_;  // Keys are names of the table, which is static.
};

struct Verb {
  std::string_view name;
  std::string_view group;
  std::string_view summary;  ///< A line, without a full stop.
  std::string_view text;     ///< Paragraphs for the manual, with empty lines between.
  std::vector<VerbArgument> arguments;
  std::vector<VerbOption> options;
  std::vector<std::string_view> examples;
  Result<ExitCode> (*run)(const VerbWords& words);
};

/// In the order in which help lists them; those of a group stand together.
std::span<const Verb> verb_table();

/// Null: none such.
const Verb* find_verb(std::string_view name);

/// "manta trials [OPTIONS] EXP"
std::string usage_line(const Verb& verb);

/// Sorts the words after the verb's name.
/// Errors: kInvalidArgument: an unknown option (with the nearest one), a value or argument that is missing, a word too
/// many; each with the usage.
Result<VerbWords> parse_verb_words(const Verb& verb, std::span<const std::string> words);

/// A number of a trial that was typed.
/// Errors: kInvalidArgument.
Result<std::int64_t> parse_trial_number(std::string_view text);

}  // namespace manta
