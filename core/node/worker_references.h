// SPDX-License-Identifier: Apache-2.0
// The objects and actors that one worker has references to.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/net/message.h"
#include "core/objects/reference.h"

namespace manta {

/// Keeps what the worker refers to, each with how often the worker has been given it; it gives back as often.
///
/// Thread-safety: none.
class WorkerReferences {
 public:
  void add(const ObjectId& id, ObjectPtr object) {
    Held<ObjectPtr>& held = objects_[id];
    held.target = std::move(object);
    ++held.count;
  }
  void add(std::uint64_t actor, ActorPtr lease) {
    Held<ActorPtr>& held = actors_[actor];
    held.target = std::move(lease);
    ++held.count;
  }
  /// What the worker means by `id`; null if it has no such object.
  ObjectPtr object(const ObjectId& id) const {
    const auto it = objects_.find(id);
    return it == objects_.end() ? nullptr : it->second.target;
  }
  ActorPtr actor(std::uint64_t id) const {
    const auto it = actors_.find(id);
    return it == actors_.end() ? nullptr : it->second.target;
  }
  /// None: the worker has no such thing.
  std::optional<Reference> find(const WireReference& name) const {
    if (name.kind == WireReference::kActor) {
      ActorPtr lease = actor(name.id.number);
      return lease ? std::optional<Reference>(std::move(lease)) : std::nullopt;
    }
    ObjectPtr known = object(name.id);
    return known ? std::optional<Reference>(std::move(known)) : std::nullopt;
  }
  /// The worker lets go of `count` references. False: it does not have as many.
  bool drop_object(const ObjectId& id, std::uint64_t count) { return drop(objects_, id, count); }
  bool drop_actor(std::uint64_t id, std::uint64_t count) { return drop(actors_, id, count); }

  std::size_t object_count() const { return objects_.size(); }
  /// `visit(object, count)` for each.
  template <class Visit>
  void for_each_object(Visit&& visit) const {
    for (const auto& [id, held] : objects_) visit(held.target, held.count);
  }

 private:
  template <class Target>
  struct Held {
    Target target;
    std::uint64_t count = 0;
  };

  template <class Map, class Key>
  static bool drop(Map& map, const Key& key, std::uint64_t count) {
    const auto it = map.find(key);
    if (it == map.end() || it->second.count < count) return false;
    it->second.count -= count;
    if (it->second.count == 0) map.erase(it);
    return true;
  }

  std::unordered_map<ObjectId, Held<ObjectPtr>, ObjectIdHash> objects_;
  std::unordered_map<std::uint64_t, Held<ActorPtr>> actors_;
};

}  // namespace manta
