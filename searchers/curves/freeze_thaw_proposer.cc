// SPDX-License-Identifier: Apache-2.0
#include "searchers/curves/freeze_thaw_proposer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "searchers/curves/promising_point.h"
#include "searchers/gp/acquisition_search.h"

namespace manta::curves {

namespace {

using Json = nlohmann::json;
using internal::History;
using internal::TrialRecord;
using Point = UnitCube::Point;

constexpr double kPriorTrials = 5;  // For which the user's defaults count fully.
constexpr double kRandomShare = 1. / 3;  // Of proposals: curves that tell nothing of their end mislead the model for long.

}  // namespace

FreezeThawProposer::FreezeThawProposer(const UnitCube& cube, std::optional<std::int64_t> horizon)
    : cube_(cube), model_(cube, horizon), feasibility_(cube), prior_(cube) {}

void FreezeThawProposer::told(const History& history, std::size_t place) {
  const TrialRecord& record = history[place];
  if (record.has_value())
    model_.report(record.trial, history.point(place), {std::max<std::int64_t>(record.iteration, 1), record.loss});
}

Point FreezeThawProposer::propose(const History& history, RandomStream& random) {
  if (cube_.size() == 0) return {};
  feasibility_.learn(history);
  const bool is_random = random.uniform() < kRandomShare;
  if (is_random || !model_.is_ready()) return gp::random_point(cube_.size(), random);
  model_.learn();
  std::vector<Point> pending;
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (history[i].state != TrialRecord::State::kPending) continue;
    pending.emplace_back(history.point(i).begin(), history.point(i).end());
  }
  model_.expect(pending);
  const double prior_weight = prior_.weight(history, kPriorTrials);
  const LogFactor factor = [&](std::span<const double> point) {
    if (history.contains(point)) return -std::numeric_limits<double>::infinity();
    return std::log(feasibility_.probability(point)) + (prior_weight > 0 ? prior_weight * prior_.log_density(point) : 0);
  };
  return promising_point(model_, cube_, factor, random).point;
}

std::string FreezeThawProposer::save() const {
  return Json{{"feasible", {feasibility_.learned(), feasibility_.states()}}, {"curves", Json::parse(model_.save())}}
      .dump();
}

Result<void> FreezeThawProposer::load(std::string_view json) {
  const Json state = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  internal::Feasibility feasibility(cube_);
  const auto can_be_learned = [&](const Json& learned) {
    return learned.is_array() && learned.size() == 2 && learned[0].is_number_unsigned() && learned[1].is_string() &&
           feasibility.restore(learned[0].get<std::size_t>(), learned[1].get<std::string>());
  };
  const bool is_whole = state.is_object() && state.size() == 2 && state.contains("feasible") &&
                        can_be_learned(state["feasible"]) && state.contains("curves");
  if (!is_whole) return Error{ErrorCode::kInvalidArgument, "its model is damaged"};
  MANTA_RETURN_IF_ERROR(model_.load(state["curves"].dump()));
  feasibility_ = std::move(feasibility);
  return {};
}

}  // namespace manta::curves
