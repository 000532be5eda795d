// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/figure/axis.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

namespace manta::figure {

namespace {

constexpr double kWantedSteps = 4.5;
// More than there ever are; where numbers are so large that a step changes nothing, it ends the loop.
constexpr int kMostTicks = 12;

// The smallest of 1, 2, 5, 10, 20, … and their tenths that is at least `least`.
double round_step(double least) {
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= least) return factor * power;
  return 10 * power;
}

std::string formatted(const char* format, int digits, double value) {
  std::array<char, 512> text{};
  std::snprintf(text.data(), text.size(), format, digits, value);
  return text.data();
}

}  // namespace

void Extent::add(double value) {
  if (!std::isfinite(value)) return;
  low = std::min(low, value);
  high = std::max(high, value);
}

std::string short_number(double value, int digits) {
  const double size = std::abs(value);
  if (value == std::floor(value) && size < 1e6) return formatted("%.*f", 0, value);
  std::string text = formatted("%.*g", digits, value);
  const std::size_t exponent = text.find('e');
  if (exponent == std::string::npos) return text;
  return text.substr(0, exponent + 1) + std::to_string(std::stoi(text.substr(exponent + 1)));  // "1e-05" is "1e-5".
}

Axis::Axis(Extent extent, Scale scale)
    : low_(extent.is_empty() ? 0 : extent.low),
      high_(extent.is_empty() ? 1 : extent.high),
      is_log_(scale == Scale::kLog && low_ > 0) {
  if (low_ < high_) return;
  const double room = low_ == 0 ? 1 : std::abs(low_) / 10;
  low_ = is_log_ ? low_ / 2 : low_ - room;
  high_ = is_log_ ? high_ * 2 : high_ + room;
}

std::optional<double> Axis::place(double value) const {
  if (!std::isfinite(value) || (is_log_ && value <= 0)) return std::nullopt;
  if (is_log_) return std::log(value / low_) / std::log(high_ / low_);
  return (value / 2 - low_ / 2) / (high_ / 2 - low_ / 2);  // Halves: the difference of two may not be a number.
}

std::vector<Tick> Axis::ticks(bool whole) const {
  if (!is_log_) return linear_ticks(whole);
  std::vector<Tick> found = log_ticks();
  return found.size() < 2 ? linear_ticks(whole) : found;
}

std::vector<Tick> Axis::linear_ticks(bool whole) const {
  double step = round_step(high_ / kWantedSteps - low_ / kWantedSteps);
  if (whole) step = std::max(1.0, step);
  const int decimals = std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)));
  const double largest = std::max(std::abs(low_), std::abs(high_));
  const int digits = 1 + std::max(0, static_cast<int>(std::floor(std::log10(largest)) - std::floor(std::log10(step))));
  const bool is_plain = largest < 1e6 && decimals <= 6;
  std::vector<Tick> ticks;
  const double first = std::ceil(low_ / step);
  for (int index = 0; index < kMostTicks; ++index) {
    const double value = (first + index) * step;
    if (value > high_ + step / 1000) break;
    const bool is_zero = std::abs(value) < step / 2;
    ticks.push_back({value, is_zero    ? "0"
                            : is_plain ? formatted("%.*f", decimals, value)
                                       : short_number(value, std::min(digits, 15))});
  }
  return ticks;
}

std::vector<Tick> Axis::log_ticks() const {
  const int first = static_cast<int>(std::ceil(std::log10(low_) - 1e-9));
  const int last = static_cast<int>(std::floor(std::log10(high_) + 1e-9));
  std::vector<Tick> ticks;
  const auto add = [&](double factor, int power) {
    const double value = factor * std::pow(10, power);
    if (value >= low_ * (1 - 1e-9) && value <= high_ * (1 + 1e-9)) ticks.push_back({value, short_number(value, 1)});
  };
  if (last - first >= 2) {
    const int every = (last - first) / 7 + 1;
    for (int power = first; power <= last; power += every) add(1, power);
    return ticks;
  }
  for (int power = first - 1; power <= last; ++power)
    for (const double factor : {1.0, 2.0, 5.0}) add(factor, power);
  return ticks;
}

}  // namespace manta::figure
