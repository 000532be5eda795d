// SPDX-License-Identifier: Apache-2.0
// Tabulated learning curves: what a SimulatedExecutor replays.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "tune/loop/simulated_executor.h"
#include "tune/space/config.h"

namespace manta {

/// One learning curve per configuration, read from comma-separated text with a header: the columns before `s0` are the
/// configuration (whole numbers, numbers or text), `s0,s1,…,sN` are a metric's value before the first iteration and
/// after each. "nan" is a value; an empty cell ends its curve.
///
/// Thread-safety: any const method, from any thread.
class CurveTable {
 public:
  /// Errors: kInvalidArgument: the message has the line and what is wrong with it (a cell that is no number, a row of
  /// another length, a configuration that stands there twice, no `s0`).
  static Result<CurveTable> parse(std::string_view csv);
  /// Reads the file at `path`.
  /// Errors: as of parse(), and kNotFound: it cannot be read.
  static Result<CurveTable> load(const std::filesystem::path& path);

  std::size_t size() const { return configs_.size(); }
  const Config& config(std::size_t row) const { return configs_[row]; }
  /// s0, s1, … as far as the row goes.
  std::span<const double> curve(std::size_t row) const { return curves_[row]; }
  std::optional<std::size_t> find(const Config& config) const;

  /// Steps along these curves: iteration i reports column s<i> as `metric` and takes `seconds`. A trial is finished
  /// with the last value of its curve, and at once if its configuration is not in the table. The table must outlive it.
  SimulatedExecutor::StepFunction step_function(std::string metric, double seconds = 1) const;

 private:
  std::vector<Config> configs_;
  std::vector<std::vector<double>> curves_;
  std::map<std::map<std::string, Value>, std::size_t> rows_;
};

}  // namespace manta
