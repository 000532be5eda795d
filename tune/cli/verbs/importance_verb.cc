// SPDX-License-Identifier: Apache-2.0
// manta importance: which parameters mattered, and which of them together.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "searchers/importance/importance.h"
#include "tune/cli/experiment_document.h"
#include "tune/cli/verbs/experiment_words.h"
#include "tune/cli/verbs/verbs.h"

namespace manta::verbs {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kInteractionsShown = 5;
constexpr double kLeastShown = 0.005;  // Of the variance.

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * share);
  return text;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value > -0.005 && value < 0 ? 0.0 : value);  // No "-0.00".
  return text;
}

std::string json_text(const Importance& importance, const ExperimentSpec& spec) {
  Json json{{"metric", spec.objective.metric},
            {"trials", importance.trials},
            {"explained", importance.explained},
            {"parameters", Json::array()},
            {"interactions", Json::array()}};
  for (const auto& one : importance.parameters)
    json["parameters"].push_back({{"name", one.name}, {"share", one.share}, {"permutation", one.permutation}});
  for (const auto& one : importance.interactions)
    json["interactions"].push_back({{"parameters", {one.first, one.second}}, {"share", one.share}});
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string row(const std::string& name, int width, const std::string& share, const std::string& permutation) {
  return padded(name, width, /*utf8=*/true) + padded(share, 9, true, /*right=*/true) +
         (permutation.empty() ? "" : padded(permutation, 13, true, true)) + "\n";
}

std::string table_text(const Importance& importance, const ExperimentSpec& spec) {
  std::size_t longest = std::string("interactions").size();
  for (const auto& one : importance.parameters) longest = std::max(longest, escape_control(one.name).size());
  for (std::size_t i = 0; i < std::min(kInteractionsShown, importance.interactions.size()); ++i) {
    const Importance::Interaction& one = importance.interactions[i];
    longest = std::max(longest, escape_control(one.first + " and " + one.second).size());
  }
  const int width = static_cast<int>(longest) + 1;
  std::string text = "what moved " + escape_control(spec.objective.metric) + " in " +
                     std::to_string(importance.trials) + " trials; of what it had not seen the forest explains " +
                     percent(std::max(0.0, importance.explained)) + "\n\n" +
                     row("parameter", width, "share", "permutation");
  for (const auto& one : importance.parameters)
    text += row(escape_control(one.name), width, percent(one.share), number(one.permutation));
  std::string pairs;
  for (std::size_t i = 0; i < std::min(kInteractionsShown, importance.interactions.size()); ++i) {
    const Importance::Interaction& one = importance.interactions[i];
    if (one.share >= kLeastShown)
      pairs += row(escape_control(one.first + " and " + one.second), width, percent(one.share), "");
  }
  return text + (pairs.empty() ? "\nno two parameters do much together\n"
                               : "\n" + row("interactions", width, "share", "") + pairs);
}

}  // namespace

Result<ExitCode> importance(const VerbWords& words) {
  MANTA_ASSIGN_OR_RETURN(ExperimentView view, open_experiment(words.value("EXP")));
  MANTA_ASSIGN_OR_RETURN(const ExperimentSpec spec, view.spec());
  RunRequest request;
  MANTA_RETURN_IF_ERROR(apply_document(spec.json, "the stored experiment", request));
  MANTA_ASSIGN_OR_RETURN(const Space space, parse_space(request.tune.space));
  MANTA_ASSIGN_OR_RETURN(const std::vector<TrialRecord> records, view.trials());
  std::vector<TrialStatus> trials;
  for (const TrialRecord& record : records) trials.push_back(record.status);
  MANTA_ASSIGN_OR_RETURN(const Importance found, importance_of(space, spec.objective, trials));
  MANTA_RETURN_IF_ERROR(print(words.has("json") ? json_text(found, spec) : table_text(found, spec)));
  return kExitOk;
}

}  // namespace manta::verbs
