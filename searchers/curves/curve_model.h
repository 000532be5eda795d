// SPDX-License-Identifier: Apache-2.0
// What trials are expected to be at their end, by their curves so far.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/random.h"
#include "core/base/result.h"
#include "searchers/curves/curve_process.h"
#include "searchers/curves/learning_curves.h"
#include "tune/space/unit_cube.h"

namespace manta::curves {

/// A CurveProcess of the losses of trials, warped (gp::OutputWarp), so that what diverged weighs no more than what is
/// merely bad.
///
/// At most kMostValues reports are learnt from, whatever there is (chosen_reports()). Hyperparameters are fitted, to
/// kMostTuned of them, whenever there are a quarter more reports than at the last fit.
/// Cost: learn() O(N^3) for N <= kMostValues reports, ten times that of the smaller kMostTuned where a fit is due; a
/// prediction O(n^2 + n d) for n <= N curves.
/// Thread-safety: none.
class CurveModel {
 public:
  static constexpr std::size_t kMostValues = 160;
  static constexpr std::size_t kMostTuned = 100;

  /// `horizon`: the iteration that ends a trial; none: the furthest that any has come to. A report beyond it counts as
  /// one of it.
  CurveModel(const UnitCube& cube, std::optional<std::int64_t> horizon);

  /// `loss` is finite, `point` as UnitCube encodes it.
  void report(std::int64_t trial, std::span<const double> point, Mark mark);
  /// The curve at that place in curves() is of a trial at `point`.
  void move(std::size_t place, std::span<const double> point) { curves_.move(place, point); }
  const LearningCurves& curves() const { return curves_; }
  /// Whether there are enough curves to learn from.
  bool is_ready() const;
  /// Brings all that is below up to date. is_ready().
  void learn();
  /// Until the next learn(): curves to come at these points are taken to end as is expected of them, so variance falls
  /// there.
  void expect(const std::vector<UnitCube::Point>& points);

  /// log of the expected improvement on the best loss so far, and the probability of one.
  struct Promise {
    double log_gain = 0;
    double probability = 0;
  };
  Promise promise_of(const gp::Prediction& prediction) const;
  /// Of the curve of `trial` at the horizon; none: it is not among those that are learnt from.
  std::optional<gp::Prediction> at_end(std::int64_t trial) const;
  std::vector<gp::Prediction> at_end(const std::vector<UnitCube::Point>& points) const;

  std::int64_t horizon() const { return horizon_.value_or(curves_.furthest()); }

  std::string save() const;
  /// Errors: kInvalidArgument: not what save() wrote for such a cube; nothing has changed.
  Result<void> load(std::string_view json);

 private:
  double time_of(std::int64_t iteration) const;  // In [0, 1].
  UnitCube::Point whole(std::span<const double> point) const;
  gp::PointSet whole(const std::vector<UnitCube::Point>& points) const;
  std::vector<CurveValue> values_of(const std::vector<Observed>& reports, std::vector<std::size_t>& places) const;
  void condition(const std::vector<CurveValue>& values, gp::PointSet points);

  const UnitCube& cube_;
  std::optional<std::int64_t> horizon_;
  LearningCurves curves_;
  CurveProcess process_;
  std::size_t fitted_ = 0;  // Reports at the last fit; 0: never.

  std::vector<std::size_t> places_;  // In curves_, of those of the process.
  std::vector<CurveValue> values_;
  gp::PointSet points_;
  std::vector<gp::Prediction> ends_;  // Of those, as learnt.
  double best_ = 0;                  // Warped.
};

}  // namespace manta::curves
