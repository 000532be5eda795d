// SPDX-License-Identifier: Apache-2.0
// The pairs of workers of which one calls the actor of the other without the node, and what is known of their calls.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/error.h"
#include "core/net/direct_link.h"
#include "core/node/standstill.h"
#include "core/objects/reference.h"

namespace manta {

/// One pair, as long as one of its two ends may touch its memory.
struct DirectPair {
  std::uint32_t slot = 0;
  std::uint64_t caller = 0;  ///< A worker.
  std::uint64_t callee = 0;  ///< A worker.
  std::uint64_t actor = 0;
  std::uint64_t key = 0;     ///< Among those of the callee.
  bool is_answered = false;  ///< The callee has said whether it can be called.
  bool is_open = false;      ///< The caller knows it.
  bool caller_is_gone = false;
  bool callee_is_gone = false;
  std::optional<Error> death = {};  ///< Of the callee.
  Standstill calls = {};            ///< Of its rings.
  Standstill answers = {};
};

/// The result of a direct call that the node has heard of, because its ref went on.
struct DirectPromise {
  ObjectPtr object;
  std::uint64_t callee = 0;
  std::string_view call_name;  ///< Lives as long as the program.
};

/// Thread-safety: none; the node's mutex guards it.
class DirectPairs {
 public:
  /// Of one worker at either end: who has more goes on by the node.
  static constexpr std::size_t kMostOfCaller = 16;
  static constexpr std::size_t kMostOfCallee = 64;

  /// Null: there are as many as there can be, or there is this one.
  DirectPair* add(std::uint64_t caller, std::uint64_t callee, std::uint64_t actor, std::uint64_t key);
  /// Null: there is none.
  DirectPair* at(std::uint64_t slot);
  DirectPair* find(std::uint64_t caller, std::uint64_t actor);
  DirectPair* between(std::uint64_t caller, std::uint64_t callee);
  /// Its slot is used again.
  void remove(std::uint32_t slot) { pairs_.at(slot).reset(); }
  /// `visit(DirectPair&)` for each; it may remove that one.
  template <class Visit>
  void for_each(Visit&& visit) {
    for (std::optional<DirectPair>& pair : pairs_)
      if (pair) visit(*pair);
  }

  void add_promise(const ObjectId& id, DirectPromise promise) { promises_.insert_or_assign(id, std::move(promise)); }
  const DirectPromise* find_promise(const ObjectId& id) const;
  std::optional<DirectPromise> take_promise(const ObjectId& id);
  /// Takes out those that `wanted(id, promise)` says.
  template <class Wanted>
  std::vector<DirectPromise> take_promises(Wanted&& wanted) {
    std::vector<DirectPromise> taken;
    for (auto it = promises_.begin(); it != promises_.end();) {
      const bool is_wanted = wanted(it->first, it->second);
      if (is_wanted) taken.push_back(std::move(it->second));
      it = is_wanted ? promises_.erase(it) : std::next(it);
    }
    return taken;
  }

 private:
  std::vector<std::optional<DirectPair>> pairs_;  // By slot.
  std::unordered_map<ObjectId, DirectPromise, ObjectIdHash> promises_;
};

/// Gives each worker a doorbell of the node page, as long as there are some. One that was used is used again as late as
/// possible: who knew the worker may still ring it.
///
/// Thread-safety: none.
class BellBoard {
 public:
  /// From 1; 0: all are taken.
  std::uint32_t take();
  void give_back(std::uint32_t bell) {
    if (bell != 0) taken_.reset(bell - 1);
  }

 private:
  std::bitset<NodePage::kBells> taken_;
  std::uint32_t next_ = 0;
};

}  // namespace manta
