// SPDX-License-Identifier: Apache-2.0
// The words after a verb, sorted by the verb's row of the table.
#include <algorithm>

#include "core/base/did_you_mean.h"
#include "core/base/escape_control.h"
#include "tune/cli/internal/option_values.h"
#include "tune/cli/verb_table.h"

namespace manta {

namespace {

using Count = VerbArgument::Count;

std::string argument_text(const VerbArgument& argument) {
  const std::string name(argument.name);
  switch (argument.count) {
    case Count::kOne: return name;
    case Count::kOptional: return "[" + name + "]";
    case Count::kMany: return name + "...";
    case Count::kAny: return "[" + name + "...]";
  }
  return name;
}

// Sorts one list of words.
class Sorter {
 public:
  Sorter(const Verb& verb, std::span<const std::string> words) : verb_(verb), words_(words) {}

  Result<VerbWords> sort() && {
    bool options_end = false;
    while (next_ < words_.size()) {
      const std::string& word = words_[next_++];
      if (options_end || word.size() < 2 || word.front() != '-') {
        plain_.push_back(word);
      } else if (word == "--") {
        options_end = true;
      } else {
        MANTA_RETURN_IF_ERROR(take_option(word));
      }
    }
    MANTA_RETURN_IF_ERROR(take_arguments());
    return std::move(sorted_);
  }

 private:
  Error wrong(const std::string& what) const {
    return {ErrorCode::kInvalidArgument,
            what + "; usage: " + usage_line(verb_) + " (manta " + std::string(verb_.name) + " --help says more)"};
  }

  Result<void> take_option(const std::string& word) {
    const bool is_long = word.starts_with("--");
    const std::size_t equals = is_long ? word.find('=') : std::string::npos;
    const std::string name = word.substr(is_long ? 2 : 1, equals == std::string::npos ? equals : equals - 2);
    const auto option = std::ranges::find_if(verb_.options, [&](const VerbOption& each) {
      return is_long ? each.name == name : name.size() == 1 && each.letter == name.front();
    });
    if (option == verb_.options.end()) {
      std::vector<std::string> known{"--help"};
      for (const VerbOption& each : verb_.options) known.push_back("--" + std::string(each.name));
      return wrong("unknown option " + escape_control(word.substr(0, equals)) +
                   did_you_mean(word.substr(0, equals), known));
    }
    if (!option->is_repeatable && sorted_.has(option->name)) return wrong(word + " is given twice");
    if (option->value_name.empty()) {
      if (equals != std::string::npos) return wrong("--" + name + " takes no value");
      return sorted_.add(option->name, ""), Result<void>();
    }
    if (equals != std::string::npos) return sorted_.add(option->name, word.substr(equals + 1)), Result<void>();
    const bool has_value = next_ < words_.size() && !words_[next_].starts_with("--");
    if (!has_value && !option->value_is_optional) {
      return wrong(word + " needs a value, " + std::string(option->value_name));
    }
    sorted_.add(option->name, has_value ? words_[next_++] : "");
    return {};
  }

  Result<void> take_arguments() {
    std::size_t taken = 0;
    for (const VerbArgument& argument : verb_.arguments) {
      const bool takes_many = argument.count == Count::kMany || argument.count == Count::kAny;
      const bool is_needed = argument.count == Count::kOne || argument.count == Count::kMany;
      if (taken == plain_.size() && is_needed) return wrong("which " + std::string(argument.name) + "?");
      do {
        if (taken < plain_.size()) sorted_.add(argument.name, plain_[taken++]);
      } while (takes_many && taken < plain_.size());
    }
    if (taken < plain_.size()) return wrong("unexpected word \"" + escape_control(plain_[taken]) + "\"");
    return {};
  }

  const Verb& verb_;
  const std::span<const std::string> words_;
  std::size_t next_ = 0;
  std::vector<std::string> plain_;
  VerbWords sorted_;
};

}  // namespace

std::string VerbWords::value(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? "" : found->second.back();
}

std::vector<std::string> VerbWords::values(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

const Verb* find_verb(std::string_view name) {
  const auto found = std::ranges::find(verb_table(), name, &Verb::name);
  return found == verb_table().end() ? nullptr : &*found;
}

std::string usage_line(const Verb& verb) {
  std::string text = "manta " + std::string(verb.name) + (verb.options.empty() ? "" : " [OPTIONS]");
  for (const VerbArgument& argument : verb.arguments) text += " " + argument_text(argument);
  return text;
}

Result<VerbWords> parse_verb_words(const Verb& verb, std::span<const std::string> words) {
  return Sorter(verb, words).sort();
}

Result<std::int64_t> parse_trial_number(std::string_view text) {
  Result<std::int64_t> number = internal::parse_integer<std::int64_t>(text, 0);
  if (number) return number;
  return Error{ErrorCode::kInvalidArgument, "\"" + escape_control(text) + "\" is no number of a trial: 0, 1, 2, …"};
}

}  // namespace manta
