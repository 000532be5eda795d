// SPDX-License-Identifier: Apache-2.0
#include "searchers/lhs_searcher.h"

#include <bit>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/check.h"
#include "core/base/random.h"
#include "searchers/internal/seed_snapshot.h"

namespace manta {

namespace {

using Json = nlohmann::json;

constexpr std::string_view kLhsSnapshot = "LhsSearcher";

// Where `index` < `size` goes in a permutation that `key` chooses, without a table: a Feistel network over the next
// power of four, walked until it comes back below `size` (Black and Rogaway, "Ciphers with arbitrary finite domains").
std::uint64_t permuted(std::uint64_t index, std::uint64_t size, std::uint64_t key) {
  const auto half = static_cast<unsigned>(std::bit_width(size) + 1) / 2;
  const std::uint64_t mask = (std::uint64_t{1} << half) - 1;
  do {
    std::uint64_t left = index >> half;
    std::uint64_t right = index & mask;
    for (std::uint32_t round = 0; round < 4; ++round) {
      left = std::exchange(right, left ^ (RandomStream(key, right, round)() & mask));
    }
    index = left << half | right;
  } while (index >= size);
  return index;
}

}  // namespace

LhsSearcher::LhsSearcher(Space space, std::uint64_t seed, std::int64_t samples)
    : cube_(std::move(space)), seed_(seed), samples_(static_cast<std::uint64_t>(samples)) {
  MANTA_CHECK(samples >= 1, "there is one stratum at least");
}

Result<std::optional<Config>> LhsSearcher::ask(TrialId trial) {
  const auto number = static_cast<std::uint64_t>(trial.number);
  UnitCube::Point point(cube_.size());
  for (std::size_t i = 0; i < point.size(); ++i) {
    const std::uint64_t axis = hash_name("searchers/lhs/" + cube_.axes()[i].name);
    const std::uint64_t round = RandomStream(seed_ ^ axis, number / samples_)();
    const double stratum = static_cast<double>(permuted(number % samples_, samples_, round));
    point[i] = (stratum + RandomStream(seed_, axis ^ number).uniform()) / static_cast<double>(samples_);
  }
  if (cube_.is_feasible(point)) return std::optional<Config>(cube_.decode(point));
  MANTA_ASSIGN_OR_RETURN(Config drawn, sample(cube_.space(), seed_, trial.number));
  return std::optional<Config>(std::move(drawn));
}

Snapshot LhsSearcher::save() const {
  const Json state = {{"seed", seed_}, {"space", internal::fingerprint(cube_.space())}, {"samples", samples_}};
  return {Json{{kLhsSnapshot, state}}.dump()};
}

Result<void> LhsSearcher::restore(const Snapshot& snapshot) {
  MANTA_RETURN_IF_ERROR(internal::check_frame(kLhsSnapshot, cube_.space(), snapshot, {"seed", "space", "samples"}));
  const Json state = Json::parse(snapshot.json)[kLhsSnapshot];
  if (!state["samples"].is_number_unsigned() || state["samples"] == 0) {
    return internal::refused(kLhsSnapshot, "it is damaged");
  }
  seed_ = state["seed"].get<std::uint64_t>();
  samples_ = state["samples"].get<std::uint64_t>();
  return {};
}

}  // namespace manta
