// SPDX-License-Identifier: Apache-2.0
#include "searchers/sobol_searcher.h"

#include <algorithm>
#include <boost/random/sobol.hpp>
#include <numeric>
#include <utility>

#include "core/base/random.h"
#include "searchers/internal/seed_snapshot.h"

namespace manta {

namespace {

constexpr std::string_view kSobolSnapshot = "SobolSearcher";
constexpr std::size_t kMaxDimensions = 3667;

std::uint32_t reversed(std::uint32_t bits) {
  bits = (bits >> 16) | (bits << 16);
  bits = ((bits & 0x00ff00ff) << 8) | ((bits & 0xff00ff00) >> 8);
  bits = ((bits & 0x0f0f0f0f) << 4) | ((bits & 0xf0f0f0f0) >> 4);
  bits = ((bits & 0x33333333) << 2) | ((bits & 0xcccccccc) >> 2);
  return ((bits & 0x55555555) << 1) | ((bits & 0xaaaaaaaa) >> 1);
}

// Flips each bit or not, by a hash of the seed and of all bits above it: bits are turned round, as multiplication
// carries upwards.
std::uint32_t scrambled(std::uint32_t bits, std::uint32_t seed) {
  std::uint32_t x = reversed(bits);
  x ^= x * 0x3d20adeau;
  x += seed;
  x *= (seed >> 16) | 1;
  x ^= x * 0x05526c56u;
  x ^= x * 0x53a22864u;
  return reversed(x);
}

}  // namespace

std::vector<std::uint32_t> sobol_point(std::uint32_t index, std::size_t dimensions) {
  std::vector<std::uint32_t> point(dimensions);
  if (index == 0 || dimensions == 0) return point;  // The engine leaves out the point of zeros.
  boost::random::sobol_engine<std::uint32_t, 32> engine(dimensions);
  engine.seed(index - 1);
  for (std::uint32_t& coordinate : point) coordinate = engine();
  return point;
}

SobolSearcher::SobolSearcher(Space space, std::uint64_t seed)
    : cube_(std::move(space)), order_(cube_.size()), seed_(seed) {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::ranges::sort(order_, {}, [this](std::size_t axis) { return cube_.axes()[axis].name; });
}

Result<std::optional<Config>> SobolSearcher::ask(TrialId trial) {
  const auto index = static_cast<std::uint32_t>(trial.number);
  const std::vector<std::uint32_t> sobol = sobol_point(index, std::min(cube_.size(), kMaxDimensions));
  UnitCube::Point point(cube_.size());
  for (std::size_t i = 0; i < point.size(); ++i) {
    const std::uint64_t axis = hash_name("searchers/sobol/" + cube_.axes()[order_[i]].name);
    if (i >= sobol.size()) {
      point[order_[i]] = RandomStream(seed_, axis, index).uniform();
      continue;
    }
    const auto seed = static_cast<std::uint32_t>(RandomStream(seed_, axis)());
    point[order_[i]] = (static_cast<double>(scrambled(sobol[i], seed)) + 0.5) / 0x1p32;
  }
  if (cube_.is_feasible(point)) return std::optional<Config>(cube_.decode(point));
  MANTA_ASSIGN_OR_RETURN(Config drawn, sample(cube_.space(), seed_, trial.number));
  return std::optional<Config>(std::move(drawn));
}

Snapshot SobolSearcher::save() const { return internal::save_seed(kSobolSnapshot, cube_.space(), seed_); }

Result<void> SobolSearcher::restore(const Snapshot& snapshot) {
  MANTA_ASSIGN_OR_RETURN(seed_, internal::restore_seed(kSobolSnapshot, cube_.space(), snapshot));
  return {};
}

}  // namespace manta
