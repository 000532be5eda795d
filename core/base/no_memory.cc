// SPDX-License-Identifier: Apache-2.0
#include "core/base/no_memory.h"

#include <string>

namespace manta {
namespace {

Error error_for(std::string_view what) {
  return {ErrorCode::kExhausted,
          "no memory for " + std::string(what) + ": this process gets no more (bad_alloc); let go of some, and retry"};
}

}  // namespace

// So small a thing often finds a place where a larger one did not.
Error no_memory_error(std::string_view what) noexcept {
  try {
    const MemoryReserve::Pause pause;
    return error_for(what);
  } catch (const std::bad_alloc&) {
  }
  try {
    const MemoryReserve::Use reserve;
    if (MemoryReserve::is_whole()) return error_for(what);
  } catch (const std::bad_alloc&) {  // The operator new of the program does not call the handler.
  }
  return {ErrorCode::kExhausted, "bad_alloc"};  // So short a text needs no memory.
}

}  // namespace manta
