// SPDX-License-Identifier: Apache-2.0
#include "schedulers/internal/rung.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "schedulers/internal/heap_order.h"

namespace manta::internal {

namespace {

template <class Order>
void push(std::vector<double>& heap, double score, Order order) {
  heap.push_back(score);
  std::push_heap(heap.begin(), heap.end(), order);
}

template <class Order>
double pop(std::vector<double>& heap, Order order) {
  std::pop_heap(heap.begin(), heap.end(), order);
  const double score = heap.back();
  heap.pop_back();
  return score;
}

}  // namespace

std::size_t Rung::lower_size(std::size_t count) const {
  // Integers throughout: the rank (n - 1)(eta - 1) / eta must not depend on rounding.
  const auto eta = static_cast<std::size_t>(eta_);
  return (count - 1) / eta * (eta - 1) + (count - 1) % eta * (eta - 1) / eta + 1;
}

void Rung::add(double score) {
  if (!lower_.empty() && score < lower_.front()) {
    push(lower_, score, kLargestOnTop);
  } else {
    push(upper_, score, kSmallestOnTop);
  }
  const std::size_t wanted = lower_size(size());
  if (lower_.size() < wanted) push(lower_, pop(upper_, kSmallestOnTop), kLargestOnTop);
  if (lower_.size() > wanted) push(upper_, pop(lower_, kLargestOnTop), kSmallestOnTop);
}

double Rung::cutoff() const {
  MANTA_CHECK(!lower_.empty(), "a rung without scores has no cutoff");
  if (upper_.empty()) return lower_.front();
  const auto eta = static_cast<std::size_t>(eta_);
  const std::size_t remainder = (size() - 1) % eta * (eta - 1) % eta;
  // lerp() and not a + t (b - a): the difference of two huge scores may overflow.
  return std::lerp(lower_.front(), upper_.front(), static_cast<double>(remainder) / static_cast<double>(eta));
}

std::vector<double> Rung::sorted() const {
  std::vector<double> scores = lower_;
  scores.insert(scores.end(), upper_.begin(), upper_.end());
  std::sort(scores.begin(), scores.end());
  return scores;
}

void Rung::assign(std::span<const double> scores) {
  lower_.clear();
  upper_.clear();
  for (const double score : scores) add(score);
}

}  // namespace manta::internal
