// SPDX-License-Identifier: Apache-2.0
#include "searchers/internal/history.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

namespace manta::internal {

namespace {

using Json = nlohmann::json;
using State = TrialRecord::State;

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
constexpr double kUnknownMargin = std::numeric_limits<double>::infinity();

State state_of(const Outcome& outcome, bool is_finite) {
  if (outcome.state == TrialState::kInfeasible) return State::kInfeasible;
  if (!is_ended(outcome.state)) return is_finite ? State::kReported : State::kPending;
  return is_finite && outcome.state != TrialState::kFailed ? State::kEnded : State::kFailed;
}

Error damaged() { return {ErrorCode::kInvalidArgument, "its trials are damaged"}; }

bool are_numbers(const Json& list, std::size_t size) {
  return list.is_array() && list.size() == size &&
         std::ranges::all_of(list, [](const Json& number) { return number.is_number() || number.is_null(); });
}

double number_or(const Json& json, double otherwise) { return json.is_null() ? otherwise : json.get<double>(); }

// [trial, state, iteration, loss, seconds, [point]], and where there are further goals [extras] behind.
std::optional<TrialRecord> read_record(const Json& row, std::size_t dimensions, std::size_t extras) {
  const bool is_row = row.is_array() && row.size() == (extras > 0 ? 7 : 6) && row[0].is_number_integer() &&
                      row[1].is_number_unsigned() &&
                      row[1].get<unsigned>() <= static_cast<unsigned>(State::kViolating) &&
                      row[2].is_number_integer() && row[3].is_number() && row[4].is_number() &&
                      are_numbers(row[5], dimensions) && (extras == 0 || are_numbers(row[6], extras));
  if (!is_row) return std::nullopt;
  return TrialRecord{.trial = row[0].get<std::int64_t>(),
                     .state = static_cast<State>(row[1].get<unsigned>()),
                     .iteration = row[2].get<std::int32_t>(),
                     .loss = row[3].get<double>(),
                     .seconds = row[4].get<double>()};
}

}  // namespace

// Never 0.
std::uint64_t History::key_of(std::span<const double> point) {
  std::uint64_t key = 0x9e3779b97f4a7c15ull;
  for (const double u : point) {
    key ^= std::bit_cast<std::uint64_t>(std::isnan(u) ? -1.0 : u);
    key *= 0xff51afd7ed558ccdull;
    key ^= key >> 32;
  }
  return key != 0 ? key : 1;
}

// Where `trial` is, or the free slot where it belongs.
std::size_t History::slot_of_trial(std::int64_t trial) const {
  const std::size_t mask = places_.size() - 1;
  const std::uint64_t key = static_cast<std::uint64_t>(trial) * 0x9e3779b97f4a7c15ull;
  std::size_t slot = (key >> 32) & mask;
  while (places_[slot] != 0 && records_[places_[slot] - 1].trial != trial) slot = (slot + 1) & mask;
  return slot;
}

std::size_t History::slot_of_key(std::uint64_t key) const {
  const std::size_t mask = seen_.size() - 1;
  std::size_t slot = key & mask;
  while (seen_[slot] != 0 && seen_[slot] != key) slot = (slot + 1) & mask;
  return slot;
}

std::optional<std::size_t> History::place_of(std::int64_t trial) const {
  const std::uint32_t place = places_[slot_of_trial(trial)];
  return place != 0 ? std::optional<std::size_t>(place - 1) : std::nullopt;
}

// For one record more. A fifth of the slots stays free.
void History::make_room() {
  if (records_.size() == records_.capacity()) {
    const std::size_t capacity = std::max(kLeastSlots, records_.size() + records_.size() / 4);
    records_.reserve(capacity);
    points_.reserve(capacity * cube_->size());
    extras_.reserve(capacity * extras_of_each());
  }
  if ((records_.size() + 1) * 5 <= places_.size() * 4) return;
  std::vector<std::uint32_t> places(2 * places_.size());
  std::vector<std::uint64_t> seen(2 * seen_.size());
  places.swap(places_);
  seen.swap(seen_);
  for (const std::uint32_t place : places) {
    if (place != 0) places_[slot_of_trial(records_[place - 1].trial)] = place;
  }
  for (const std::uint64_t key : seen) {
    if (key != 0) seen_[slot_of_key(key)] = key;
  }
}

std::size_t History::add(std::int64_t trial, std::span<const double> point) {
  make_room();
  const std::size_t index = records_.size();
  const std::size_t slot = slot_of_trial(trial);
  records_.push_back({.trial = trial});
  points_.insert(points_.end(), point.begin(), point.end());
  extras_.insert(extras_.end(), further_.objectives.size(), kUnknown);
  extras_.insert(extras_.end(), further_.constraints.size(), kUnknownMargin);
  places_[slot] = static_cast<std::uint32_t>(index + 1);  // Of several records of a trial the last.
  const std::uint64_t key = key_of(point);
  seen_[slot_of_key(key)] = key;
  return index;
}

void History::suggest(TrialId trial, std::span<const double> point) { add(trial.number, point); }

std::size_t History::tell(const Outcome& outcome) {
  const std::optional<std::size_t> place = place_of(outcome.trial.number);
  const std::size_t index = place ? *place : add(outcome.trial.number, cube_->encode(outcome.config));
  if (place && (outcome.state != TrialState::kRunning || !records_[*place].has_value())) {
    // A clone ends with another configuration than it began with, and one may be run that was not suggested.
    const UnitCube::Point point = cube_->encode(outcome.config);
    std::ranges::copy(point, points_.begin() + static_cast<std::ptrdiff_t>(index * cube_->size()));
  }
  TrialRecord& record = records_[index];
  const double loss = outcome.value ? -objective_.score(*outcome.value) : kUnknown;
  valued_ -= record.has_value() ? 1 : 0;
  if (outcome.metrics != nullptr) take_extras(index, *outcome.metrics);
  record.state = state_of(outcome, std::isfinite(loss));
  if (record.has_value() && !keeps_constraints(index))
    record.state = record.state == State::kEnded ? State::kViolating : State::kPending;
  record.loss = record.has_value() || record.state == State::kViolating ? loss : 0;
  record.iteration = static_cast<std::int32_t>(std::min<std::int64_t>(outcome.iteration, INT32_MAX));
  record.seconds = std::isfinite(outcome.seconds) ? outcome.seconds : 0;
  valued_ += record.has_value() ? 1 : 0;
  return index;
}

void History::take_extras(std::size_t index, const Metrics& metrics) {
  auto at = extras_.begin() + static_cast<std::ptrdiff_t>(index * extras_of_each());
  for (const Objective& objective : further_.objectives) {
    const double loss = -objective.score(metrics.find(objective.metric).value_or(kUnknown));
    *at++ = std::isfinite(loss) ? loss : kUnknown;
  }
  for (const MetricCondition& constraint : further_.constraints) *at++ = constraint.margin(metrics);
}

bool History::is_complete(std::size_t index) const {
  const TrialRecord& record = records_[index];
  return (record.has_value() || record.state == State::kViolating) &&
         std::ranges::all_of(extras(index), [](double extra) { return std::isfinite(extra); });
}

bool History::keeps_constraints(std::size_t index) const {
  return std::ranges::all_of(margins(index), [](double margin) { return margin <= 0; });
}

std::string History::to_json() const {
  Json rows = Json::array();
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const TrialRecord& record = records_[i];
    const std::span<const double> at = point(i);
    rows.push_back({record.trial, static_cast<unsigned>(record.state), record.iteration, record.loss, record.seconds,
                    std::vector<double>(at.begin(), at.end())});
    if (!further_.empty()) rows.back().push_back(std::vector<double>(extras(i).begin(), extras(i).end()));
  }
  return rows.dump();
}

Result<void> History::load(std::string_view json) {
  const Json rows = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!rows.is_array()) return damaged();
  History loaded(*cube_, objective_, further_);
  const std::size_t further = further_.objectives.size();
  for (const Json& row : rows) {
    const std::optional<TrialRecord> record = read_record(row, cube_->size(), extras_of_each());
    if (!record || loaded.place_of(record->trial)) return damaged();
    UnitCube::Point point;
    for (const Json& u : row[5]) point.push_back(number_or(u, kUnknown));
    const std::size_t index = loaded.add(record->trial, point);
    loaded.records_[index] = *record;
    for (std::size_t i = 0; i < extras_of_each(); ++i)
      loaded.extras_[index * extras_of_each() + i] = number_or(row[6][i], i < further ? kUnknown : kUnknownMargin);
    loaded.valued_ += record->has_value() ? 1 : 0;
  }
  *this = std::move(loaded);
  return {};
}

}  // namespace manta::internal
