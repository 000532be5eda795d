// SPDX-License-Identifier: Apache-2.0
// Which of several points are better where no single number decides.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace manta {

/// Points by their losses, one after the other, each with as many as there are objectives. Smaller is better; no NaN.
///
/// Thread-safety: as a value.
class LossTable {
 public:
  /// `objectives` is at least 1.
  explicit LossTable(std::size_t objectives) : objectives_(objectives) {}

  std::size_t size() const { return values_.size() / objectives_; }
  std::size_t objectives() const { return objectives_; }
  std::span<const double> operator[](std::size_t index) const {
    return std::span(values_).subspan(index * objectives_, objectives_);
  }
  /// `losses` has objectives() numbers.
  void add(std::span<const double> losses) { values_.insert(values_.end(), losses.begin(), losses.end()); }

 private:
  std::size_t objectives_;
  std::vector<double> values_;
};

/// Whether `a` is nowhere worse than `b`, and somewhere better.
bool dominates(std::span<const double> a, std::span<const double> b);

/// The points that no other dominates, by their place in `table`, rising; equal points are in it together.
/// O(n log n + n f) with f points in the front.
std::vector<std::size_t> pareto_front(const LossTable& table);

/// Of each point how many fronts have to be taken away before it is in the front itself; `violations` has one number a
/// point: how far it is from keeping the constraints, 0 where it keeps them. Whoever keeps them is before whoever does
/// not, and of those the smaller violation is before the larger. Empty: all keep them.
///
/// Source: the fast non-dominated sort and the constrained domination of NSGA-II, Deb et al., IEEE TEC 6 (2002).
/// O(n² m).
std::vector<std::size_t> domination_ranks(const LossTable& table, std::span<const double> violations = {});

/// Of each of `members`, places of points in `table` that share a rank, in their order: how far its neighbours are, as
/// the sum over the objectives of the distance between the one before and the one behind, in parts of the members'
/// range; infinite for who is first or last by one of them.
///
/// Source: crowding-distance-assignment, there. O(m n log n).
std::vector<double> crowding_distances(const LossTable& table, std::span<const std::size_t> members);

}  // namespace manta
