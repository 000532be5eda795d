// SPDX-License-Identifier: Apache-2.0
#include "searchers/pareto/undominated_boxes.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

namespace manta {

namespace {

// Numbers of levels: of a point one an objective; of a box its lower corner, then its upper one.
using Numbers = std::vector<std::uint32_t>;

// What is not dominated in the first `objectives` coordinates, below `top` there.
std::vector<Numbers> boxes_below(std::vector<Numbers> points, const Numbers& top, std::size_t objectives) {
  if (objectives == 1) {
    std::uint32_t least = top[0];
    for (const Numbers& point : points) least = std::min(least, point[0]);
    return {{0, least}};
  }
  const std::size_t last = objectives - 1;
  std::ranges::stable_sort(points, {}, [last](const Numbers& point) { return point[last]; });
  std::vector<Numbers> boxes;
  std::map<Numbers, std::uint32_t> open;  // Boxes of the other objectives, and where along the last one they begin.
  const auto close = [&](const Numbers& box, std::uint32_t begin, std::uint32_t end) {
    Numbers whole = box;
    whole.insert(whole.begin() + static_cast<std::ptrdiff_t>(last), begin);
    whole.push_back(end);
    boxes.push_back(std::move(whole));
  };
  std::vector<Numbers> active;
  std::uint32_t at = 0;
  for (std::size_t next = 0;;) {
    std::map<Numbers, std::uint32_t> going_on;
    for (Numbers& box : boxes_below(active, top, last)) {
      const auto before = open.find(box);
      going_on.emplace(std::move(box), before == open.end() ? at : before->second);
    }
    for (const auto& [box, begin] : open) {
      if (!going_on.contains(box)) close(box, begin, at);
    }
    open = std::move(going_on);
    if (next == points.size()) break;
    at = points[next][last];
    for (; next < points.size() && points[next][last] == at; ++next) active.push_back(points[next]);
  }
  for (const auto& [box, begin] : open) close(box, begin, top[last]);
  return boxes;
}

std::uint32_t number_of(const std::vector<double>& levels, double level) {
  return static_cast<std::uint32_t>(std::ranges::lower_bound(levels, level) - levels.begin());
}

}  // namespace

UndominatedBoxes undominated_boxes(const LossTable& front, std::span<const double> reference) {
  const std::size_t objectives = front.objectives();
  std::vector<std::size_t> members;
  for (std::size_t i = 0; i < front.size(); ++i) {
    if (std::ranges::equal(front[i], reference, std::ranges::less())) members.push_back(i);
  }
  UndominatedBoxes result;
  Numbers top;
  for (std::size_t objective = 0; objective < objectives; ++objective) {
    std::vector<double> levels{-std::numeric_limits<double>::infinity(), reference[objective]};
    for (const std::size_t member : members) levels.push_back(front[member][objective]);
    std::ranges::sort(levels);
    levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
    top.push_back(static_cast<std::uint32_t>(levels.size() - 1));
    result.levels.push_back(std::move(levels));
  }
  std::vector<Numbers> points;
  for (const std::size_t member : members) {
    Numbers point;
    for (std::size_t objective = 0; objective < objectives; ++objective)
      point.push_back(number_of(result.levels[objective], front[member][objective]));
    points.push_back(std::move(point));
  }
  result.corners = boxes_below(std::move(points), top, objectives);
  return result;
}

}  // namespace manta
