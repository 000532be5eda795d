// SPDX-License-Identifier: Apache-2.0
#include "searchers/gp/goal_values.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "searchers/gp/output_warp.h"
#include "searchers/pareto/hypervolume.h"

namespace manta::gp {

namespace {

constexpr double kSumShare = 0.05;
constexpr double kMostMargin = 1e6;  // In medians.

std::vector<double> column_of(const LossTable& table, std::size_t objective) {
  std::vector<double> losses;
  for (std::size_t i = 0; i < table.size(); ++i) losses.push_back(table[i][objective]);
  return losses;
}

double median_size(std::span<const double> margins) {
  std::vector<double> sizes;
  for (const double margin : margins) sizes.push_back(std::abs(margin));
  if (sizes.empty()) return 0;
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::ranges::nth_element(sizes, middle);
  return *middle;
}

}  // namespace

std::vector<std::vector<double>> objective_values(const LossTable& table) {
  std::vector<std::vector<double>> values;
  for (std::size_t i = 0; i < table.objectives(); ++i) values.push_back(warp_losses(column_of(table, i)));
  return values;
}

std::vector<double> scalarised_values(const LossTable& table, RandomStream& random) {
  std::vector<double> weights;
  double sum = 0;
  for (std::size_t i = 0; i < table.objectives(); ++i) sum += weights.emplace_back(-std::log1p(-random.uniform()));
  const LossTable box = in_unit_box(table);
  std::vector<double> values;
  for (std::size_t row = 0; row < box.size(); ++row) {
    double worst = 0;
    double all = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double part = sum > 0 ? weights[i] / sum * box[row][i] : 0;
      worst = std::max(worst, part);
      all += part;
    }
    values.push_back(worst + kSumShare * all);
  }
  return warp_losses(values);
}

MarginValues margin_values(std::span<const double> margins) {
  const double scale = median_size(margins);
  MarginValues result;
  double mean = 0;
  for (const double margin : margins) {
    const double parts = scale > 0 ? margin / scale : margin > 0 ? 1 : margin < 0 ? -1 : 0;
    result.values.push_back(std::asinh(std::clamp(parts, -kMostMargin, kMostMargin)));
    mean += result.values.back() / static_cast<double>(margins.size());
  }
  double variance = 0;
  for (const double value : result.values)
    variance += (value - mean) * (value - mean) / static_cast<double>(margins.size());
  const double deviation = variance > 0 ? std::sqrt(variance) : 1;
  for (double& value : result.values) value = (value - mean) / deviation;
  result.limit = -mean / deviation;
  return result;
}

}  // namespace manta::gp
