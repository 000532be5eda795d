// SPDX-License-Identifier: Apache-2.0
#include "searchers/cma_es/cma_es_proposer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

namespace manta::internal {

namespace {

using Json = nlohmann::json;
using State = TrialRecord::State;

constexpr double kDeviation = 1. / 6;  // Of the unit cube, at first.
constexpr int kChoicesOnly = 10;       // Trials of a generation where nothing but choices varies.
constexpr int kRedraws = 10;
constexpr double kNarrow = 1e-9;  // Where a run is over, in units of the cube.
constexpr double kMaxCondition = 1e14;
constexpr double kChoiceRate = 0.15;
constexpr std::size_t kMostTries = 5;  // Populations, in which half of one has a value.
constexpr std::size_t kFlat = 20;  // Generations without any change of the best loss.

bool is_done(const TrialRecord& record) { return record.state != State::kPending && record.state != State::kReported; }

// Folds u into [0, 1].
double reflected(double u) {
  const double folded = std::fabs(std::remainder(u, 2));
  return std::clamp(folded, 0., 1.);
}

bool is_inside(const Eigen::VectorXd& point) { return point.minCoeff() >= 0 && point.maxCoeff() <= 1; }

}  // namespace

CmaEsProposer::CmaEsProposer(const UnitCube& cube) : cube_(&cube), chances_(cube.size()) {
  std::vector<double> least;
  for (std::size_t i = 0; i < cube.size(); ++i) {
    const Axis& axis = cube.axes()[i];
    if (axis.kind == AxisKind::kChoice) {
      chances_[i].assign(static_cast<std::size_t>(axis.levels), 1. / static_cast<double>(axis.levels));
      continue;
    }
    numbers_.push_back(i);
    // Half a level is left behind by one draw of twenty at least.
    least.push_back(axis.levels > 0 ? 0.25 / static_cast<double>(axis.levels) : 0);
  }
  least_ = Eigen::Map<const Eigen::VectorXd>(least.data(), static_cast<Eigen::Index>(least.size()));
}

UnitCube::Point CmaEsProposer::propose(const History& history, RandomStream& random) {
  if (runs_ == 0) begin_run(history, random);
  std::erase_if(members_, [&](const Member& member) { return member.place >= history.size(); });
  const auto population = static_cast<std::size_t>(strategy_ ? strategy_->population() : kChoicesOnly);
  std::size_t done = 0;
  std::size_t valued = 0;
  for (const Member& member : members_) {
    done += is_done(history[member.place]) ? 1 : 0;
    valued += history[member.place].state == State::kEnded ? 1 : 0;
  }
  if (done >= population && (valued >= population / 2 || done >= kMostTries * population)) {
    learn(history);
    if (is_over()) begin_run(history, random);
  }
  UnitCube::Point point = draw(random);
  members_.push_back({history.size(), point});
  ++spent_;
  return point;
}

// Large runs double their population, small ones begin narrow; whichever has spent less is next.
void CmaEsProposer::begin_run(const History& history, RandomStream& random) {
  (is_large_ ? spent_large_ : spent_small_) += std::exchange(spent_, 0);
  members_.clear();
  recent_.clear();
  for (std::vector<double>& chances : chances_) std::ranges::fill(chances, 1. / static_cast<double>(chances.size()));
  ++runs_;
  if (numbers_.empty()) return;
  CmaEs::Start start{.mean = std::vector<double>(numbers_.size(), 0.5), .deviation = kDeviation};
  if (runs_ == 1) {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < history.size(); ++i) {
      if (history[i].state == State::kEnded && (!best || history[i].loss < history[*best].loss)) best = i;
    }
    for (std::size_t i = 0; best && i < numbers_.size(); ++i) {
      const double u = history.point(*best)[numbers_[i]];
      if (!std::isnan(u)) start.mean[i] = u;
    }
  } else {
    for (double& u : start.mean) u = random.uniform();
    is_large_ = runs_ == 2 || spent_large_ <= spent_small_;
    const int first = CmaEs({.mean = start.mean}).population();
    if (is_large_) {
      start.population = std::min(2 * largest_, 1 << 16);
    } else {
      const double u = random.uniform();
      start.population = static_cast<int>(first * std::pow(0.5 * largest_ / first, u * u));
      start.deviation = kDeviation * std::pow(10, -2 * random.uniform());
    }
  }
  strategy_.emplace(start);
  if (is_large_) largest_ = strategy_->population();
}

void CmaEsProposer::learn(const History& history) {
  std::vector<const Member*> ranked;
  for (const Member& member : members_) {
    if (history[member.place].state == State::kEnded) ranked.push_back(&member);
  }
  std::ranges::stable_sort(ranked, {}, [&](const Member* member) { return history[member->place].loss; });
  if (strategy_ && !ranked.empty()) {
    std::vector<Eigen::VectorXd> points;
    for (const Member* member : ranked) {
      // Another point than was drawn may have been tried in its place.
      const auto tried = history.point(member->place);
      const UnitCube::Point snapped = cube_->snap(member->drawn);
      Eigen::VectorXd& point = points.emplace_back(static_cast<Eigen::Index>(numbers_.size()));
      for (std::size_t i = 0; i < numbers_.size(); ++i) {
        const std::size_t axis = numbers_[i];
        const bool is_as_drawn = snapped[axis] == tried[axis] || std::isnan(tried[axis]);
        point[static_cast<Eigen::Index>(i)] = is_as_drawn ? member->drawn[axis] : tried[axis];
      }
    }
    strategy_->learn(points);
  }
  if (!ranked.empty()) learn_choices(history, ranked);
  recent_.push_back(ranked.empty() ? std::numeric_limits<double>::infinity() : history[ranked.front()->place].loss);
  if (recent_.size() > kFlat) recent_.erase(recent_.begin());
  members_.clear();
}

