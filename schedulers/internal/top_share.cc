// SPDX-License-Identifier: Apache-2.0
#include "schedulers/internal/top_share.h"

#include <algorithm>

#include "schedulers/internal/heap_order.h"

namespace manta::internal {

void TopShare::add(double score) {
  // Into the best, and the worst of them back: so the best stay the best.
  best_.push_back(score);
  std::push_heap(best_.begin(), best_.end(), kSmallestOnTop);
  std::pop_heap(best_.begin(), best_.end(), kSmallestOnTop);
  rest_.push_back(best_.back());
  best_.pop_back();
  std::push_heap(rest_.begin(), rest_.end(), kLargestOnTop);
  if (best_.size() == size() / eta_) return;
  std::pop_heap(rest_.begin(), rest_.end(), kLargestOnTop);
  best_.push_back(rest_.back());
  rest_.pop_back();
  std::push_heap(best_.begin(), best_.end(), kSmallestOnTop);
}

std::vector<double> TopShare::sorted() const {
  std::vector<double> scores = best_;
  scores.insert(scores.end(), rest_.begin(), rest_.end());
  std::sort(scores.begin(), scores.end());
  return scores;
}

void TopShare::assign(std::span<const double> scores) {
  best_.clear();
  rest_.clear();
  for (const double score : scores) add(score);
}

}  // namespace manta::internal
