// SPDX-License-Identifier: Apache-2.0
// Scripts are made from one list of words per program, so that the three shells offer the same.
#include "tune/cli/completion.h"

#include <algorithm>
#include <vector>

#include "core/base/escape_control.h"
#include "integrations/command/command_template.h"
#include "tune/cli/option_table.h"
#include "tune/cli/verb_table.h"

namespace manta {

namespace {

// What may stand in one place.
struct Offer {
  Completion kind = Completion::kNothing;
  std::string words;  // Of kWords, with spaces between.
};

struct OptionWords {
  std::string name;  // Without dashes.
  char letter = 0;
  bool takes_value = false;
  std::string help;
  Offer value;
};

/// What follows a program's name, or a verb.
struct CommandWords {
  std::string name;
  std::string help;
  std::vector<OptionWords> options;
  std::vector<Offer> arguments;
  bool last_repeats = false;
};

Offer offer_of(Completion kind, std::string_view words) { return {kind, std::string(words)}; }

CommandWords command_of(const Verb& verb) {
  CommandWords command{std::string(verb.name), std::string(verb.summary), {}, {}, false};
  for (const VerbOption& option : verb.options) {
    command.options.push_back({std::string(option.name), option.letter, !option.value_name.empty(),
                               std::string(option.help), offer_of(option.completion, option.words)});
  }
  command.options.push_back({"help", 'h', false, "Print this and end", {}});
  for (const VerbArgument& argument : verb.arguments) {
    command.arguments.push_back(offer_of(argument.completion, argument.words));
    command.last_repeats = argument.count == VerbArgument::Count::kMany || argument.count == VerbArgument::Count::kAny;
  }
  return command;
}

Offer value_of(const OptionSpec& spec) {
  std::string words(spec.value_name);
  if (words.find('|') != std::string::npos) {
    std::ranges::replace(words, '|', ' ');
    return {Completion::kWords, words};
  }
  if (words == "DIR") return {Completion::kDirectory, ""};
  if (words == "FILE" || words == "REF") return {Completion::kFile, ""};
  return {};
}

CommandWords tune_run() {
  CommandWords command{"tune_run", "Run an experiment", {}, {{Completion::kFile, ""}}, true};
  for (const OptionSpec& spec : option_table())
    command.options.push_back(
        {std::string(spec.name), 0, !spec.value_name.empty(), std::string(spec.help), value_of(spec)});
  command.options.push_back({"help", 0, false, "Print the options and end", {}});
  command.options.push_back({"version", 0, false, "Print the version and end", {}});
  return command;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::vector<std::string> verb_names() {
  std::vector<std::string> names;
  for (const Verb& verb : verb_table()) names.emplace_back(verb.name);
  names.emplace_back("help");
  return names;
}

/// With each character of `special` behind a backslash.
std::string guarded(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

// --- bash ---

std::string bash_offer(const Offer& offer) {
  switch (offer.kind) {
    case Completion::kNothing: return "return 0";
    case Completion::kDirectory: return "_manta_offer -d";
    case Completion::kFile: return "_manta_offer -f";
    case Completion::kWords: return "_manta_offer -W " + shell_quoted(offer.words);
  }
  return "return 0";
}

std::vector<std::string> option_words(const OptionWords& option) {
  std::vector<std::string> words{"--" + option.name};
  if (option.letter != 0) words.push_back(std::string("-") + option.letter);
  return words;
}

/// A function that completes the words behind the first `skip` ones.
std::string bash_function(const std::string& name, const CommandWords& command, int skip) {
  std::vector<std::string> all;
  std::string taking;  // A pattern of case: those with a value.
  std::string values;
  for (const OptionWords& option : command.options) {
    const std::vector<std::string> words = option_words(option);
    all.insert(all.end(), words.begin(), words.end());
    if (!option.takes_value) continue;
    std::string pattern;
    for (const std::string& word : words) pattern += (pattern.empty() ? "" : "|") + word;
    taking += (taking.empty() ? "" : "|") + pattern;
    values += "    " + pattern + ") " + bash_offer(option.value) + "; return ;;\n";
  }
  std::string text = name + "() {\n";
  if (!values.empty()) text += "  case \"$prev\" in\n" + values + "  esac\n";
  text += "  if [[ $cur == -* ]]; then _manta_offer -W " + shell_quoted(joined(all)) + "; return; fi\n";
  if (command.arguments.empty()) return text + "}\n";
  text += "  local place=0 i\n  for ((i = " + std::to_string(skip) + "; i < COMP_CWORD; i++)); do\n" +
          "    case \"${COMP_WORDS[i]}\" in\n" + (taking.empty() ? "" : "      " + taking + ") ((i++)) ;;\n") +
          "      -*) ;;\n      *) ((place++)) ;;\n    esac\n  done\n  case $place in\n";
  for (std::size_t place = 0; place < command.arguments.size(); ++place) {
    const bool is_rest = command.last_repeats && place + 1 == command.arguments.size();
    text += "    " + (is_rest ? "*" : std::to_string(place)) + ") " + bash_offer(command.arguments[place]) + " ;;\n";
  }
  return text + "  esac\n}\n";
}

std::string bash_script() {
  std::string text =
      "# Completion of manta and tune_run for bash: eval \"$(manta completion bash)\"\n"
      "_manta_offer() {\n"
      "  local IFS=$' \\t\\n'\n"
      "  if [[ $1 == -W ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$2\" -- \"$cur\"))\n"
      "    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null\n"
      "  else\n"
      "    compopt -o filenames 2>/dev/null\n"
      "    IFS=$'\\n'\n"
      "    COMPREPLY=($(compgen \"$1\" -- \"$cur\"))\n"
      "  fi\n"
      "  return 0\n"
      "}\n";
  std::string cases;
  for (const Verb& verb : verb_table()) {
    std::string name = "_manta_" + std::string(verb.name);
    std::ranges::replace(name, '-', '_');
    text += bash_function(name, command_of(verb), 2);
    cases += "    " + std::string(verb.name) + ") " + name + " ;;\n";
  }
  const std::string verbs = shell_quoted(joined(verb_names()));
  text +=
      "_manta() {\n  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n  COMPREPLY=()\n"
      "  if ((COMP_CWORD == 1)); then _manta_offer -W " +
      verbs +
      "; return; fi\n"
      "  case \"${COMP_WORDS[1]}\" in\n    help) _manta_offer -W " +
      verbs + " ;;\n" + cases + "  esac\n}\n";
  text += bash_function("_manta_of_tune_run", tune_run(), 1);
  return text +
         "_tune_run() {\n  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n  COMPREPLY=()\n"
         "  _manta_of_tune_run\n}\n"
         "complete -F _manta manta\ncomplete -F _tune_run tune_run\n";
}

// --- zsh ---

std::string zsh_offer(const Offer& offer) {
  switch (offer.kind) {
    case Completion::kNothing: return " ";
    case Completion::kDirectory: return "_directories";
    case Completion::kFile: return "_files";
    case Completion::kWords: return "(" + offer.words + ")";
  }
  return " ";
}

/// A call of _arguments that completes one command.
std::string zsh_arguments(const CommandWords& command) {
  std::string text = "_arguments -s";
  for (const OptionWords& option : command.options) {
    for (const std::string& word : option_words(option)) {
      std::string spec = word + "[" + guarded(option.help, "[]:\\") + "]";
      if (option.takes_value) spec += ":" + option.name + ":" + zsh_offer(option.value);
      text += " \\\n    " + shell_quoted("*" + spec);
    }
  }
  for (std::size_t place = 0; place < command.arguments.size(); ++place) {
    const bool is_rest = command.last_repeats && place + 1 == command.arguments.size();
    text += " \\\n    " +
            shell_quoted((is_rest ? "*" : std::to_string(place + 1)) + ":word:" + zsh_offer(command.arguments[place]));
  }
  return text;
}

std::string zsh_script() {
  std::string verbs;
  std::string cases;
  for (const Verb& verb : verb_table()) {
    verbs += "    " + shell_quoted(std::string(verb.name) + ":" + guarded(verb.summary, ":\\")) + "\n";
    cases += "  " + std::string(verb.name) + ")\n  " + zsh_arguments(command_of(verb)) + " ;;\n";
  }
  return "#compdef manta tune_run\n"
         "# Completion of manta and tune_run for zsh: source <(manta completion zsh), after compinit\n"
         "_manta() {\n  local -a verbs\n  verbs=(\n" +
         verbs + "  )\n  if ((CURRENT == 2)); then _describe verb verbs; return; fi\n" +
         "  local verb=$words[2]\n  shift words\n  ((CURRENT--))\n  case $verb in\n  help) _describe verb verbs ;;\n" +
         cases + "  esac\n}\n_tune_run() {\n  " + zsh_arguments(tune_run()) +
         "\n}\n"
         "if [[ $funcstack[1] == _manta ]]; then\n"
         "  if [[ $service == tune_run ]]; then _tune_run \"$@\"; else _manta \"$@\"; fi\n"
         "else\n  compdef _manta manta\n  compdef _tune_run tune_run\nfi\n";
}

// --- fish ---

std::string fish_quoted(std::string_view text) { return "'" + guarded(text, "'\\") + "'"; }

std::string fish_offer(const Offer& offer) {
  switch (offer.kind) {
    case Completion::kNothing: return " -x";
    case Completion::kDirectory: return " -x -a '(__fish_complete_directories)'";
    case Completion::kFile: return " -r -F";
    case Completion::kWords: return " -x -a " + fish_quoted(offer.words);
  }
  return "";
}

std::string fish_options(const CommandWords& command, const std::string& begin) {
  std::string text;
  for (const OptionWords& option : command.options) {
    text += begin + " -l " + option.name + (option.letter != 0 ? std::string(" -s ") + option.letter : "") +
            (option.takes_value ? fish_offer(option.value) : "") + " -d " + fish_quoted(option.help) + "\n";
  }
  return text;
}

std::string fish_script() {
  std::string text =
      "# Completion of manta and tune_run for fish: manta completion fish | source\n"
      "complete -c manta -f\n";
  for (const Verb& verb : verb_table()) {
    const CommandWords command = command_of(verb);
    text += "complete -c manta -n __fish_use_subcommand -a " + command.name + " -d " + fish_quoted(command.help) + "\n";
    const std::string begin = "complete -c manta -n '__fish_seen_subcommand_from " + command.name + "'";
    for (const Offer& offer : command.arguments)
      if (offer.kind != Completion::kNothing) text += begin + fish_offer(offer) + "\n";
    text += fish_options(command, begin);
  }
  return text + fish_options(tune_run(), "complete -c tune_run");
}

}  // namespace

Result<std::string> completion_script(std::string_view shell) {
  if (shell == "bash") return bash_script();
  if (shell == "zsh") return zsh_script();
  if (shell == "fish") return fish_script();
  return Error{ErrorCode::kInvalidArgument, "there is no completion for \"" + escape_control(std::string(shell)) +
                                                "\"; there is for bash, zsh and fish"};
}

}  // namespace manta
