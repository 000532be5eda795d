// SPDX-License-Identifier: Apache-2.0
// One call of a function, constructor or method, from the moment it is made.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/net/message.h"
#include "core/node/object_state.h"
#include "core/placement/resources.h"

namespace manta {

/// A value, or an object that may still be pending.
using Argument = std::variant<EncodedValue, ObjectPtr>;

/// After which errors, and how often, a call is made again.
struct RetryRule {
  int left = 0;
  std::vector<ErrorCode> after;

  /// Takes one of the tries, if `code` allows it.
  bool take(ErrorCode code) {
    if (left == 0 || std::find(after.begin(), after.end(), code) == after.end()) return false;
    --left;
    return true;
  }
};

struct Call {
  MessageType type = MessageType::kRunTask;
  std::uint64_t function = 0;
  std::string_view name;  ///< Of the function; lives as long as the program.
  std::vector<Argument> arguments;
  ObjectPtr result;
  RetryRule retry;
  Resources resources;  ///< Of a task: what it needs while it runs.
  std::string label;    ///< Of a task: what ps and messages call it.

  /// The first argument object that is still pending, or null.
  ObjectPtr pending_argument() const {
    for (const Argument& argument : arguments)
      if (const auto* object = std::get_if<ObjectPtr>(&argument); object != nullptr && !(*object)->is_ready())
        return *object;
    return nullptr;
  }
  /// The error of the first argument that failed, or null. Only when none is pending.
  const Error* failed_argument() const {
    for (const Argument& argument : arguments)
      if (const auto* object = std::get_if<ObjectPtr>(&argument); object != nullptr && !(*object)->outcome())
        return &(*object)->outcome().error();
    return nullptr;
  }
};

}  // namespace manta
