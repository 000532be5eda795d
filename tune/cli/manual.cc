// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/manual.h"

#include "tune/cli/option_table.h"
#include "tune/cli/verb_table.h"
#include "tune/plugin_info.h"

namespace manta {

namespace {

constexpr const char* kExitCodes =
    ".TP\n0\ndone\n.TP\n1\nmore trials failed than allowed, or there is no value yet\n.TP\n2\nwrong usage, or nothing "
    "there\n.TP\n3\nnot permitted, in use, or in no state for that\n.TP\n4\nstorage failed\n.TP\n5\nno answer, or the "
    "runtime is lost\n.TP\n130, 143\ninterrupted\n";

/// `text` as it is: no character of it is a command of roff.
std::string plain(std::string_view text) {
  std::string out;
  bool at_line_start = true;
  for (const char c : text) {
    if (at_line_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
    at_line_start = c == '\n';
  }
  return out;
}

std::string bold(std::string_view text) { return "\\fB" + plain(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + plain(text) + "\\fR"; }

/// Paragraphs with empty lines between.
std::string paragraphs(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find("\n\n");
    out += ".PP\n" + plain(text.substr(0, end)) + "\n";
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  }
  return out;
}

std::string head(const std::string& name, const std::string& summary) {
  return ".TH " + name + " 1 \"\" \"Manta " + manta_plugin_entry()->version + "\" \"Manta\"\n.SH NAME\n" + plain(name) +
         " \\- " + plain(summary) + "\n";
}

std::string verb_section(const Verb& verb) {
  std::string text = ".SS " + bold(usage_line(verb)) + "\n" + plain(verb.summary) + ".\n" + paragraphs(verb.text);
  for (const VerbArgument& argument : verb.arguments)
    text += ".TP\n" + italic(argument.name) + "\n" + plain(argument.help) + "\n";
  for (const VerbOption& option : verb.options) {
    text += ".TP\n" + (option.letter != 0 ? bold(std::string("-") + option.letter) + ", " : "") +
            bold("--" + std::string(option.name));
    if (!option.value_name.empty()) {
      const std::string value = italic(option.value_name);
      text += option.value_is_optional ? " [" + value + "]" : " " + value;
    }
    text += "\n" + plain(option.help) + "\n";
  }
  for (const std::string_view example : verb.examples) text += ".PP\n.EX\n" + plain(example) + "\n.EE\n";
  return text;
}

}  // namespace

std::string manta_manual() {
  std::string text = head("manta", "look at experiments and running programs of Manta, and change them") +
                     ".SH SYNOPSIS\n.B manta\n" + italic("VERB") + " [" + italic("OPTIONS") +
                     "] ...\n.SH DESCRIPTION\n" +
                     plain(
                         "Experiments are run by tune_run(1), or by programs of their own with the same options. manta "
                         "shows them while they run and after, and changes them from another shell.") +
                     "\n";
  std::string_view group;
  for (const Verb& verb : verb_table()) {
    if (verb.group != group) text += ".SH \"" + plain(verb.group) + "\"\n";
    group = verb.group;
    text += verb_section(verb);
  }
  return text + ".SH \"EXIT STATUS\"\n" + kExitCodes + ".SH \"SEE ALSO\"\n.BR tune_run (1)\n";
}

std::string tune_run_manual() {
  std::string text =
      head("tune_run", "tune the hyperparameters of a plugin or a command") + ".SH SYNOPSIS\n.B tune_run\n" +
      italic("space.json") + " " + bold("--metric") + " " + italic("NAME") + " [" + italic("OPTIONS") +
      "]\n.br\n.B tune_run\n" + italic("experiment.json") + " [" + italic("OPTIONS") + "]\n.br\n.B tune_run check\n" +
      italic("space.json") + "\n.br\n.B tune_run\n" + bold("--resume") + " " + italic("DIR") + "\n.SH DESCRIPTION\n" +
      plain(
          "Runs an experiment: a searcher proposes configurations from the space, each is a trial in a process of its "
          "own, a scheduler stops the bad ones early, and every result is in the database experiment.db of the "
          "experiment's directory. A program that links manta::tune_main has the same options.") +
      "\n";
  std::string_view group;
  for (const OptionSpec& option : option_table()) {
    if (option.group != group) text += ".SH \"" + plain(option.group) + "\"\n";
    group = option.group;
    text += ".TP\n" + bold("--" + std::string(option.name)) +
            (option.value_name.empty() ? "" : " " + italic(option.value_name)) + "\n" + plain(option.help) + "\n";
  }
  return text + ".SH \"EXIT STATUS\"\n" + kExitCodes + ".SH \"SEE ALSO\"\n.BR manta (1)\n";
}

}  // namespace manta
