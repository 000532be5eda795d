// SPDX-License-Identifier: Apache-2.0
#include "searchers/gp/minimize.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>

namespace manta::gp {

namespace {

using Vector = std::vector<double>;

constexpr std::size_t kMemory = 8;
constexpr double kEnoughDecrease = 1e-4;
constexpr double kFlat = 1e-7;

double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// A step that was made and how the gradient changed over it.
struct Pair {
  Vector step;
  Vector change;
  double curvature;
};

// Two-loop recursion: minus the inverse Hessian, as far as the pairs tell it, times the gradient.
Vector direction_of(const std::deque<Pair>& pairs, const Vector& gradient) {
  Vector direction = gradient;
  Vector weights;
  for (auto pair = pairs.rbegin(); pair != pairs.rend(); ++pair) {
    weights.push_back(dot(pair->step, direction) / pair->curvature);
    for (std::size_t i = 0; i < direction.size(); ++i) direction[i] -= weights.back() * pair->change[i];
  }
  const double scale = pairs.empty() ? 1 / std::max(1.0, std::sqrt(dot(gradient, gradient)))
                                     : pairs.back().curvature / dot(pairs.back().change, pairs.back().change);
  for (double& entry : direction) entry *= scale;
  for (const Pair& pair : pairs) {
    const double weight = weights.back() - dot(pair.change, direction) / pair.curvature;
    weights.pop_back();
    for (std::size_t i = 0; i < direction.size(); ++i) direction[i] += weight * pair.step[i];
  }
  for (double& entry : direction) entry = -entry;
  return direction;
}

}  // namespace

Minimum minimize(const std::function<double(const Vector& at, Vector& gradient)>& function, Vector start,
                 const Vector& low, const Vector& high, Effort effort) {
  for (std::size_t i = 0; i < start.size(); ++i) start[i] = std::clamp(start[i], low[i], high[i]);
  Vector gradient(start.size());
  Minimum best{start, function(start, gradient)};
  if (!std::isfinite(best.value)) return best;
  std::deque<Pair> pairs;
  int used = 1;
  while (used < effort.evaluations) {
    // What pushes against a bound does not take part.
    Vector free = gradient;
    for (std::size_t i = 0; i < free.size(); ++i) {
      if ((best.at[i] <= low[i] && free[i] > 0) || (best.at[i] >= high[i] && free[i] < 0)) free[i] = 0;
    }
    if (dot(free, free) < kFlat * kFlat) break;
    Vector direction = direction_of(pairs, free);
    double slope = dot(direction, free);
    if (!(slope < 0)) {
      pairs.clear();
      direction = direction_of(pairs, free);
      slope = dot(direction, free);
    }
    double step = 1;
    bool is_better = false;
    Vector next(start.size());
    Vector next_gradient(start.size());
    double value = 0;
    for (; used < effort.evaluations && step > 1e-6; step *= 0.3) {
      for (std::size_t i = 0; i < next.size(); ++i) {
        next[i] = std::clamp(best.at[i] + step * direction[i], low[i], high[i]);
      }
      value = function(next, next_gradient);
      ++used;
      is_better = std::isfinite(value) && value <= best.value + kEnoughDecrease * step * slope;
      if (is_better) break;
    }
    if (!is_better) {
      if (pairs.empty()) break;
      pairs.clear();
      continue;
    }
    Pair pair{next, next_gradient, 0};
    for (std::size_t i = 0; i < next.size(); ++i) {
      pair.step[i] -= best.at[i];
      pair.change[i] -= gradient[i];
    }
    pair.curvature = dot(pair.step, pair.change);
    if (pair.curvature > 1e-10 * dot(pair.change, pair.change)) {
      pairs.push_back(std::move(pair));
      if (pairs.size() > kMemory) pairs.pop_front();
    }
    const double gain = best.value - value;
    best = {std::move(next), value};
    gradient = std::move(next_gradient);
    if (gain < effort.least_gain * std::max(1.0, std::abs(value))) break;
  }
  return best;
}

}  // namespace manta::gp
