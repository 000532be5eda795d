// SPDX-License-Identifier: Apache-2.0
// The unexpected death of an actor, as its owner is told of it.
#pragma once

#include <functional>
#include <string>

#include "core/base/error.h"

namespace manta {

struct ChildDeath {
  std::string name;  ///< ActorOptions::name; its class's, if it was given none.
  std::string type;  ///< Its class.
  int pid = 0;       ///< The process it lived in; 0: it never had one.
  int levels = 0;    ///< 0: this process made it; 1: an actor or task that this process made did; and so on.
  ErrorCode code = ErrorCode::kActorDied;
  std::string cause;  ///< As calls on it get it: exit code or signal, and the last lines it printed.

  template <class Archive>
  void serialize(Archive& archive) {
    archive(name, type, pid, levels, code, cause);
  }
};

/// Returns whether it has dealt with the death: if not, it goes one level up.
using ChildDeathHandler = std::function<bool(const ChildDeath&)>;

}  // namespace manta
