// SPDX-License-Identifier: Apache-2.0
#include "searchers/nsga2/nsga2_proposer.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

namespace manta::internal {

namespace {

constexpr double kCrossover = 0.9;
constexpr double kExchange = 0.5;  // Of a coordinate, where two are crossed.
constexpr double kCrossoverIndex = 10;  // The larger, the nearer to the parents.
constexpr double kMutationIndex = 7;
constexpr double kEqual = 1e-14;

const PopulationMember& winner(std::span<const PopulationMember> members, RandomStream& random) {
  // Best first.
  const std::size_t a = random.below(members.size());
  const std::size_t b = random.below(members.size());
  return members[std::min(a, b)];
}

// What is inactive in the trial may be active in its child.
UnitCube::Point whole_point(const History& history, std::size_t place, RandomStream& random) {
  const std::span<const double> known = history.point(place);
  UnitCube::Point point(known.begin(), known.end());
  for (double& u : point) {
    if (std::isnan(u)) u = random.uniform();
  }
  return point;
}

// A point between or beside both, as far from the middle as `random` says and the border `room` behind them lets it.
double spread(double room, double width, double u) {
  const double beta = 1 + 2 * room / width;
  const double alpha = 2 - std::pow(beta, -(kCrossoverIndex + 1));
  const double base = u <= 1 / alpha ? u * alpha : 1 / (2 - u * alpha);
  return std::pow(base, 1 / (kCrossoverIndex + 1));
}

// One of the two children of simulated binary crossover.
double crossed(double a, double b, RandomStream& random) {
  const double low = std::min(a, b);
  const double high = std::max(a, b);
  const double width = high - low;
  const double u = random.uniform();
  const bool is_lower = random.uniform() < 0.5;
  if (width < kEqual) return a;
  const double child = is_lower ? (low + high - spread(low, width, u) * width) / 2
                                : (low + high + spread(1 - high, width, u) * width) / 2;
  return std::clamp(child, 0.0, 1.0);
}

double polynomially_mutated(double y, RandomStream& random) {
  const double u = random.uniform();
  const double power = kMutationIndex + 1;
  const double step = u < 0.5 ? std::pow(2 * u + (1 - 2 * u) * std::pow(1 - y, power), 1 / power) - 1
                              : 1 - std::pow(2 * (1 - u) + (2 * u - 1) * std::pow(y, power), 1 / power);
  return std::clamp(y + step, 0.0, 1.0);
}

}  // namespace

UnitCube::Point Nsga2Proposer::propose(const History& history, RandomStream& random) {
  UnitCube::Point point(cube_->size());
  for (double& u : point) u = random.uniform();
  if (point.empty() || history.size() < population_.size()) return point;
  const std::vector<PopulationMember> members = population_.members(history);
  if (members.size() < std::max<std::size_t>(population_.size() / 4, 2)) return point;
  const UnitCube::Point a = whole_point(history, winner(members, random).place, random);
  const UnitCube::Point b = whole_point(history, winner(members, random).place, random);
  return child_of(a, b, random);
}

UnitCube::Point Nsga2Proposer::child_of(const UnitCube::Point& a, const UnitCube::Point& b,
                                        RandomStream& random) const {
  UnitCube::Point child = a;
  const bool is_crossed = random.uniform() < kCrossover;
  for (std::size_t i = 0; i < child.size(); ++i) {
    if (!is_crossed || random.uniform() >= kExchange) continue;
    child[i] = cube_->axes()[i].kind == AxisKind::kChoice ? b[i] : crossed(a[i], b[i], random);
  }
  for (std::size_t i = 0; i < child.size(); ++i) {
    if (random.uniform() * static_cast<double>(child.size()) < 1) child[i] = mutated(child[i], i, random);
  }
  const std::size_t axis = random.below(child.size());
  const UnitCube::Point snapped = cube_->snap(child);
  if (std::ranges::equal(snapped, cube_->snap(a)) || std::ranges::equal(snapped, cube_->snap(b)))
    child[axis] = mutated(child[axis], axis, random);
  return child;
}

double Nsga2Proposer::mutated(double u, std::size_t axis, RandomStream& random) const {
  const Axis& along = cube_->axes()[axis];
  if (along.kind == AxisKind::kChoice) return random.uniform();
  const double to = polynomially_mutated(u, random);
  if (along.levels == 0) return to;
  const double level = 1 / static_cast<double>(along.levels);
  if (std::floor(to / level) != std::floor(u / level)) return to;
  const bool goes_up = u < level || (u < 1 - level && to >= u);
  return std::clamp(goes_up ? u + level : u - level, 0.0, 1.0);
}

Result<void> Nsga2Proposer::load(std::string_view json) {
  if (population_.load(json)) return {};
  return Error{ErrorCode::kInvalidArgument, "its population is damaged"};
}

std::string Nsga2Proposer::describe(const History& history) const {
  if (history.objectives() > 1) return "";
  return "nsga2 - one metric: a genetic algorithm with a population of " + std::to_string(population_.size());
}

}  // namespace manta::internal
