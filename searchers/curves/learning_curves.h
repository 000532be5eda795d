// SPDX-License-Identifier: Apache-2.0
// What trials reported on their way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/result.h"
#include "tune/space/unit_cube.h"

namespace manta::curves {

/// The first iteration after `iteration` at which a trial is looked at: 1, 2, 3, 4, 6, 9, 13, …, each half as far again
/// as the one before.
std::int64_t next_mark(std::int64_t iteration);

/// One report.
struct Mark {
  std::int64_t iteration = 0;
  double loss = 0;  ///< Smaller is better; finite.
};

/// What is known of one trial: its reports at the marks, and its last one.
struct Curve {
  std::int64_t trial = 0;
  UnitCube::Point point;
  std::vector<Mark> marks = {};  ///< By rising iteration, at least one.

  const Mark& last() const { return marks.back(); }
};

/// The curves of all trials that have reported, in the order of their first report. Of a trial that reports R times it
/// keeps log R / log 1.5 reports.
///
/// Thread-safety: none.
class LearningCurves {
 public:
  std::size_t size() const { return curves_.size(); }
  const Curve& operator[](std::size_t place) const { return curves_[place]; }
  std::optional<std::size_t> place_of(std::int64_t trial) const;
  /// Reports that are kept of all trials.
  std::size_t marks() const { return marks_; }
  /// The least loss that was ever reported; infinite: none was.
  double best() const { return best_; }

  /// The furthest iteration that was ever reported; 1: none was.
  std::int64_t furthest() const { return furthest_; }

  /// `loss` is finite. A trial that goes back, as after a failure, reports again: what it said of later iterations is
  /// forgotten.
  void report(std::int64_t trial, std::span<const double> point, Mark mark);
  /// That curve is of a trial at `point`.
  void move(std::size_t place, std::span<const double> point) { curves_[place].point.assign(point.begin(), point.end()); }

  /// A JSON array that load() reads.
  std::string to_json() const;
  /// Errors: kInvalidArgument: not what to_json() writes for points of `dimensions`; nothing has changed.
  Result<void> load(std::string_view json, std::size_t dimensions);

 private:
  std::vector<Curve> curves_;
  std::unordered_map<std::int64_t, std::size_t> places_;
  std::size_t marks_ = 0;
  double best_ = std::numeric_limits<double>::infinity();
  std::int64_t furthest_ = 1;
};

/// Which reports a model learns from: place of the curve, and place in its marks.
struct Observed {
  std::size_t curve = 0;
  std::size_t mark = 0;
};

/// At most `most`, by curve and iteration: of each curve its last report first, then its first, then those between;
/// where not even the last of each has room, of the better half of what has, and of the newest.
std::vector<Observed> chosen_reports(const LearningCurves& curves, std::size_t most);

}  // namespace manta::curves
