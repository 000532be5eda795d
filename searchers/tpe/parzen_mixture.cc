// SPDX-License-Identifier: Apache-2.0
#include "searchers/tpe/parzen_mixture.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace manta::internal {

namespace {

constexpr int kMaxDraws = 100;

std::int64_t level_at(double u, std::int64_t levels) {
  return std::clamp(static_cast<std::int64_t>(u * static_cast<double>(levels)), std::int64_t{0}, levels - 1);
}

}  // namespace

ParzenMixture::ParzenMixture(std::span<const Axis> axes, std::span<const double> points, const Width& width)
    : uniform_(width.uniform), count_(axes.empty() ? 0 : points.size() / axes.size()) {
  axes_.reserve(axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i) {
    std::vector<double> column(count_);
    for (std::size_t row = 0; row < count_; ++row) column[row] = points[row * axes.size() + i];
    axes_.push_back(has_table(axes[i]) ? levels(axes[i], column, width.numbers[i], width.choice)
                                       : numbers(column, width.numbers[i]));
  }
}

ParzenMixture::Kernels ParzenMixture::numbers(std::span<const double> column, double width) {
  Kernels kernels{.width = width};
  const double reach = 1 / (std::numbers::sqrt2 * width);
  const double peak = std::sqrt(2 * std::numbers::pi) * width;
  for (const double u : column) {
    const bool is_missing = std::isnan(u);
    const double mass = (std::erf((1 - u) * reach) + std::erf(u * reach)) / 2;
    kernels.centres.push_back(is_missing ? kMissing : static_cast<float>(u));
    kernels.log_scales.push_back(is_missing ? 0 : static_cast<float>(-std::log(peak * mass)));
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
    std::ranges::fill(logs, 0.f);
    for (std::size_t i = 0; i < axes_.size(); ++i) add_logs(axes_[i], points[at + i], logs);
    float highest = 0;
    for (const float log : logs) highest = std::max(highest, log);
    double sum = uniform_ * std::exp(-static_cast<double>(highest));
    for (const float log : logs) sum += log > highest - 20 ? std::exp(log - highest) : 0;
    result.push_back(highest + std::log(sum / (uniform_ + static_cast<double>(count_))));
  }
  return result;
}

// Adds to each point's log kernel that of one axis, at `u`.
void ParzenMixture::add_logs(const Kernels& kernels, double u, std::span<float> logs) {
  if (kernels.levels > 0) {
    const auto column = static_cast<std::size_t>(level_at(u, kernels.levels));
    const auto stride = static_cast<std::size_t>(kernels.levels);
    for (std::size_t k = 0; k < logs.size(); ++k) logs[k] += kernels.log_table[kernels.rows[k] * stride + column];
    return;
  }
  const auto x = static_cast<float>(u);
  const auto sharpness = static_cast<float>(1 / (2 * kernels.width * kernels.width));
  for (std::size_t k = 0; k < logs.size(); ++k) {
    const float distance = kernels.centres[k] == kMissing ? 0 : x - kernels.centres[k];
    logs[k] += kernels.log_scales[k] - distance * distance * sharpness;
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
