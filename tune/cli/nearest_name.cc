// SPDX-License-Identifier: Apache-2.0
// Edit distance over short names.
#include "tune/cli/nearest_name.h"

#include <algorithm>

namespace manta {

namespace {

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replace});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::optional<std::string> nearest_name(std::string_view text, const std::vector<std::string>& candidates) {
  const std::string_view bounded = text.substr(0, 64);  // Names are short; a longer text is none of them.
  std::optional<std::string> nearest;
  std::size_t limit = std::max<std::size_t>(1, bounded.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t far = distance(bounded, candidate);
    if (far >= limit) continue;
    limit = far;
    nearest = candidate;
  }
  return nearest;
}

std::string did_you_mean(std::string_view text, const std::vector<std::string>& candidates) {
  const std::optional<std::string> nearest = nearest_name(text, candidates);
  return nearest ? "; did you mean \"" + *nearest + "\"?" : "";
}

}  // namespace manta
