// SPDX-License-Identifier: Apache-2.0
#include "searchers/tpe/parzen_mixture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

namespace manta::internal {

namespace {

constexpr int kMaxDraws = 100;
constexpr std::size_t kFactors = 32;
constexpr float kNegligible = 16;  // Below the highest log: one part in ten million.

std::int64_t level_at(double u, std::int64_t levels) {
  return std::clamp(static_cast<std::int64_t>(u * static_cast<double>(levels)), std::int64_t{0}, levels - 1);
}

// How much of the standard normal lies beyond z >= 0: between places where it is computed, a line.
double tail(double z) {
  static constexpr double kStepsPerUnit = 64;
  static constexpr std::size_t kSteps = 6 * 64;
  static const std::array<double, kSteps + 2> values = [] {
    std::array<double, kSteps + 2> computed{};
    for (std::size_t i = 0; i < computed.size(); ++i) {
      computed[i] = std::erfc(static_cast<double>(i) / kStepsPerUnit / std::numbers::sqrt2) / 2;
    }
    return computed;
  }();
  const double place = std::min(z * kStepsPerUnit, static_cast<double>(kSteps));
  const auto below = static_cast<std::size_t>(place);
  return values[below] + (place - static_cast<double>(below)) * (values[below + 1] - values[below]);
}

}  // namespace

ParzenMixture::ParzenMixture(std::span<const Axis> axes, std::span<const double> points, const Width& width)
    : uniform_(width.uniform), count_(axes.empty() ? 0 : points.size() / axes.size()), log_scales_(count_) {
  axes_.reserve(axes.size());
  std::vector<double> column(count_);
  std::vector<double> scales(count_, 1);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    for (std::size_t row = 0; row < count_; ++row) column[row] = points[row * axes.size() + i];
    axes_.push_back(has_table(axes[i]) ? levels(axes[i], column, width.numbers[i], width.choice)
                                       : numbers(column, width.numbers[i], scales));
    // Logarithms are dear, and so many factors as these a double holds.
    if (i % kFactors != kFactors - 1 && i + 1 < axes.size()) continue;
    for (std::size_t row = 0; row < count_; ++row) {
      log_scales_[row] += static_cast<float>(std::log(std::exchange(scales[row], 1)));
    }
  }
}

// Multiplies `scales` by what makes the kernels of this axis densities.
ParzenMixture::Kernels ParzenMixture::numbers(std::span<const double> column, double width, std::span<double> scales) {
  Kernels kernels{.width = width, .centres = std::vector<float>(column.size(), kMissing)};
  const double peak = 1 / (std::sqrt(2 * std::numbers::pi) * width);
  for (std::size_t k = 0; k < column.size(); ++k) {
    const double u = column[k];
    if (std::isnan(u)) {
      kernels.is_any_missing = true;
      continue;
    }
    kernels.centres[k] = static_cast<float>(u);
    scales[k] *= peak / (1 - tail(u / width) - tail((1 - u) / width));
  }
  return kernels;
}

ParzenMixture::Kernels ParzenMixture::levels(const Axis& axis, std::span<const double> column, double width,
                                             double choice) {
  Kernels kernels{.levels = axis.levels, .width = width};
  const double count = static_cast<double>(axis.levels);
  for (std::int64_t own = 0; own <= axis.levels; ++own) {
    std::vector<double> row(static_cast<std::size_t>(axis.levels), 1);
    for (std::int64_t level = 0; level < axis.levels && own < axis.levels; ++level) {
      const double z = static_cast<double>(level - own) / count / width;
      row[static_cast<std::size_t>(level)] = axis.kind == AxisKind::kChoice
                                                 ? (level == own ? 1 - choice : 0) + choice / count
                                                 : std::exp(-z * z / 2) + 1e-12;
    }
    double sum = 0;
    for (const double value : row) sum += value;
    double below = 0;
    for (const double value : row) {
      kernels.log_table.push_back(static_cast<float>(std::log(value / sum * count)));
      kernels.cumulative.push_back(below += value / sum);
    }
  }
  for (const double u : column) {
    kernels.rows.push_back(static_cast<std::uint8_t>(std::isnan(u) ? axis.levels : level_at(u, axis.levels)));
  }
  return kernels;
}

std::vector<double> ParzenMixture::log_densities(std::span<const double> points) const {
  std::vector<double> result;
  if (axes_.empty()) return result;
  std::vector<float> logs(count_);
  for (std::size_t at = 0; at < points.size(); at += axes_.size()) {
    std::ranges::copy(log_scales_, logs.begin());
    for (std::size_t i = 0; i < axes_.size(); ++i) add_logs(axes_[i], points[at + i], logs);
    float highest = 0;
    for (const float log : logs) highest = std::max(highest, log);
    float sum = 0;
    for (const float log : logs) {
      if (log > highest - kNegligible) sum += std::exp(log - highest);
    }
    const double all = static_cast<double>(sum) + uniform_ * std::exp(-static_cast<double>(highest));
    result.push_back(highest + std::log(all / (uniform_ + static_cast<double>(count_))));
  }
  return result;
}

// Adds to each point's log kernel that of one axis, at `u`.
void ParzenMixture::add_logs(const Kernels& kernels, double u, std::span<float> logs) {
  if (std::isnan(u)) return;  // The axis does not take part.
  if (kernels.levels > 0) {
    const auto column = static_cast<std::size_t>(level_at(u, kernels.levels));
    const auto stride = static_cast<std::size_t>(kernels.levels);
    for (std::size_t k = 0; k < logs.size(); ++k) logs[k] += kernels.log_table[kernels.rows[k] * stride + column];
    return;
  }
  const auto x = static_cast<float>(u);
  const auto sharpness = static_cast<float>(1 / (2 * kernels.width * kernels.width));
  const float* centres = kernels.centres.data();
  if (!kernels.is_any_missing) {
    for (std::size_t k = 0; k < logs.size(); ++k) logs[k] -= (x - centres[k]) * (x - centres[k]) * sharpness;
    return;
  }
  for (std::size_t k = 0; k < logs.size(); ++k) {
    if (centres[k] != kMissing) logs[k] -= (x - centres[k]) * (x - centres[k]) * sharpness;
  }
}

void ParzenMixture::draw(RandomStream& random, std::span<double> point) const {
  const double at = random.uniform() * (uniform_ + static_cast<double>(count_));
  const auto kernel = static_cast<std::size_t>(at);
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    const Kernels& kernels = axes_[i];
    double& u = point[i];
    u = random.uniform();
    if (kernel >= count_) continue;
    if (kernels.levels > 0) {
      const double* row = kernels.cumulative.data() + kernels.rows[kernel] * kernels.levels;
      const auto level = std::lower_bound(row, row + kernels.levels - 1, u) - row;
      u = (static_cast<double>(level) + 0.5) / static_cast<double>(kernels.levels);
    } else if (kernels.centres[kernel] != kMissing) {
      const double centre = kernels.centres[kernel];
      double drawn = -1;
      for (int tries = 0; tries < kMaxDraws && !(drawn >= 0 && drawn <= 1); ++tries)
        drawn = centre + kernels.width * random.normal();
      u = std::clamp(drawn, 0., 1.);
    }
  }
}

}  // namespace manta::internal
