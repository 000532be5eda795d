// SPDX-License-Identifier: Apache-2.0
#include "searchers/model_searcher.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "searchers/internal/seed_snapshot.h"

namespace manta {

namespace {

using Json = nlohmann::json;

constexpr std::uint32_t kStream = static_cast<std::uint32_t>(hash_name("searchers/model"));
constexpr int kNeighbours = 64;   // Tried before any point will do.
constexpr int kStrangers = 1024;  // Tried before a configuration comes again.

}  // namespace

ModelSearcher::ModelSearcher(std::string class_name, Space space, const Objective& objective, std::uint64_t seed,
                             const std::function<std::unique_ptr<internal::Proposer>(const UnitCube&)>& make)
    : class_name_(std::move(class_name)),
      cube_(std::make_unique<const UnitCube>(std::move(space))),
      seed_(seed),
      history_(*cube_, objective),
      proposer_(make(*cube_)) {}

Result<std::optional<Config>> ModelSearcher::ask(TrialId trial) {
  RandomStream random(seed_, static_cast<std::uint64_t>(trial.number), kStream);
  const std::optional<UnitCube::Point> point = new_near(proposer_->propose(history_, random), random);
  Config config;
  if (point) {
    config = cube_->decode(*point);
  } else {
    // Hardly any point keeps the constraints: whatever does will do.
    MANTA_ASSIGN_OR_RETURN(config, sample(cube_->space(), seed_, trial.number));
  }
  history_.suggest(trial, cube_->encode(config));
  return std::optional<Config>(std::move(config));
}

// `point` itself where it is new and keeps the constraints; none if no feasible point was found.
std::optional<UnitCube::Point> ModelSearcher::new_near(UnitCube::Point point, RandomStream& random) const {
  if (cube_->size() == 0) return point;
  std::optional<UnitCube::Point> feasible;
  UnitCube::Point tried = point;
  for (int i = 0; i < kNeighbours + kStrangers; ++i) {
    if (cube_->is_feasible(tried)) {
      if (!history_.contains(cube_->snap(tried))) return tried;
      if (!feasible) feasible = tried;
    }
    tried = point;
    if (i < kNeighbours) {
      tried[random.below(tried.size())] = random.uniform();
      continue;
    }
    for (double& u : tried) u = random.uniform();
  }
  return feasible;
}

Snapshot ModelSearcher::save() const {
  const Json state = {{"seed", seed_},
                      {"space", internal::fingerprint(cube_->space())},
                      {"trials", Json::parse(history_.to_json())},
                      {"model", Json::parse(proposer_->save())}};
  return {Json{{class_name_, state}}.dump()};
}

Result<void> ModelSearcher::restore(const Snapshot& snapshot) {
  const Json json = Json::parse(snapshot.json, nullptr, /*allow_exceptions=*/false);
  MANTA_RETURN_IF_ERROR(
      internal::check_frame(class_name_, cube_->space(), snapshot, {"seed", "space", "trials", "model"}));
  const Json& state = json[class_name_];
  internal::History history = history_;
  if (const Result<void> loaded = history.load(state["trials"].dump()); !loaded)
    return internal::refused(class_name_, loaded.error().message);
  if (const Result<void> loaded = proposer_->load(state["model"].dump()); !loaded)
    return internal::refused(class_name_, loaded.error().message);
  history_ = std::move(history);
  seed_ = state["seed"].get<std::uint64_t>();
  return {};
}

}  // namespace manta
