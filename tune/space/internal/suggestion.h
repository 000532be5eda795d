// SPDX-License-Identifier: Apache-2.0
// "did you mean …?" for the keys of a space and of a configuration.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace manta::internal {

/// `; did you mean "x"?` with the candidate nearest to `text`, or "" if more than a third of its letters are wrong in
/// all. Distance: optimal string alignment (insert, delete, replace, swap neighbours).
std::string suggestion(std::string_view text, const std::vector<std::string>& candidates);

}  // namespace manta::internal
