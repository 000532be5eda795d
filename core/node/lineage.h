// SPDX-License-Identifier: Apache-2.0
// How objects were made, for when their bytes are lost.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "core/net/call.h"

namespace manta {

/// Remembers the tasks whose results lie in the store, with their small arguments, so that they can be run again. It
/// keeps no object: an argument that is gone is made anew first, if it was a task's result itself.
///
/// Beyond `limit` bytes the oldest tasks are forgotten. A task whose results are gone is forgotten too, unless another
/// one's argument was made by it.
///
/// Thread-safety: none.
class Lineage {
 public:
  /// Calls to be made, in this order; `made` becomes ready with the value of the object that was lost.
  struct Plan {
    std::vector<Call> calls;
    ObjectPtr made;
  };

  explicit Lineage(std::uint64_t limit) : limit_(limit) {}

  std::uint64_t limit() const { return limit_; }
  /// `call`, a task, has made `results`.
  void remember(const Call& call, std::span<const ObjectPtr> results);
  bool knows(const ObjectPtr& object) const { return maker_of(object).id != 0; }
  /// How `object` can be made again.
  /// Errors: kObjectLost: why it cannot.
  Result<Plan> plan(const ObjectPtr& object);

  std::size_t size() const { return entries_.size(); }
  std::uint64_t bytes() const { return bytes_; }

 private:
  using Id = std::uint64_t;  // Ascending: who made an argument has a smaller one.
  using WeakObject = std::weak_ptr<ObjectState>;
  using WeakReference = std::variant<WeakObject, std::weak_ptr<ActorLease>>;

  // One result of a task.
  struct Maker {
    Id id = 0;  // 0: unknown.
    std::size_t index = 0;
  };
  struct Argument {
    std::size_t position = 0;  // As Call::Late.
    WeakObject object;
    Maker maker;
  };
  struct Entry {
    Call call;  // Without what it keeps.
    std::vector<Argument> arguments;
    std::vector<WeakReference> references;
    std::vector<std::weak_ptr<const StoreBlock>> blocks;  // That its values name by their places in the store.
    std::vector<WeakObject> results;
    std::vector<WeakObject> remade;  // Results of a call that makes them anew, as long as they live.
    int children = 0;                // Entries with arguments that it made.
    std::uint64_t bytes = 0;
  };
  // What a call that is made again gets as arguments; null: from the one that makes it anew.
  using Arguments = std::vector<ObjectPtr>;

  Maker maker_of(const ObjectPtr& object) const;
  Entry note(const Call& call, std::span<const ObjectPtr> results) const;
  Result<std::map<Id, Arguments>> collect(Id root);
  static Result<Call> remake(Entry& entry, Arguments arguments, std::vector<ObjectPtr>& results);
  void erase(Id id);
  void forget_gone();
  void forget_oldest();

  std::uint64_t limit_;
  std::map<Id, Entry> entries_;
  std::unordered_map<const ObjectState*, Maker> makers_;  // Of objects, some of which are gone.
  Id next_id_ = 1;
  std::uint64_t bytes_ = 0;
  std::size_t forget_at_ = 64;  // How many entries there may be before it is looked for those that are gone.
};

}  // namespace manta
