// SPDX-License-Identifier: Apache-2.0
// "did you mean …?"
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace manta {

/// The candidate that `text` is most likely a slip of, or none if all are too far: more than a third of its letters
/// wrong. Distance: optimal string alignment (insert, delete, replace, swap neighbours).
std::optional<std::string> nearest_name(std::string_view text, const std::vector<std::string>& candidates);

/// "; did you mean \"x\"?", or "" when nothing is near.
std::string did_you_mean(std::string_view text, const std::vector<std::string>& candidates);

}  // namespace manta
