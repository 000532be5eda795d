// SPDX-License-Identifier: Apache-2.0
#include "searchers/nsga2/population.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "searchers/internal/goal_losses.h"
#include "searchers/pareto/pareto.h"

namespace manta::internal {

namespace {

using Json = nlohmann::json;
using State = TrialRecord::State;

bool takes_part(const History& history, std::size_t place) {
  if (!history[place].has_value() && history[place].state != State::kViolating) return false;
  return std::ranges::none_of(history.further_losses(place), [](double loss) { return std::isnan(loss); });
}

std::vector<PopulationMember> ranked(const History& history, std::span<const std::size_t> places) {
  const LossTable table = losses_of(history, places);
  const std::vector<std::size_t> ranks = domination_ranks(table, violations_of(history, places));
  std::vector<PopulationMember> members;
  for (std::size_t i = 0; i < places.size(); ++i) members.push_back({.place = i, .rank = ranks[i]});
  std::ranges::stable_sort(members, {}, &PopulationMember::rank);
  for (auto begin = members.begin(); begin != members.end();) {
    const auto end = std::find_if(begin, members.end(), [&](const auto& member) { return member.rank != begin->rank; });
    std::vector<std::size_t> front;
    for (auto member = begin; member != end; ++member) front.push_back(member->place);
    const std::vector<double> distances = crowding_distances(table, front);
    for (auto member = begin; member != end; ++member)
      member->crowding = distances[static_cast<std::size_t>(member - begin)];
    begin = end;
  }
  std::ranges::stable_sort(members, [](const auto& a, const auto& b) { return a.is_before(b); });
  for (PopulationMember& member : members) member.place = places[member.place];
  return members;
}

// Of `places` those that take part.
std::vector<PopulationMember> best_of(const History& history, std::vector<std::size_t> places, std::size_t size) {
  std::erase_if(places, [&](std::size_t place) { return !takes_part(history, place); });
  std::vector<PopulationMember> members = ranked(history, places);
  members.resize(std::min(size, members.size()));
  return members;
}

bool is_over(const TrialRecord& record) { return record.state != State::kPending && record.state != State::kReported; }

}  // namespace

std::vector<PopulationMember> Population::members(const History& history) {
  if (taken_ > history.size()) *this = Population(size_);  // A snapshot that fits no run.
  while (taken_ + size_ <= history.size()) take_generation(history);
  std::vector<std::size_t> alive = survivors_;
  alive.insert(alive.end(), awaited_.begin(), awaited_.end());
  for (std::size_t place = taken_; place < history.size(); ++place) alive.push_back(place);
  return best_of(history, std::move(alive), size_);
}

void Population::take_generation(const History& history) {
  std::vector<std::size_t> alive = survivors_;
  std::vector<std::size_t> fresh = std::exchange(awaited_, {});
  for (std::size_t place = taken_; place < taken_ + size_; ++place) fresh.push_back(place);
  for (const std::size_t place : fresh) (is_over(history[place]) ? alive : awaited_).push_back(place);
  survivors_.clear();
  for (const PopulationMember& member : best_of(history, std::move(alive), size_)) survivors_.push_back(member.place);
  taken_ += size_;
}

std::string Population::to_json() const {
  return Json{{"taken", taken_}, {"survivors", survivors_}, {"awaited", awaited_}}.dump();
}

bool Population::load(std::string_view json) {
  const Json state = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  const auto is_place = [](const Json& place) { return place.is_number_unsigned(); };
  const auto are_places = [&](const char* name) {
    return state.contains(name) && state[name].is_array() && std::ranges::all_of(state[name], is_place);
  };
  const bool is_whole = state.is_object() && state.size() == 3 && state.contains("taken") &&
                        is_place(state["taken"]) && are_places("survivors") && are_places("awaited");
  if (!is_whole) return false;
  const auto taken = state["taken"].get<std::size_t>();
  const auto is_taken = [&](const Json& place) { return place.get<std::size_t>() < taken; };
  if (!std::ranges::all_of(state["survivors"], is_taken) || !std::ranges::all_of(state["awaited"], is_taken))
    return false;
  taken_ = taken;
  survivors_ = state["survivors"].get<std::vector<std::size_t>>();
  awaited_ = state["awaited"].get<std::vector<std::size_t>>();
  return true;
}

}  // namespace manta::internal
