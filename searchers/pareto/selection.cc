// SPDX-License-Identifier: Apache-2.0
#include "searchers/pareto/selection.h"

#include <algorithm>
#include <numeric>
#include <queue>
#include <utility>

#include "searchers/pareto/hypervolume.h"

namespace manta {

namespace {

constexpr std::size_t kMostByVolume = 3;  // Objectives.
constexpr double kReference = 1.1;        // In a box from 0 to 1.

LossTable rows_of(const LossTable& table, std::span<const std::size_t> members) {
  LossTable rows(table.objectives());
  for (const std::size_t member : members) rows.add(table[member]);
  return rows;
}

std::vector<std::size_t> by_crowding(const LossTable& table, std::span<const std::size_t> members, std::size_t count) {
  const std::vector<double> distances = crowding_distances(table, members);
  std::vector<std::size_t> order(members.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater(), [&](std::size_t i) { return distances[i]; });
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < count; ++i) chosen.push_back(members[order[i]]);
  return chosen;
}

// What a member would add to the volume of those taken when there were `taken` of them: an upper bound from then on.
struct Bid {
  double gain = 0;
  std::size_t member = 0;
  std::size_t taken = 0;

  // Of equal ones the first.
  bool operator<(const Bid& other) const { return gain != other.gain ? gain < other.gain : member > other.member; }
};

std::vector<std::size_t> by_volume(const LossTable& table, std::span<const std::size_t> members, std::size_t count) {
  const LossTable box = in_unit_box(rows_of(table, members));
  const std::vector<double> reference(box.objectives(), kReference);
  LossTable taken(box.objectives());
  double volume = 0;
  const auto gain_of = [&](std::size_t member) {
    LossTable with = taken;
    with.add(box[member]);
    return hypervolume(with, reference) - volume;
  };
  std::priority_queue<Bid> bids;
  for (std::size_t i = 0; i < box.size(); ++i) bids.push({gain_of(i), i, 0});
  std::vector<std::size_t> chosen;
  while (chosen.size() < count) {
    Bid best = bids.top();
    bids.pop();
    if (best.taken != chosen.size()) {
      best.gain = std::min(best.gain, gain_of(best.member));
      best.taken = chosen.size();
      if (!bids.empty() && best < bids.top()) {
        bids.push(best);
        continue;
      }
    }
    taken.add(box[best.member]);
    volume += best.gain;
    chosen.push_back(members[best.member]);
  }
  return chosen;
}

}  // namespace

std::vector<std::size_t> covering_subset(const LossTable& table, std::span<const std::size_t> members,
                                         std::size_t count) {
  if (members.size() <= count) return {members.begin(), members.end()};
  return table.objectives() <= kMostByVolume ? by_volume(table, members, count) : by_crowding(table, members, count);
}

std::vector<std::size_t> best_by_fronts(const LossTable& table, std::span<const double> violations, std::size_t count) {
  std::vector<std::size_t> left;
  std::vector<std::size_t> violating;
  for (std::size_t i = 0; i < table.size(); ++i)
    (violations.empty() || violations[i] == 0 ? left : violating).push_back(i);
  count = std::min(count, table.size());
  std::vector<std::size_t> best;
  while (best.size() < count && !left.empty()) {
    std::vector<std::size_t> front;
    std::vector<bool> is_in_front(left.size());
    for (const std::size_t place : pareto_front(rows_of(table, left))) {
      is_in_front[place] = true;
      front.push_back(left[place]);
    }
    const std::vector<std::size_t> chosen = covering_subset(table, front, count - best.size());
    best.insert(best.end(), chosen.begin(), chosen.end());
    std::vector<std::size_t> behind;
    for (std::size_t i = 0; i < left.size(); ++i) {
      if (!is_in_front[i]) behind.push_back(left[i]);
    }
    left = std::move(behind);
  }
  std::ranges::stable_sort(violating, {}, [&](std::size_t i) { return violations[i]; });
  for (std::size_t i = 0; best.size() < count; ++i) best.push_back(violating[i]);
  return best;
}

}  // namespace manta
