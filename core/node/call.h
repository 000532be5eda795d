// SPDX-License-Identifier: Apache-2.0
// One call of a function, constructor or method, from the moment it is made.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "core/net/message.h"
#include "core/node/object_state.h"

namespace manta {

/// A value, or an object that may still be pending.
using Argument = std::variant<EncodedValue, ObjectPtr>;

struct Call {
  MessageType type = MessageType::kRunTask;
  std::uint64_t function = 0;
  std::string_view name;  ///< Of the function; lives as long as the program.
  std::vector<Argument> arguments;
  ObjectPtr result;

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
