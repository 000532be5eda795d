// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/choose_searcher.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "core/base/did_you_mean.h"
#include "integrations/external_searcher/external_searcher.h"
#include "integrations/plugin/load_plugin.h"
#include "searchers/make_searcher.h"
#include "searchers/repeating_searcher.h"
#include "tune/cli/goals.h"
#include "tune/trial/named_options.h"

namespace manta {

namespace {

using Made = Result<std::unique_ptr<Searcher>>;

// "Name:options" in two.
std::pair<std::string, std::string> split_options(std::string_view text) {
  const std::size_t colon = text.find(':');
  return {std::string(text.substr(0, colon)),
          colon == std::string_view::npos ? "" : std::string(text.substr(colon + 1))};
}

Made start_program(const std::string& command, const TuneOptions& options, const SearcherSetup& setup) {
  if (command.find_first_not_of(" \t") == std::string::npos) {
    return invalid_request("searcher", options.searcher,
                           "there is no command; write one behind it, 'exec:python3 search.py'");
  }
  MANTA_ASSIGN_OR_RETURN(std::unique_ptr<ExternalSearcher> searcher,
                         ExternalSearcher::start(command, setup, from_seconds(options.searcher_timeout_seconds)));
  return with_first_points(std::move(searcher), setup);
}

Made make_of_plugin(PluginReference reference, SearcherSetup setup) {
  std::tie(reference.name, setup.options) = split_options(reference.name);
  MANTA_ASSIGN_OR_RETURN(const SearcherEntry entry, load_plugin_searcher(reference));
  MANTA_ASSIGN_OR_RETURN(std::unique_ptr<Searcher> searcher, entry.make(setup));
  return with_first_points(std::move(searcher), setup);
}

Error nobodys(const std::string& text, const std::vector<SearcherKind>& known) {
  std::string names;
  std::vector<std::string> candidates;
  for (const SearcherKind& kind : known) {
    names += (names.empty() ? "\"" : ", \"") + std::string(kind.name) + "\"";
    candidates.emplace_back(kind.name);
  }
  std::string own;
  for (const SearcherEntry& entry : registered_searchers()) {
    own += (own.empty() ? "" : ", ") + entry.name;
    candidates.push_back(entry.name);
  }
  return invalid_request("searcher", text,
                         "there is no such searcher" + did_you_mean(split_options(text).first, candidates) +
                             "; known are " + names +
                             (own.empty() ? "" : ", of this program " + own) +
                             ", those of a plugin (./libx.so:Name) and any program (exec:COMMAND)");
}

// Of the two tables of names.
Made make_named(const std::string& text, SearcherSetup setup) {
  const auto [name, own_options] = split_options(text);
  const std::vector<SearcherKind> known = searcher_kinds();
  const bool is_mantas = name.empty() || std::ranges::find(known, name, &SearcherKind::name) != known.end();
  const std::vector<SearcherEntry>& own = registered_searchers();
  const auto entry = std::ranges::find(own, name, &SearcherEntry::name);
  if (is_mantas && entry == own.end()) return make_searcher(text, setup);
  if (is_mantas) return invalid_request("searcher", text, "this program has one that is called like one of Manta's");
  if (entry == own.end()) return nobodys(text, known);
  setup.options = own_options;
  MANTA_ASSIGN_OR_RETURN(std::unique_ptr<Searcher> searcher, entry->make(setup));
  return with_first_points(std::move(searcher), setup);
}

}  // namespace

SearcherSetup searcher_setup(const TuneOptions& options, const Space& space) {
  const Goals goals = goals_of(options).value_or(Goals{});
  return {.space = &space,
          .objective = goals.objective,
          .further = goals.further,
          .seed = options.seed,
          .samples = options.samples,
          .max_iterations = options.max_iterations};
}

namespace {

Made choose_one(const TuneOptions& options, const SearcherSetup& setup) {
  if (const auto command = external_searcher_command(options.searcher)) return start_program(*command, options, setup);
  if (auto plugin = PluginReference::parse(options.searcher)) return make_of_plugin(*std::move(plugin), setup);
  return make_named(options.searcher, setup);
}

}  // namespace

Made choose_searcher(const TuneOptions& options, const Space& space) {
  const SearcherSetup setup = searcher_setup(options, space);
  MANTA_ASSIGN_OR_RETURN(std::unique_ptr<Searcher> searcher, choose_one(options, setup));
  if (options.repeat == 1) return searcher;
  return RepeatingSearcher::make(std::move(searcher), setup, options.repeat);
}

std::string learning_searchers() {
  std::string names;
  const Space any = parse_space(R"({"x": {"float": [0, 1]}})").value();
  for (const SearcherKind& kind : searcher_kinds()) {
    if (kind.name == "grid") continue;
    const Made searcher = make_searcher(kind.name, {.space = &any});
    if (searcher && (*searcher)->learns()) names += (names.empty() ? "" : ", ") + std::string(kind.name);
  }
  return names;
}

}  // namespace manta
