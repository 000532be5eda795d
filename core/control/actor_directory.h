// SPDX-License-Identifier: Apache-2.0
// Which names are taken by living actors.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/base/result.h"

namespace manta {

/// Names of actors, each with one living holder.
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
  /// Gives `name` back, if `actor` has it.
  void remove(const std::string& name, std::uint64_t actor) {
    const auto it = actors_.find(name);
    if (it != actors_.end() && it->second == actor) actors_.erase(it);
  }

 private:
  std::map<std::string, std::uint64_t> actors_;
};

}  // namespace manta
