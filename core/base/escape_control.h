// SPDX-License-Identifier: Apache-2.0
// Text that others wrote, made harmless for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace manta {

/// `text` with control characters (and what is not UTF-8) written as \n, \t or \x1b, so that it can neither move the
/// cursor nor break a line. `kept` are characters that stay as they are.
std::string escape_control(std::string_view text, std::string_view kept = {});

}  // namespace manta
