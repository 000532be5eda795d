// SPDX-License-Identifier: Apache-2.0
#include "core/node/direct_pairs.h"

#include <algorithm>
#include <utility>

namespace manta {

DirectPair* DirectPairs::add(std::uint64_t caller, std::uint64_t callee, std::uint64_t actor, std::uint64_t key) {
  std::size_t of_caller = 0;
  std::size_t of_callee = 0;
  for_each([&](const DirectPair& pair) {
    of_caller += pair.caller == caller ? 1 : 0;
    of_callee += pair.callee == callee ? 1 : 0;
  });
  if (of_caller >= kMostOfCaller || of_callee >= kMostOfCallee || key > DirectNumber::kKeyMax) return nullptr;
  if (between(caller, callee) != nullptr) return nullptr;
  const auto free = std::find(pairs_.begin(), pairs_.end(), std::nullopt);
  const auto slot = static_cast<std::uint32_t>(free - pairs_.begin());
  if (slot == DirectSlots::kCount) return nullptr;
  if (slot == pairs_.size()) pairs_.emplace_back();
  return &pairs_[slot].emplace(
      DirectPair{.slot = slot, .caller = caller, .callee = callee, .actor = actor, .key = key});
}

DirectPair* DirectPairs::at(std::uint64_t slot) {
  return slot < pairs_.size() && pairs_[slot] ? &*pairs_[slot] : nullptr;
}

DirectPair* DirectPairs::find(std::uint64_t caller, std::uint64_t actor) {
  for (std::optional<DirectPair>& pair : pairs_)
    if (pair && pair->caller == caller && pair->actor == actor) return &*pair;
  return nullptr;
}

DirectPair* DirectPairs::between(std::uint64_t caller, std::uint64_t callee) {
  for (std::optional<DirectPair>& pair : pairs_)
    if (pair && pair->caller == caller && pair->callee == callee) return &*pair;
  return nullptr;
}

const DirectPromise* DirectPairs::find_promise(const ObjectId& id) const {
  const auto it = promises_.find(id);
  return it == promises_.end() ? nullptr : &it->second;
}

std::optional<DirectPromise> DirectPairs::take_promise(const ObjectId& id) {
  if (promises_.empty()) return std::nullopt;
  const auto it = promises_.find(id);
  if (it == promises_.end()) return std::nullopt;
  std::optional<DirectPromise> taken(std::move(it->second));
  promises_.erase(it);
  return taken;
}

std::uint32_t BellBoard::take() {
  for (std::uint32_t i = 0; i < NodePage::kBells; ++i) {
    const std::uint32_t bell = next_++ % NodePage::kBells;
    if (taken_.test(bell)) continue;
    taken_.set(bell);
    return bell + 1;
  }
  return 0;
}

}  // namespace manta
