// SPDX-License-Identifier: Apache-2.0
#include "searchers/model_searcher.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "searchers/internal/seed_snapshot.h"

namespace manta {

namespace {

using Json = nlohmann::json;

constexpr std::uint32_t kStream = static_cast<std::uint32_t>(hash_name("searchers/model"));
constexpr int kNeighbours = 64;   // Tried before any point will do.
constexpr int kStrangers = 1024;  // Tried before a configuration comes again.

// Where the levels of `axis` lie on it.
std::vector<double> levels_of(const Axis& axis, const Parameter& parameter) {
  std::vector<double> levels;
  const auto* whole = std::get_if<IntDomain>(&parameter.domain);
  for (std::int64_t level = 0; level < axis.levels; ++level) {
    // Those of a logarithm are not equally wide.
    levels.push_back(whole != nullptr && whole->log
                         ? position_of(parameter.domain, Value(whole->low + level))
                         : (static_cast<double>(level) + 0.5) / static_cast<double>(axis.levels));
  }
  return levels;
}

}  // namespace

ModelSearcher::ModelSearcher(std::string class_name, const SearcherSetup& setup,
                             const std::function<std::unique_ptr<internal::Proposer>(const UnitCube&)>& make)
    : class_name_(std::move(class_name)),
      cube_(std::make_unique<const UnitCube>(*setup.space)),
      seed_(setup.seed),
      history_(*cube_, setup.objective, setup.further),
      proposer_(make(*cube_)) {
  // Trial 0 is the default configuration (first_points()), and nobody asks here for it: it is known from the beginning,
  // so that it is not suggested again while it runs.
  const std::optional<Config> first = cube_->space().default_config();
  const bool is_users = std::ranges::any_of(cube_->space().parameters(),
                                            [](const Parameter& one) { return one.default_value.has_value(); });
  if (first && is_users) history_.suggest(TrialId{0}, cube_->encode(*first));
}

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
  const bool can_be_looked_through = cube_->configurations() <= kMostLookedThrough;
  std::optional<UnitCube::Point> feasible;
  UnitCube::Point tried = point;
  for (int i = 0; i < kNeighbours + (can_be_looked_through ? 0 : kStrangers); ++i) {
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
  if (!can_be_looked_through) return feasible;
  std::optional<UnitCube::Point> left = nearest_left(point);
  return left ? left : feasible;
}

std::optional<UnitCube::Point> ModelSearcher::nearest_left(const UnitCube::Point& point) const {
  std::optional<UnitCube::Point> nearest;
  double least = std::numeric_limits<double>::infinity();
  UnitCube::Point at(cube_->size());
  std::vector<std::vector<double>> levels;
  for (const Axis& axis : cube_->axes()) levels.push_back(levels_of(axis, *cube_->space().find(axis.name)));
  for (std::int64_t number = 0; number < cube_->configurations(); ++number) {
    auto rest = static_cast<std::size_t>(number);
    for (std::size_t axis = 0; axis < at.size(); ++axis) {
      at[axis] = levels[axis][rest % levels[axis].size()];
      rest /= levels[axis].size();
    }
    const double from_point = distance(at, point);
    if (from_point >= least || history_.contains(cube_->snap(at)) || !cube_->is_feasible(at)) continue;
    least = from_point;
    nearest = at;
  }
  return nearest;
}

double ModelSearcher::distance(const UnitCube::Point& a, const UnitCube::Point& b) const {
  double sum = 0;
  for (std::size_t axis = 0; axis < a.size(); ++axis) {
    const double difference = std::isnan(b[axis]) ? 0 : a[axis] - b[axis];
    const bool is_choice = cube_->axes()[axis].kind == AxisKind::kChoice;
    // Half a level at most is the same one.
    const double half = 0.5 / static_cast<double>(cube_->axes()[axis].levels);
    sum += is_choice ? (std::abs(difference) > half ? 1 : 0) : difference * difference;
  }
  return sum;
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
