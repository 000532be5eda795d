// SPDX-License-Identifier: Apache-2.0
// "did you mean …?" for whoever mistyped a name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace manta {

/// `; did you mean "x"?` with the candidate nearest to `text`, or "" if more than a third of its letters are wrong in
/// all. Distance: optimal string alignment (insert, delete, replace, swap neighbours).
std::string did_you_mean(std::string_view text, const std::vector<std::string>& candidates);

}  // namespace manta
