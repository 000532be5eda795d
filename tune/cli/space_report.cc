// SPDX-License-Identifier: Apache-2.0
// A space, looked at without running anything.
#include "tune/cli/space_report.h"

#include <algorithm>
#include <cstdio>

#include "tune/cli/choose_searcher.h"
#include "tune/cli/console_text.h"
#include "tune/cli/terminal.h"

namespace manta {

namespace {

constexpr int kSamples = 5;
constexpr double kSmallShare = 0.01;
constexpr std::size_t kFeasibilityNumbers = 1'000'000;  // To be drawn in all: well below a second.

int feasibility_draws(const Space& space) {
  return static_cast<int>(std::clamp<std::size_t>(kFeasibilityNumbers / space.parameters().size(), 100, 10'000));
}

std::string number(double value) { return to_json(Value(value)); }

std::string list_text(const std::vector<Value>& values) {
  std::string text;
  for (const Value& value : values) text += (text.empty() ? "" : ", ") + to_json(value);
  return "[" + text + "]";
}

struct DomainWords {
  std::string operator()(const FloatDomain& domain) const {
    return "float [" + number(domain.low) + ", " + number(domain.high) + "]" + (domain.log ? " log" : "") +
           (domain.step ? " step " + number(*domain.step) : "");
  }
  std::string operator()(const IntDomain& domain) const {
    return "int [" + std::to_string(domain.low) + ", " + std::to_string(domain.high) + "]" +
           (domain.log ? " log" : "") + (domain.step != 1 ? " step " + std::to_string(domain.step) : "");
  }
  std::string operator()(const ChoiceDomain& domain) const { return "choice " + list_text(domain.values); }
  std::string operator()(const OrdinalDomain& domain) const { return "ordinal " + list_text(domain.values); }
  std::string operator()(const GridDomain& domain) const { return "grid " + list_text(domain.values); }
  std::string operator()(const NormalDomain& domain) const {
    return "normal mean " + number(domain.mean) + " stddev " + number(domain.stddev);
  }
  std::string operator()(const ConstantDomain& domain) const { return "constant " + to_json(domain.value); }
};

std::string rules_text(const Parameter& parameter) {
  std::string text;
  if (parameter.default_value) text += "  default " + to_json(*parameter.default_value);
  if (!parameter.when.empty()) text += "  when " + condition_json(parameter.when);
  return escape_control(text);
}

std::string share_text(int part, int whole) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g %%", 100.0 * part / whole);
  return text;
}

std::string parameter_table(const Space& space) {
  int width = 0;
  for (const Parameter& parameter : space.parameters()) width = std::max(width, display_width(parameter.name));
  std::string text;
  for (const Parameter& parameter : space.parameters()) {
    text += "  " + padded(escape_control(parameter.name), width, /*utf8=*/true) + "  " + domain_text(parameter.domain) +
            rules_text(parameter) + "\n";
  }
  return text;
}

std::string plural(std::int64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

// What each constraint takes of the space.
std::string constraint_table(const Space& space, std::uint64_t seed) {
  if (space.constraints().empty()) return "";
  const Feasibility feasibility = measure_feasibility(space, seed, feasibility_draws(space));
  std::string text = "feasible: " + share_text(feasibility.feasible, feasibility.draws) + " of " +
                     std::to_string(feasibility.draws) + " draws\n";
  for (std::size_t i = 0; i < space.constraints().size(); ++i) {
    text += "  " + escape_control(space.constraints()[i].text()) + "  broken by " +
            share_text(feasibility.broken[i], feasibility.draws) + "\n";
  }
  return text;
}

}  // namespace

std::string feasibility_note(const Space& space, std::uint64_t seed) {
  if (space.constraints().empty()) return "";
  const Feasibility feasibility = measure_feasibility(space, seed, feasibility_draws(space));
  if (feasibility.feasible >= kSmallShare * feasibility.draws) return "";
  const auto worst = std::ranges::max_element(feasibility.broken) - feasibility.broken.begin();
  const auto place = static_cast<std::size_t>(worst);
  return "only " + share_text(feasibility.feasible, feasibility.draws) + " of the space keeps its constraints; " +
         to_json(Value(space.constraints()[place].text())) + " is broken by " +
         share_text(feasibility.broken[place], feasibility.draws) +
         " of it: bounds that fit it better are searched faster";
}

std::string domain_text(const Domain& domain) { return escape_control(std::visit(DomainWords{}, domain)); }

Result<std::string> space_report(const Space& space, const TuneOptions& options) {
  MANTA_ASSIGN_OR_RETURN(const std::unique_ptr<Searcher> searcher, choose_searcher(options, space));
  std::string samples;
  for (int trial = 0; trial < kSamples; ++trial) {
    MANTA_ASSIGN_OR_RETURN(const std::optional<Config> config, searcher->ask(TrialId{trial}));
    if (!config) break;  // A small grid has fewer.
    samples += config->to_json() + "\n";
  }
  const std::string description = searcher->describe();
  const std::string chosen = description.empty() ? "" : "searcher: " + escape_control(description) + "\n";
  const std::optional<std::int64_t> size = searcher->size();
  const std::int64_t trials = size ? *size : options.samples;
  return plural(static_cast<std::int64_t>(space.parameters().size()), "parameter") + "\n" + parameter_table(space) +
         chosen + "first samples (seed " + std::to_string(options.seed) + "):\n" + samples +
         "grid: " + plural(space.grid_size(), "point") + "\n" + constraint_table(space, options.seed) +
         "trials: " + std::to_string(trials) + "\n";
}

}  // namespace manta
