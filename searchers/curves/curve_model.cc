// SPDX-License-Identifier: Apache-2.0
#include "searchers/curves/curve_model.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "searchers/gp/acquisition.h"
#include "searchers/gp/acquisition_search.h"
#include "searchers/gp/output_warp.h"

namespace manta::curves {

namespace {

using Json = nlohmann::json;
using Point = UnitCube::Point;

constexpr int kFirstFitOfCurves = 30;  // Evaluations of the likelihood: at the first fit, and at those that follow.
constexpr int kNextFitOfCurves = 10;
constexpr double kLargestLoss = 1e100;  // Of which differences and squares are numbers.

std::vector<gp::AxisKind> kinds_of_curves(const UnitCube& cube) {
  std::vector<gp::AxisKind> kinds;
  for (const Axis& axis : cube.axes()) {
    kinds.push_back(axis.kind == manta::AxisKind::kChoice ? gp::AxisKind::kChoice : gp::AxisKind::kNumber);
  }
  if (kinds.empty()) kinds.push_back(gp::AxisKind::kNumber);  // All configurations are one.
  return kinds;
}

bool are_numbers_of(const Json& numbers, std::size_t count, double above) {
  return numbers.is_array() && numbers.size() == count && std::ranges::all_of(numbers, [above](const Json& number) {
           return number.is_number() && number.get<double>() > above;
         });
}

}  // namespace

CurveModel::CurveModel(const UnitCube& cube, std::optional<std::int64_t> horizon)
    : cube_(cube), horizon_(horizon), process_(kinds_of_curves(cube)) {}

void CurveModel::report(std::int64_t trial, std::span<const double> point, Mark mark) {
  mark.loss = std::clamp(mark.loss, -kLargestLoss, kLargestLoss);
  curves_.report(trial, point, mark);
}

bool CurveModel::is_ready() const {
  return curves_.size() >= std::clamp<std::size_t>(cube_.size() / 2 + 2, 4, 10);
}

double CurveModel::time_of(std::int64_t iteration) const {
  if (horizon() <= 1) return 1;
  const auto counted = static_cast<double>(std::clamp<std::int64_t>(iteration, 1, horizon()));
  return std::log(counted) / std::log(static_cast<double>(horizon()));
}

Point CurveModel::whole(std::span<const double> point) const {
  return point.empty() ? Point{0.5} : gp::without_gaps(point, process_.kinds());
}

gp::PointSet CurveModel::whole(const std::vector<Point>& points) const {
  gp::PointSet set(process_.kinds().size());
  for (const Point& point : points) set.add(whole(point));
  return set;
}

// `places`: of their curves, in curves_, rising. The values are losses.
std::vector<CurveValue> CurveModel::values_of(const std::vector<Observed>& reports,
                                              std::vector<std::size_t>& places) const {
  std::vector<CurveValue> values;
  for (const Observed& report : reports) {
    if (places.empty() || places.back() != report.curve) places.push_back(report.curve);
    const Mark& mark = curves_[report.curve].marks[report.mark];
    values.push_back({places.size() - 1, time_of(mark.iteration), mark.loss});
  }
  return values;
}

void CurveModel::learn() {
  places_.clear();
  values_ = values_of(chosen_reports(curves_, kMostValues), places_);
  std::vector<double> losses{curves_.best()};
  for (const CurveValue& value : values_) losses.push_back(value.value);
  const gp::OutputWarp warp(losses);
  for (CurveValue& value : values_) value.value = warp.value_of(value.value);
  best_ = warp.value_of(curves_.best());
  if (curves_.marks() >= fitted_ + std::max<std::size_t>(fitted_ / 4, 1)) {
    std::vector<std::size_t> places;
    std::vector<CurveValue> some = values_of(chosen_reports(curves_, kMostTuned), places);
    for (CurveValue& value : some) value.value = warp.value_of(value.value);
    std::vector<Point> points;
    for (const std::size_t place : places) points.push_back(curves_[place].point);
    process_.tune(whole(points), some, fitted_ == 0 ? kFirstFitOfCurves : kNextFitOfCurves);
    fitted_ = curves_.marks();
  }
  std::vector<Point> points;
  for (const std::size_t place : places_) points.push_back(curves_[place].point);
  points_ = whole(points);
  process_.condition(points_, values_);
  ends_ = process_.at_end();
}

void CurveModel::expect(const std::vector<Point>& points) {
  if (points.empty()) return;
  const std::vector<gp::Prediction> expected = at_end(points);
  std::vector<CurveValue> values = values_;
  gp::PointSet all = points_;
  for (std::size_t i = 0; i < points.size(); ++i) {
    values.push_back({all.size(), 1, expected[i].mean});
    all.add(whole(points[i]));
  }
  process_.condition(std::move(all), values);
}

CurveModel::Promise CurveModel::promise_of(const gp::Prediction& prediction) const {
  const double deviation = std::sqrt(prediction.variance);
  return {gp::log_expected_improvement(prediction.mean, deviation, best_).value,
          gp::normal_cdf((best_ - prediction.mean) / deviation)};
}

std::optional<gp::Prediction> CurveModel::at_end(std::int64_t trial) const {
  const std::optional<std::size_t> curve = curves_.place_of(trial);
  if (!curve) return std::nullopt;
  const auto place = std::ranges::lower_bound(places_, *curve);
  if (place == places_.end() || *place != *curve) return std::nullopt;
  return ends_[static_cast<std::size_t>(place - places_.begin())];
}

std::vector<gp::Prediction> CurveModel::at_end(const std::vector<Point>& points) const {
  return process_.at_end(whole(points));
}

std::string CurveModel::save() const {
  const CurveHyperparameters& parameters = process_.hyperparameters();
  const gp::Hyperparameters& points = parameters.points;
  return Json{{"fitted", fitted_},
              {"curves", Json::parse(curves_.to_json())},
              {"weights", points.weights},
              {"others",
               {points.joint, points.additive, points.reach, parameters.common, parameters.own, parameters.length,
                parameters.noise}},
              {"growth", parameters.growth}}
      .dump();
}

Result<void> CurveModel::load(std::string_view json) {
  const Json state = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  const auto has = [&](const char* name) { return state.contains(name); };
  const bool is_whole = state.is_object() && state.size() == 5 && has("fitted") &&
                        state["fitted"].is_number_unsigned() && has("curves") && has("weights") &&
                        are_numbers_of(state["weights"], process_.kinds().size(), 0) && has("others") &&
                        are_numbers_of(state["others"], 7, 0) && has("growth") && state["growth"].is_number();
  if (!is_whole) return Error{ErrorCode::kInvalidArgument, "its model is damaged"};
  MANTA_RETURN_IF_ERROR(curves_.load(state["curves"].dump(), cube_.size()));
  fitted_ = state["fitted"].get<std::size_t>();
  CurveHyperparameters parameters;
  parameters.points.weights = state["weights"].get<std::vector<double>>();
  const auto others = state["others"].get<std::vector<double>>();
  parameters.points.joint = others[0];
  parameters.points.additive = others[1];
  parameters.points.reach = others[2];
  parameters.common = others[3];
  parameters.own = others[4];
  parameters.length = others[5];
  parameters.noise = others[6];
  parameters.growth = state["growth"].get<double>();
  process_.set_hyperparameters(std::move(parameters));
  return {};
}

}  // namespace manta::curves
