// SPDX-License-Identifier: Apache-2.0
#include "searchers/pareto/hypervolume.h"

#include <algorithm>
#include <limits>

namespace manta {

namespace {

using Point = std::vector<double>;

// Of `points` in the first `objectives` coordinates; all are better than `reference` in these.
double volume(std::vector<Point> points, std::span<const double> reference, std::size_t objectives) {
  const std::size_t last = objectives - 1;
  std::ranges::stable_sort(points, {}, [last](const Point& point) { return point[last]; });
  if (last == 0) return points.empty() ? 0 : reference[0] - points.front()[0];
  double sum = 0;
  double lowest = reference[0];  // Of two objectives, the slice is a line from here on.
  std::vector<Point> slice;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double until = i + 1 < points.size() ? points[i + 1][last] : reference[last];
    lowest = std::min(lowest, points[i][0]);
    if (last > 1) slice.push_back(points[i]);
    if (until <= points[i][last]) continue;
    const double area = last == 1 ? reference[0] - lowest : volume(slice, reference, last);
    sum += area * (until - points[i][last]);
  }
  return sum;
}

bool is_better_everywhere(std::span<const double> point, std::span<const double> reference) {
  return std::ranges::equal(point, reference, std::ranges::less());
}

}  // namespace

double hypervolume(const LossTable& table, std::span<const double> reference) {
  std::vector<Point> points;
  for (const std::size_t place : pareto_front(table)) {
    const std::span<const double> point = table[place];
    if (is_better_everywhere(point, reference)) points.emplace_back(point.begin(), point.end());
  }
  return volume(std::move(points), reference, table.objectives());
}

std::vector<double> hypervolume_over_time(const LossTable& table, std::span<const double> reference) {
  std::vector<double> volumes;
  LossTable front(table.objectives());
  for (std::size_t i = 0; i < table.size(); ++i) {
    const std::span<const double> point = table[i];
    bool adds = is_better_everywhere(point, reference);
    LossTable next(table.objectives());
    for (std::size_t member = 0; member < front.size() && adds; ++member) {
      adds = !dominates(front[member], point) && !std::ranges::equal(front[member], point);
      if (!dominates(point, front[member])) next.add(front[member]);
    }
    if (adds) {
      next.add(point);
      front = std::move(next);
    }
    volumes.push_back(adds ? hypervolume(front, reference) : volumes.empty() ? 0 : volumes.back());
  }
  return volumes;
}

LossTable in_unit_box(const LossTable& table) {
  const std::size_t objectives = table.objectives();
  Point best(objectives, std::numeric_limits<double>::infinity());
  Point worst(objectives, -std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i < table.size(); ++i) {
    for (std::size_t objective = 0; objective < objectives; ++objective) {
      best[objective] = std::min(best[objective], table[i][objective]);
      worst[objective] = std::max(worst[objective], table[i][objective]);
    }
  }
  LossTable scaled(objectives);
  Point point(objectives);
  for (std::size_t i = 0; i < table.size(); ++i) {
    for (std::size_t objective = 0; objective < objectives; ++objective) {
      // Halved, because the difference may be more than a double holds.
      const double range = worst[objective] / 2 - best[objective] / 2;
      point[objective] = range > 0 ? (table[i][objective] / 2 - best[objective] / 2) / range : 0;
    }
    scaled.add(point);
  }
  return scaled;
}

}  // namespace manta
