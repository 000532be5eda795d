// SPDX-License-Identifier: Apache-2.0
// Which names are taken by living actors, on whatever node.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/did_you_mean.h"
#include "core/base/result.h"

namespace manta {

/// Names of actors, each with one living holder, whose GlobalId says on which node it is.
///
/// Thread-safety: none.
class ActorDirectory {
 public:
  /// Takes `name` for `actor`.
  /// Errors: kAlreadyExists: a living actor has it.
  Result<void> add(const std::string& name, std::uint64_t actor) {
    const auto [it, inserted] = actors_.emplace(name, actor);
    if (inserted) return {};
    return Error{ErrorCode::kAlreadyExists, "an actor named \"" + name + "\" is alive; choose another name or kill it"};
  }
  /// The actor that has `name`; 0: none.
  std::uint64_t find(const std::string& name) const {
    const auto it = actors_.find(name);
    return it == actors_.end() ? 0 : it->second;
  }
  /// Gives `name` back, if `actor` has it.
  void remove(const std::string& name, std::uint64_t actor) {
    const auto it = actors_.find(name);
    if (it != actors_.end() && it->second == actor) actors_.erase(it);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& [name, actor] : actors_) names.push_back(name);
    return names;
  }

 private:
  std::map<std::string, std::uint64_t> actors_;
};

}  // namespace manta
