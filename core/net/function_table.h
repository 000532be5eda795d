// SPDX-License-Identifier: Apache-2.0
// The functions that may be called from another process, by number.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/net/call_context.h"

namespace manta {

/// Runs one function: reads its arguments from the context and puts its result there.
using Invoker = void (*)(CallContext&);

/// What becomes of a call's results.
enum class FunctionKind {
  kPlain,      ///< They come with its answer.
  kGenerator,  ///< They come before it. What the first reference in the arguments is to becomes ready with the first.
};

struct FunctionEntry {
  Invoker invoke = nullptr;
  std::string_view name;
  FunctionKind kind = FunctionKind::kPlain;
};

/// Adds a function while the program loads; `name` lives as long as it. The number is made of the name and of where
/// `invoke` lies in its module, so it is the same in every process of the same binary, and differs for two functions of
/// one name in different files.
std::uint64_t register_function(Invoker invoke, std::string_view name, FunctionKind kind = FunctionKind::kPlain);

/// The function with this number, or null.
const FunctionEntry* find_function(std::uint64_t id);

}  // namespace manta
