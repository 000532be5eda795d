// SPDX-License-Identifier: Apache-2.0
// Errors that come from workers.
#pragma once

#include <cstdint>

#include "core/net/message.h"

namespace manta {

/// The error of `message`, whose sender says that its code has this number: kInternal, if no code has.
inline Error sent_error(std::uint64_t number, const Message& message) {
  constexpr auto kLast = static_cast<std::uint64_t>(ErrorCode::kInternal);
  return {number <= kLast ? static_cast<ErrorCode>(number) : ErrorCode::kInternal, message.text()};
}

}  // namespace manta
