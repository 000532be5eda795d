// SPDX-License-Identifier: Apache-2.0
#include "tune/trial/metrics.h"

#include <algorithm>

namespace manta {

void Metrics::set(std::string_view name, double value) {
  const auto place =
      std::find_if(entries_.begin(), entries_.end(), [name](const Entry& entry) { return entry.first == name; });
  if (place != entries_.end()) {
    place->second = value;
  } else {
    entries_.emplace_back(name, value);
  }
}

std::optional<double> Metrics::find(std::string_view name) const {
  for (const auto& [known, value] : entries_) {
    if (known == name) return value;
  }
  return std::nullopt;
}

}  // namespace manta
