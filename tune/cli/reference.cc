// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/reference.h"

#include <span>
#include <string_view>

#include "schedulers/make_scheduler.h"
#include "searchers/make_searcher.h"
#include "tune/cli/option_table.h"
#include "tune/cli/verb_help.h"
#include "tune/cli/verb_table.h"
#include "tune/space/value.h"

namespace manta {

namespace {

// What every page begins with, so that nobody edits it by hand.
std::string page_head(std::string_view title, std::string_view introduction) {
  return "<!-- Written by a program; see README.md. -->\n# " + std::string(title) + "\n\n" + std::string(introduction) +
         "\n";
}

// As the text of a table's cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '<') out += '\\';
    out += c;
  }
  return out;
}

// As code in a table's cell, where a bar would begin another one all the same.
std::string code(std::string_view text) {
  std::string out = "`";
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out + "`";
}

std::string heading_once(std::string_view& current, std::string_view group) {
  if (current == group) return "";
  current = group;
  return "\n## " + std::string(group) + "\n";
}

std::string may_stand(const OptionSpec& option) {
  return option.in_document ? code(document_name(option)) : std::string("no");
}

// What else its value may be in a document.
std::string note_of(OptionKind kind) {
  if (kind == OptionKind::kTexts) return " (a list in a document)";
  if (kind == OptionKind::kScheduler) return " (in a document also an object or a list)";
  return kind == OptionKind::kMetrics || kind == OptionKind::kSearcher ? " (in a document also an object)" : "";
}

std::string options_page() {
  std::string text =
      page_head("Options of tune_run",
           "And of every program that links `manta::tune_main`. What they mean together: "
           "[cli.md](../cli.md). In parentheses stands what holds without the option.\n\n*In a document* is "
           "the key of an experiment in JSON. *At `--resume`*: whether it may be given anew then.");
  std::string_view group;
  for (const OptionSpec& option : option_table()) {
    if (const std::string heading = heading_once(group, option.group); !heading.empty()) {
      text += heading + "\n| option | what it says | in a document | at `--resume` |\n|---|---|---|---|\n";
    }
    const std::string value = option.value_name.empty() ? "" : " " + std::string(option.value_name);
    text += "| " + code("--" + std::string(option.name) + value) + " | " + cell(option.help) +
            note_of(option.kind) + " | " + may_stand(option) + " | " +
            (option.may_change || option.group == "Console" ? "yes" : "no") + " |\n";
  }
  return text;
}

std::string verb_part(const Verb& verb) {
  std::string text = "\n### " + std::string(verb.name) + "\n\n" + std::string(verb.summary) + ".\n\n```\n" +
                     usage_line(verb) + "\n```\n";
  if (!verb.text.empty()) text += "\n" + cell(verb.text) + "\n";
  if (!verb.arguments.empty() || !verb.options.empty()) text += "\n| | |\n|---|---|\n";
  for (const VerbArgument& argument : verb.arguments)
    text += "| " + code(argument.name) + " | " + cell(argument.help) + " |\n";
  for (const VerbOption& option : verb.options)
    text += "| " + code(option_words(option)) + " | " + cell(option.help) + " |\n";
  if (!verb.examples.empty()) text += "\n```sh\n";
  for (const std::string_view example : verb.examples) text += std::string(example) + "\n";
  return verb.examples.empty() ? text : text + "```\n";
}

std::string verbs_page() {
  std::string text = page_head("Verbs of manta",
                          "What they mean together: [cli.md](../cli.md) and "
                          "[crash_and_resume.md](../guides/crash_and_resume.md).");
  std::string_view group;
  for (const Verb& verb : verb_table()) text += heading_once(group, verb.group) + verb_part(verb);
  return text;
}

// "4", "0.25".
std::string default_text(double value) {
  std::string text = to_json(Value(value));
  return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
}

std::string options_table(std::span<const OptionRange> options) {
  if (options.empty()) return "";
  std::string text = "\n| option | what it is | values | without it |\n|---|---|---|---|\n";
  for (const OptionRange& option : options) {
    text += "| " + code(option.name) + " | " + cell(option.help) + " | " + range_text(option) + " | " +
            (option.otherwise ? default_text(*option.otherwise) : "") + " |\n";
  }
  return text;
}

std::string schedulers_page() {
  std::string text = page_head("Schedulers",
                          "What may stand behind `--scheduler`: a name, options behind a colon (`asha:grace=2,eta=3`), "
                          "further schedulers behind a plus (`hyperband + patience:reports=5`). In a document also "
                          "an object (`{\"asha\": {\"grace\": 2, \"eta\": 3}}`), or a list of these, for those behind a plus. Which to "
                          "take when: [guides/schedulers.md](../guides/schedulers.md).");
  for (const SchedulerKind& kind : scheduler_kinds()) {
    text += "\n## " + std::string(kind.name) + "\n\n" + std::string(kind.summary) + ". " +
            (kind.only_stops ? "May stand behind a plus.\n" : "Stands alone or before a plus.\n") +
            options_table(kind.options);
  }
  return text;
}

std::string searchers_page() {
  std::string text =
      page_head("Searchers",
           "What may stand behind `--searcher`; in a document also an object (`{\"nsga2\": {\"population\": 40}}`). "
           "Without it: `grid` where the space has a grid parameter, else `auto`. Which to take when, and how good they "
           "are: [guides/searchers.md](../guides/searchers.md).") +
      "\n| name | what it does |\n|---|---|\n";
  std::string of_several;
  for (const SearcherKind& kind : searcher_kinds()) {
    text += "| " + code(kind.name) + " | " + cell(kind.summary) + " |\n";
    if (kind.takes_several) of_several += (of_several.empty() ? "" : ", ") + code(kind.name);
  }
  text += "\nWhere there are several metrics, these go by all of them: " + of_several +
          ". The others that learn go by the first alone.\n";
  for (const SearcherKind& kind : searcher_kinds()) {
    if (!kind.options.empty()) text += "\n## " + std::string(kind.name) + "\n" + options_table(kind.options);
  }
  return text;
}

}  // namespace

std::vector<ReferencePage> reference_pages() {
  return {{"tune_run.md", options_page()},
          {"manta.md", verbs_page()},
          {"schedulers.md", schedulers_page()},
          {"searchers.md", searchers_page()}};
}

}  // namespace manta
