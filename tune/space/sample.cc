// SPDX-License-Identifier: Apache-2.0
// A trial's values from counter-based streams.
#include "core/base/check.h"
#include "core/base/random.h"
#include "tune/space/space.h"

namespace manta {

Value draw(const Parameter& parameter, std::uint64_t seed, std::int64_t trial) {
  RandomStream stream(seed, static_cast<std::uint64_t>(trial), static_cast<std::uint32_t>(hash_name(parameter.name)));
  return value_at(parameter.domain, stream.uniform());
}

Config sample(const Space& space, std::uint64_t seed, std::int64_t trial, std::int64_t grid_index) {
  MANTA_CHECK(grid_index >= 0 && grid_index < space.grid_size(), "the grid index lies outside the grid");
  Config config;
  // From the last, because the last grid parameter varies fastest: its index is the lowest digit.
  for (auto parameter = space.parameters().rbegin(); parameter != space.parameters().rend(); ++parameter) {
    const auto* grid = std::get_if<GridDomain>(&parameter->domain);
    if (grid == nullptr) {
      config.set(parameter->name, draw(*parameter, seed, trial));
      continue;
    }
    const auto size = static_cast<std::int64_t>(grid->values.size());
    config.set(parameter->name, grid->values[static_cast<std::size_t>(grid_index % size)]);
    grid_index /= size;
  }
  return config;
}

}  // namespace manta
