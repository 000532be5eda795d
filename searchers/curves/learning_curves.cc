// SPDX-License-Identifier: Apache-2.0
#include "searchers/curves/learning_curves.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

namespace manta::curves {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostOfEach = 6;  // Reports of one curve that a model sees.

bool is_mark(std::int64_t iteration) {
  std::int64_t mark = 1;
  while (mark < iteration) mark = next_mark(mark);
  return mark == iteration;
}

Error damaged_curves() { return {ErrorCode::kInvalidArgument, "its curves are damaged"}; }

// [trial, [point], [[iteration, loss], …]]
std::optional<Curve> read_curve(const Json& row, std::size_t dimensions) {
  const bool is_row = row.is_array() && row.size() == 3 && row[0].is_number_integer() && row[1].is_array() &&
                      row[1].size() == dimensions && row[2].is_array() && !row[2].empty();
  if (!is_row) return std::nullopt;
  Curve curve{.trial = row[0].get<std::int64_t>(), .point = {}};
  for (const Json& u : row[1]) {
    if (!u.is_number() && !u.is_null()) return std::nullopt;
    curve.point.push_back(u.is_null() ? std::numeric_limits<double>::quiet_NaN() : u.get<double>());
  }
  for (const Json& mark : row[2]) {
    if (!mark.is_array() || mark.size() != 2 || !mark[0].is_number_integer() || !mark[1].is_number())
      return std::nullopt;
    curve.marks.push_back({mark[0].get<std::int64_t>(), mark[1].get<double>()});
  }
  return curve;
}

// Places in a curve's marks, the one that says most first: the last, the first, then every other one between, from the
// last on.
std::vector<std::size_t> by_weight(const Curve& curve) {
  std::vector<std::size_t> order{curve.marks.size() - 1};
  if (curve.marks.size() > 1) order.push_back(0);
  for (std::size_t back = 3; back + 1 <= curve.marks.size() && order.size() < kMostOfEach; back += 2) {
    if (curve.marks.size() - back != 0) order.push_back(curve.marks.size() - back);
  }
  return order;
}

// The places of `most` curves: half of them the best, the others the newest.
std::vector<std::size_t> chosen_curves(const LearningCurves& curves, std::size_t most) {
  std::vector<std::size_t> places(curves.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  if (places.size() <= most) return places;
  std::ranges::stable_sort(places, {}, [&](std::size_t place) { return curves[place].last().loss; });
  std::sort(places.begin() + static_cast<std::ptrdiff_t>(most / 2), places.end(), std::greater<>());
  places.resize(most);
  std::ranges::sort(places);
  return places;
}

}  // namespace

std::int64_t next_mark(std::int64_t iteration) { return std::max(iteration + 1, iteration + iteration / 2); }

std::optional<std::size_t> LearningCurves::place_of(std::int64_t trial) const {
  const auto place = places_.find(trial);
  return place == places_.end() ? std::nullopt : std::optional(place->second);
}

void LearningCurves::report(std::int64_t trial, std::span<const double> point, Mark mark) {
  const auto [place, is_new] = places_.try_emplace(trial, curves_.size());
  if (is_new) curves_.push_back({.trial = trial, .point = {}});
  Curve& curve = curves_[place->second];
  curve.point.assign(point.begin(), point.end());  // A clone's is another than it began with.
  std::vector<Mark>& marks = curve.marks;
  marks_ -= marks.size();
  while (!marks.empty() && (marks.back().iteration >= mark.iteration || !is_mark(marks.back().iteration))) {
    marks.pop_back();
  }
  marks.push_back(mark);
  marks_ += marks.size();
  best_ = std::min(best_, mark.loss);
  furthest_ = std::max(furthest_, mark.iteration);
}

std::string LearningCurves::to_json() const {
  Json rows = Json::array();
  for (const Curve& curve : curves_) {
    Json marks = Json::array();
    for (const Mark& mark : curve.marks) marks.push_back({mark.iteration, mark.loss});
    rows.push_back({curve.trial, curve.point, std::move(marks)});
  }
  return Json{{"best", std::isfinite(best_) ? Json(best_) : Json()}, {"curves", std::move(rows)}}.dump();
}

Result<void> LearningCurves::load(std::string_view json, std::size_t dimensions) {
  const Json state = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  const bool is_state = state.is_object() && state.size() == 2 && state.contains("best") &&
                        (state["best"].is_number() || state["best"].is_null()) && state.contains("curves") &&
                        state["curves"].is_array();
  if (!is_state) return damaged_curves();
  LearningCurves loaded;
  for (const Json& row : state["curves"]) {
    std::optional<Curve> curve = read_curve(row, dimensions);
    if (!curve || !loaded.places_.emplace(curve->trial, loaded.curves_.size()).second) return damaged_curves();
    loaded.marks_ += curve->marks.size();
    loaded.furthest_ = std::max(loaded.furthest_, curve->last().iteration);
    loaded.curves_.push_back(*std::move(curve));
  }
  if (state["best"].is_number()) loaded.best_ = state["best"].get<double>();
  *this = std::move(loaded);
  return {};
}

std::vector<Observed> chosen_reports(const LearningCurves& curves, std::size_t most) {
  const std::vector<std::size_t> places = chosen_curves(curves, most);
  std::vector<std::vector<std::size_t>> orders;
  for (const std::size_t place : places) orders.push_back(by_weight(curves[place]));
  std::vector<Observed> chosen;
  for (std::size_t round = 0; round < kMostOfEach; ++round) {
    // Where there is no room for all, the newest curves have it.
    for (std::size_t i = places.size(); i-- > 0 && chosen.size() < most;) {
      if (round < orders[i].size()) chosen.push_back({places[i], orders[i][round]});
    }
  }
  std::ranges::sort(chosen, {}, [](const Observed& one) { return std::pair(one.curve, one.mark); });
  return chosen;
}

}  // namespace manta::curves
