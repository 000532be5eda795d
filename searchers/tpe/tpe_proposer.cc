// SPDX-License-Identifier: Apache-2.0
#include "searchers/tpe/tpe_proposer.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <utility>

#include "searchers/internal/goal_losses.h"
#include "searchers/pareto/selection.h"
#include "searchers/tpe/parzen_mixture.h"

namespace manta::internal {

namespace {

// How these were chosen: docs/guides/searchers.md.
constexpr double kGoodShare = 0.12;
constexpr int kDraws = 24;
constexpr double kPriorTrials = 10;   // For which the user's defaults count fully.
constexpr double kNumberWidth = 0.3;  // Where the good are spread evenly, before it shrinks with their number.
constexpr double kLevelWidth = 0.2;
constexpr double kChoiceWidth = 0.4;
constexpr double kUniformWeight = 0.5;
constexpr double kLeastSpread = 0.1;
constexpr double kSpreadPower = 0.7;
constexpr double kBohbRandomShare = 1. / 3;

void append(std::vector<double>& rows, std::span<const double> row) { rows.insert(rows.end(), row.begin(), row.end()); }

// Standard deviation of column `axis`, 1 for that of the uniform distribution. 1 where there are too few.
double spread_of(const std::vector<double>& rows, std::size_t axis, std::size_t dimensions) {
  double count = 0;
  double sum = 0;
  double squares = 0;
  for (std::size_t i = axis; i < rows.size(); i += dimensions) {
    if (std::isnan(rows[i])) continue;
    count += 1;
    sum += rows[i];
    squares += rows[i] * rows[i];
  }
  if (count < 2) return 1;
  return std::sqrt(12 * std::max(0., (squares - sum * sum / count) / (count - 1)));
}

// Whether a trial can be told from others.
bool is_comparable(const History& history, std::size_t place) {
  return history.objectives() == 1 ? history[place].has_value() : history.is_complete(place);
}

ParzenMixture mixture_of(const UnitCube& cube, const std::vector<double>& points, const std::vector<double>& scales) {
  const double d = static_cast<double>(cube.size());
  const double shrink = std::pow(static_cast<double>(points.size()) / d + 1, -1 / (d + 4));
  ParzenMixture::Width width{.numbers = scales, .choice = kChoiceWidth * shrink, .uniform = kUniformWeight};
  for (double& number : width.numbers) number *= shrink;
  return {cube.axes(), points, width};
}

}  // namespace

UnitCube::Point TpeProposer::propose(const History& history, RandomStream& random) {
  UnitCube::Point drawn(cube_->size());
  for (double& u : drawn) u = random.uniform();
  if (modelled(history) < kStartup || cube_->size() == 0) return drawn;
  if (fidelity_ == Fidelity::kLargest && random.uniform() < kBohbRandomShare) return drawn;
  const Parts parts = divide(history);
  const std::vector<double> widths = scales(parts.good);
  const ParzenMixture good = mixture_of(*cube_, parts.good, widths);
  const double prior_weight = prior_.weight(history, kPriorTrials);
  std::vector<double> candidates;
  for (int i = 0; i < 3 * kDraws && candidates.size() < kDraws * cube_->size(); ++i) {
    if (prior_weight > 0 && random.uniform() < prior_weight / 2) {
      prior_.draw(random, drawn);
    } else {
      good.draw(random, drawn);
    }
    const UnitCube::Point point = cube_->snap(drawn);
    if (cube_->is_feasible(point) && !history.contains(point)) append(candidates, point);
  }
  if (candidates.empty()) return drawn;
  std::vector<double> gains = good.log_densities(candidates);
  for (std::size_t i = 0; i < gains.size() && prior_weight > 0; ++i) {
    gains[i] += prior_weight * prior_.log_density(row(candidates, i));
  }
  const std::vector<double> losses = mixture_of(*cube_, parts.others, widths).log_densities(candidates);
  for (std::size_t i = 0; i < gains.size(); ++i) gains[i] -= losses[i];
  cost_.learn(history);
  for (std::size_t i = 0; i < gains.size() && cost_.counts(); ++i) {
    gains[i] = -std::log(kGoodShare + (1 - kGoodShare) * std::exp(-gains[i])) - cost_.penalty(row(candidates, i));
  }
  const std::size_t best = static_cast<std::size_t>(std::ranges::max_element(gains) - gains.begin());
  const auto point = row(candidates, best);
  return {point.begin(), point.end()};
}

std::span<const double> TpeProposer::row(const std::vector<double>& rows, std::size_t i) const {
  return std::span(rows).subspan(i * cube_->size(), cube_->size());
}

std::size_t TpeProposer::modelled(const History& history) const {
  if (history.objectives() == 1) return history.valued();
  std::size_t count = 0;
  for (std::size_t i = 0; i < history.size(); ++i) count += is_comparable(history, i) ? 1 : 0;
  return count;
}

std::vector<std::uint32_t> TpeProposer::candidates(const History& history) const {
  std::vector<std::uint32_t> valued;
  for (std::uint32_t i = 0; i < history.size(); ++i) {
    if (is_comparable(history, i)) valued.push_back(i);
  }
  const std::size_t wanted = std::max(cube_->size() + 1, kStartup);
  if (fidelity_ == Fidelity::kAny || valued.size() <= wanted) return valued;
  std::vector<std::int32_t> iterations;
  for (const std::uint32_t i : valued) iterations.push_back(history[i].iteration);
  const auto least = iterations.begin() + static_cast<std::ptrdiff_t>(wanted - 1);
  std::ranges::nth_element(iterations, least, std::greater<>());
  std::erase_if(valued, [&](std::uint32_t i) { return history[i].iteration < *least; });
  return valued;
}

std::vector<std::uint32_t> TpeProposer::good_trials(const History& history) const {
  std::vector<std::uint32_t> ranked = candidates(history);
  const auto share = static_cast<std::size_t>(std::ceil(kGoodShare * static_cast<double>(ranked.size())));
  if (history.objectives() == 1) {
    const auto end = ranked.begin() + static_cast<std::ptrdiff_t>(std::min({share, kMaxGood, ranked.size()}));
    std::ranges::partial_sort(ranked, end, {}, [&](std::uint32_t i) { return std::pair(history[i].loss, i); });
    ranked.erase(end, ranked.end());
    return ranked;
  }
  const std::vector<std::size_t> places(ranked.begin(), ranked.end());
  std::vector<std::uint32_t> good;
  for (const std::size_t i : best_by_fronts(losses_of(history, places), violations_of(history, places),
                                            std::min(share, kMaxGoodOfSeveral)))
    good.push_back(ranked[i]);
  return good;
}

TpeProposer::Parts TpeProposer::divide(const History& history) const {
  Parts parts;
  std::vector<bool> is_good(history.size());
  for (const std::uint32_t place : good_trials(history)) {
    is_good[place] = true;
    append(parts.good, history.point(place));
  }
  for (std::size_t i = history.size(); i-- > 0 && parts.others.size() < kMaxOthers * cube_->size();) {
    if (!is_good[i]) append(parts.others, history.point(i));
  }
  return parts;
}

// The width of each axis' kernels before it shrinks.
std::vector<double> TpeProposer::scales(const std::vector<double>& good) const {
  std::vector<double> widths;
  for (std::size_t axis = 0; axis < cube_->size(); ++axis) {
    if (ParzenMixture::has_table(cube_->axes()[axis])) {
      widths.push_back(kLevelWidth);
    } else {
      const double spread = std::clamp(spread_of(good, axis, cube_->size()), kLeastSpread, 1.);
      widths.push_back(kNumberWidth * std::pow(spread, kSpreadPower));
    }
  }
  return widths;
}

}  // namespace manta::internal