void CmaEsProposer::learn_choices(const History& history, const std::vector<const Member*>& ranked) {
  const std::size_t better = std::max<std::size_t>(1, ranked.size() / 2);
  for (std::size_t axis = 0; axis < chances_.size(); ++axis) {
    std::vector<double>& chances = chances_[axis];
    if (chances.empty()) continue;
    const double levels = static_cast<double>(chances.size());
    for (double& chance : chances) chance *= 1 - kChoiceRate;
    for (std::size_t i = 0; i < better; ++i) {
      const double u = history.point(ranked[i]->place)[axis];
      const auto level = static_cast<std::size_t>((std::isnan(u) ? 0.5 : u) * levels);
      chances[std::min(level, chances.size() - 1)] += kChoiceRate / static_cast<double>(better);
    }
    const double least = 0.1 / static_cast<double>(cube_->size()) / levels;
    double sum = 0;
    for (double& chance : chances) sum += chance = std::max(chance, least);
    for (double& chance : chances) chance /= sum;
  }
}

bool CmaEsProposer::is_over() const {
  if (recent_.size() == kFlat && std::ranges::max(recent_) <= std::ranges::min(recent_)) return true;
  return strategy_ && (strategy_->widest() < kNarrow || !(strategy_->condition() < kMaxCondition));
}

UnitCube::Point CmaEsProposer::draw(RandomStream& random) const {
  UnitCube::Point point(cube_->size());
  if (strategy_) {
    Eigen::VectorXd drawn = strategy_->draw(random, least_);
    for (int i = 0; i < kRedraws && !is_inside(drawn); ++i) drawn = strategy_->draw(random, least_);
    for (std::size_t i = 0; i < numbers_.size(); ++i)
      point[numbers_[i]] = reflected(drawn[static_cast<Eigen::Index>(i)]);
  }
  for (std::size_t axis = 0; axis < point.size(); ++axis) {
    const std::vector<double>& chances = chances_[axis];
    if (chances.empty()) continue;
    double left = random.uniform();
    std::size_t level = 0;
    while (level + 1 < chances.size() && left >= chances[level]) left -= chances[level++];
    point[axis] = (static_cast<double>(level) + 0.5) / static_cast<double>(chances.size());
  }
  return point;
}

std::string CmaEsProposer::save() const {
  Json members = Json::array();
  for (const Member& member : members_) members.push_back({member.place, member.drawn});
  return Json{{"strategy", strategy_ ? Json(strategy_->numbers()) : Json()},
              {"chances", chances_},
              {"members", members},
              {"runs", {spent_, runs_, is_large_ ? 1 : 0, largest_, spent_large_, spent_small_}},
              {"recent", recent_}}
      .dump();
}

Result<void> CmaEsProposer::load(std::string_view json) {
  const Error damaged{ErrorCode::kInvalidArgument, "its model is damaged"};
  try {
    const Json state = Json::parse(json);
    CmaEsProposer loaded(*cube_);
    if (!state.at("strategy").is_null()) {
      loaded.strategy_ = CmaEs::from(state.at("strategy").get<std::vector<double>>());
      const std::size_t d = numbers_.size();
      if (!loaded.strategy_ || state.at("strategy").at(0) != d) return damaged;
    }
    const auto chances = state.at("chances").get<std::vector<std::vector<double>>>();
    const auto runs = state.at("runs").get<std::vector<std::int64_t>>();
    if (chances.size() != chances_.size() || runs.size() != 6) return damaged;
    for (std::size_t i = 0; i < chances.size(); ++i) {
      if (chances[i].size() != chances_[i].size()) return damaged;
    }
    for (const Json& member : state.at("members")) {
      loaded.members_.push_back({member.at(0).get<std::size_t>(), member.at(1).get<UnitCube::Point>()});
      if (loaded.members_.back().drawn.size() != cube_->size()) return damaged;
    }
    loaded.chances_ = chances;
    loaded.spent_ = runs[0];
    loaded.runs_ = runs[1];
    loaded.is_large_ = runs[2] != 0;
    loaded.largest_ = static_cast<int>(runs[3]);
    loaded.spent_large_ = runs[4];
    loaded.spent_small_ = runs[5];
    for (const Json& loss : state.at("recent")) {
      loaded.recent_.push_back(loss.is_null() ? std::numeric_limits<double>::infinity() : loss.get<double>());
    }
    if (loaded.runs_ > 0 && !numbers_.empty() && !loaded.strategy_) return damaged;
    *this = std::move(loaded);
    return {};
  } catch (const Json::exception&) {
    return damaged;
  }
}

}  // namespace manta::internal
