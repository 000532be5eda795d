// SPDX-License-Identifier: Apache-2.0
// A walk in depth, without recursion: a chain of conditions may be as long as a document.
#include "tune/space/internal/activity_order.h"

#include <algorithm>

namespace manta::internal {

namespace {

enum class Mark { kNew, kOpen, kPlaced };

struct Visit {
  std::size_t position = 0;
  std::size_t next = 0;  // Which of those that it names comes next.
};

std::vector<std::size_t> cycle_from(const std::vector<Visit>& open, std::size_t begin) {
  std::vector<std::size_t> cycle;
  const auto first = std::ranges::find(open, begin, &Visit::position);
  for (auto visit = first; visit != open.end(); ++visit) cycle.push_back(visit->position);
  return cycle;
}

}  // namespace

ActivityOrder order_by_activity(const std::vector<std::vector<std::size_t>>& named) {
  ActivityOrder order;
  std::vector<Mark> marks(named.size(), Mark::kNew);
  for (std::size_t root = 0; root < named.size(); ++root) {
    if (marks[root] != Mark::kNew) continue;
    std::vector<Visit> open{{root}};
    marks[root] = Mark::kOpen;
    while (!open.empty()) {
      Visit& visit = open.back();
      if (visit.next == named[visit.position].size()) {
        marks[visit.position] = Mark::kPlaced;
        order.positions.push_back(visit.position);
        open.pop_back();
        continue;
      }
      const std::size_t other = named[visit.position][visit.next++];
      if (marks[other] == Mark::kOpen) {
        order.cycle = cycle_from(open, other);
        return order;
      }
      if (marks[other] == Mark::kNew) {
        marks[other] = Mark::kOpen;
        open.push_back({other});
      }
    }
  }
  return order;
}

}  // namespace manta::internal
