// SPDX-License-Identifier: Apache-2.0
#include "searchers/gp/gp_proposer.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "searchers/gp/acquisition.h"
#include "searchers/gp/minimize.h"
#include "searchers/gp/output_warp.h"

namespace manta::gp {

namespace {

using Json = nlohmann::json;
using internal::History;
using internal::TrialRecord;
using Point = UnitCube::Point;

constexpr std::int64_t kMaxListed = 2048;  // Configurations that are all looked at.
constexpr std::int64_t kFewLevels = 20;    // An axis with more is searched as if it were continuous.
constexpr std::size_t kRandomPoints = 400;
constexpr std::size_t kBestTrials = 5;  // Whose neighbours are looked at.
constexpr std::size_t kStarts = 4;      // Of local search.
constexpr std::size_t kLeastFirst = 4;  // Random points before there is a model.
constexpr std::size_t kMostFirst = 10;
constexpr int kRounds = 20;
constexpr int kFirstFit = 40;  // Evaluations of the likelihood.
constexpr int kNextFit = 12;
constexpr std::size_t kOften = 60;        // Up to so many trials there is a fit after each.
constexpr std::size_t kSeldom = 16;       // Then after each growth by one in so many.
constexpr std::size_t kMostTrials = 600;  // More are not looked at.
constexpr std::size_t kGains = 3;         // Proposals that expected_gain() speaks for.

std::vector<AxisKind> kinds_of(const UnitCube& cube) {
  std::vector<AxisKind> kinds;
  for (const Axis& axis : cube.axes()) {
    kinds.push_back(axis.kind == manta::AxisKind::kChoice ? AxisKind::kChoice : AxisKind::kNumber);
  }
  return kinds;
}

bool is_relaxed(const Axis& axis) {
  return axis.kind != manta::AxisKind::kChoice && (axis.levels == 0 || axis.levels > kFewLevels);
}

Point random_point(std::size_t dimensions, RandomStream& random) {
  Point point(dimensions);
  for (double& u : point) u = random.uniform();
  return point;
}

double middle(std::int64_t level, std::int64_t levels) {
  return (static_cast<double>(level) + 0.5) / static_cast<double>(levels);
}

// An axis that does not take part lies in the middle, or, of a choice, apart from all others.
Point without_gaps(std::span<const double> point, std::span<const AxisKind> kinds) {
  Point whole(point.begin(), point.end());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (std::isnan(whole[i])) whole[i] = kinds[i] == AxisKind::kChoice ? -1 : 0.5;
  }
  return whole;
}

}  // namespace

// One maximisation of the acquisition function.
class GpProposer::Search {
 public:
  Search(const GpProposer& owner, const History& history, double best, RandomStream& random)
      : cube_(owner.cube_),
        process_(owner.process_),
        feasibility_(owner.feasibility_),
        history_(history),
        best_(best),
        random_(random) {}

  Point run(const std::vector<Point>& best_trials) {
    if (cube_.configurations() <= kMaxListed) {
      add_all();
    } else {
      for (std::size_t i = 0; i < kRandomPoints; ++i) add(random_point(cube_.size(), random_));
      for (const Point& point : best_trials) {
        add_neighbours(point);
        add_perturbed(point);
      }
    }
    score_pool();
    if (pool_.empty()) return random_point(cube_.size(), random_);
    if (cube_.configurations() > kMaxListed) return climb_from_best();
    const std::size_t best = order().front();
    log_gain_ = scores_[best];
    return pool_[best];
  }

  /// The logarithm of what is expected of the point that run() found; none: there was nothing to choose from.
  std::optional<double> log_gain() const { return log_gain_; }

 private:
  void add(const Point& point) {
    if (!cube_.is_feasible(point)) return;
    Point snapped = cube_.snap(point);
    if (!history_.contains(snapped)) pool_.push_back(std::move(snapped));
  }

  void add_all() {
    Point point(cube_.size());
    const std::int64_t count = cube_.configurations();
    for (std::int64_t code = 0; code < count; ++code) {
      std::int64_t rest = code;
      for (std::size_t i = 0; i < point.size(); ++i) {
        point[i] = middle(rest % cube_.axes()[i].levels, cube_.axes()[i].levels);
        rest /= cube_.axes()[i].levels;
      }
      add(point);
    }
  }

  // All that differ in one listed axis.
  void add_neighbours(const Point& point) {
    Point other = point;
    for (std::size_t i = 0; i < point.size(); ++i) {
      const Axis& axis = cube_.axes()[i];
      if (is_relaxed(axis)) continue;
      const std::int64_t tries = std::min(axis.levels, kFewLevels);
      for (std::int64_t k = 0; k < tries; ++k) {
        const std::int64_t level =
            axis.levels <= kFewLevels
                ? k
                : static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(axis.levels)));
        other[i] = middle(level, axis.levels);
        if (other[i] != point[i]) add(other);
      }
      other[i] = point[i];
    }
  }

  // Some whose relaxed axes are moved, more and less; with many axes only a few of them each time (Regis and Shoemaker
  // 2013).
  void add_perturbed(const Point& point) {
    const double share = std::min(1.0, 20.0 / static_cast<double>(point.size()));
    for (int k = 0; k < 40; ++k) {
      Point other = point;
      const double deviation = 0.3 * std::pow(10.0, -3 * random_.uniform());
      for (std::size_t i = 0; i < point.size(); ++i) {
        const Axis& axis = cube_.axes()[i];
        if (is_relaxed(axis)) {
          if (random_.uniform() < share) other[i] = std::clamp(point[i] + deviation * random_.normal(), 0.0, 1.0);
        } else if (random_.uniform() < 1.0 / static_cast<double>(point.size())) {
          other[i] = random_.uniform();
        }
      }
      add(other);
    }
  }

  double score_of(const Point& point, const Prediction& prediction) const {
    return log_expected_improvement(prediction.mean, std::sqrt(prediction.variance), best_).value +
           std::log(feasibility_.probability(point));
  }

  void score_pool() {
    PointSet points(cube_.size());
    for (std::size_t i = scores_.size(); i < pool_.size(); ++i) points.add(without_gaps(pool_[i], process_.kinds()));
    for (const Prediction& prediction : process_.predict(points)) {
      scores_.push_back(score_of(pool_[scores_.size()], prediction));
    }
  }

  std::vector<std::size_t> order() const {
    std::vector<std::size_t> order(pool_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, [this](std::size_t a, std::size_t b) { return scores_[a] > scores_[b]; });
    return order;
  }

  Point climb_from_best() {
    const std::vector<std::size_t> best = order();
    std::vector<std::pair<Point, double>> starts;
    for (std::size_t i = 0; i < best.size() && starts.size() < kStarts; ++i) {
      starts.emplace_back(pool_[best[i]], scores_[best[i]]);
    }
    std::pair<Point, double> found = starts.front();
    for (auto& [point, score] : starts) {
      climb(point, score);
      if (score > found.second) found = {point, score};
    }
    log_gain_ = found.second;
    return found.first;
  }

  void climb(Point& point, double& score) {
    for (int round = 0; round < kRounds; ++round) {
      const double before = score;
      slide(point, score);
      exchange(point, score);
      if (score <= before + 1e-4) break;
    }
  }

  // To the best of all neighbours.
  void exchange(Point& point, double& score) {
    pool_.clear();
    scores_.clear();
    add_neighbours(point);
    score_pool();
    const auto best = std::ranges::max_element(scores_);
    if (best == scores_.end() || *best <= score) return;
    score = *best;
    point = pool_[static_cast<std::size_t>(best - scores_.begin())];
  }

  // Uphill along the relaxed axes.
  void slide(Point& point, double& score) {
    std::vector<std::size_t> relaxed;
    for (std::size_t i = 0; i < point.size(); ++i) {
      if (is_relaxed(cube_.axes()[i])) relaxed.push_back(i);
    }
    if (relaxed.empty()) return;
    Point at = without_gaps(point, process_.kinds());
    std::vector<double> by_mean(point.size());
    std::vector<double> by_variance(point.size());
    const auto downhill = [&](const std::vector<double>& moved, std::vector<double>& gradient) {
      for (std::size_t i = 0; i < relaxed.size(); ++i) at[relaxed[i]] = moved[i];
      const Prediction prediction = process_.predict(at, by_mean, by_variance);
      const double deviation = std::sqrt(prediction.variance);
      const LogImprovement improvement = log_expected_improvement(prediction.mean, deviation, best_);
      for (std::size_t i = 0; i < relaxed.size(); ++i) {
        gradient[i] = -(improvement.by_mean * by_mean[relaxed[i]] +
                        improvement.by_deviation * by_variance[relaxed[i]] / (2 * deviation));
      }
      return -improvement.value;
    };
    std::vector<double> start;
    for (const std::size_t i : relaxed) start.push_back(at[i]);
    const std::vector<double> low(relaxed.size(), 0.0);
    const std::vector<double> high(relaxed.size(), 1.0);
    const Minimum minimum = minimize(downhill, start, low, high, 30);
    for (std::size_t i = 0; i < relaxed.size(); ++i) at[relaxed[i]] = minimum.at[i];
    const Point snapped = cube_.snap(at);
    if (history_.contains(snapped) || !cube_.is_feasible(snapped)) return;
    const double reached = score_of(snapped, process_.predict(without_gaps(snapped, process_.kinds())));
    if (reached <= score) return;
    point = snapped;
    score = reached;
  }

  const UnitCube& cube_;
  const GaussianProcess& process_;
  const internal::Feasibility& feasibility_;
  const History& history_;
  double best_;
  RandomStream& random_;
  std::vector<Point> pool_;
  std::vector<double> scores_;
  std::optional<double> log_gain_;
};

GpProposer::GpProposer(const UnitCube& cube) : cube_(cube), process_(kinds_of(cube)), feasibility_(cube) {}

UnitCube::Point GpProposer::propose(const History& history, RandomStream& random) {
  if (cube_.size() == 0) return {};
  if (history.valued() < std::clamp(cube_.size() / 2 + 2, kLeastFirst, kMostFirst)) {
    return random_point(cube_.size(), random);
  }
  learn(history);
  feasibility_.learn(history);
  std::vector<std::pair<double, std::size_t>> losses;
  PointSet pending(cube_.size());
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (history[i].has_value()) losses.emplace_back(history[i].loss, i);
    if (history[i].state == TrialRecord::State::kPending) pending.add(without_gaps(history.point(i), process_.kinds()));
  }
  std::ranges::sort(losses);
  const double best = process_.least_mean();
  std::vector<Point> best_trials;
  for (std::size_t i = 0; i < std::min(kBestTrials, losses.size()); ++i) {
    best_trials.push_back(without_gaps(history.point(losses[i].second), process_.kinds()));
  }
  if (pending.size() > 0) process_.believe(pending);
  Search search(*this, history, best, random);
  Point point = search.run(best_trials);
  if (const std::optional<double> log_gain = search.log_gain()) gains_.push_back(std::exp(*log_gain) * loss_per_value_);
  if (gains_.size() > kGains) gains_.pop_front();
  return point;
}

std::optional<double> GpProposer::expected_gain(const History&) const {
  if (gains_.size() < kGains) return std::nullopt;
  return *std::ranges::max_element(gains_);
}

// Places of the trials that the process learns from. Of too many: the best half, then the newest.
std::vector<std::size_t> GpProposer::chosen_trials(const History& history) {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (history[i].has_value()) all.push_back(i);
  }
  if (all.size() <= kMostTrials) return all;
  std::vector<std::size_t> chosen = all;
  std::ranges::stable_sort(chosen, {}, [&](std::size_t i) { return history[i].loss; });
  chosen.resize(kMostTrials / 2);
  std::ranges::sort(chosen);
  std::vector<std::size_t> newest;
  for (auto place = all.rbegin(); place != all.rend() && newest.size() < kMostTrials / 2; ++place) {
    if (!std::ranges::binary_search(chosen, *place)) newest.push_back(*place);
  }
  chosen.insert(chosen.end(), newest.rbegin(), newest.rend());
  return chosen;
}

void GpProposer::learn(const History& history) {
  PointSet points(cube_.size());
  std::vector<double> losses;
  for (const std::size_t i : chosen_trials(history)) {
    points.add(without_gaps(history.point(i), process_.kinds()));
    losses.push_back(history[i].loss);
  }
  const OutputWarp warp(losses);
  loss_per_value_ = warp.loss_per_value(*std::ranges::min_element(losses));
  std::vector<double> values;
  for (const double loss : losses) values.push_back(warp.value_of(loss));
  const std::size_t due = fitted_ < kOften ? fitted_ + 1 : fitted_ + fitted_ / kSeldom;
  if (fitted_ > 0 && history.valued() < due) return process_.condition(std::move(points), std::move(values));
  process_.fit(std::move(points), std::move(values), fitted_ == 0 ? kFirstFit : kNextFit);
  fitted_ = history.valued();
}

std::string GpProposer::save() const {
  const Hyperparameters& parameters = process_.hyperparameters();
  return Json{{"fitted", fitted_},
              {"gains", gains_},
              {"weights", parameters.weights},
              {"others", {parameters.joint, parameters.additive, parameters.reach, parameters.noise}}}
      .dump();
}

Result<void> GpProposer::load(std::string_view json) {
  const Json state = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  const auto are_positive = [](const Json& numbers, std::size_t count) {
    return numbers.is_array() && numbers.size() == count && std::ranges::all_of(numbers, [](const Json& number) {
             return number.is_number() && number.get<double>() > 0;
           });
  };
  const Json gains = state.is_object() ? state.value("gains", Json()) : Json();
  const bool has_gains = gains.is_array() && gains.size() <= kGains &&
                         std::ranges::all_of(gains, [](const Json& gain) { return gain.is_number(); });
  const bool is_whole = state.is_object() && state.size() == 4 && has_gains && state.contains("fitted") &&
                        state["fitted"].is_number_unsigned() && state.contains("weights") &&
                        are_positive(state["weights"], cube_.size()) && state.contains("others") &&
                        are_positive(state["others"], 4);
  if (!is_whole) return Error{ErrorCode::kInvalidArgument, "its model is damaged"};
  fitted_ = state["fitted"].get<std::size_t>();
  gains_ = gains.get<std::deque<double>>();
  process_.set_hyperparameters({.weights = state["weights"].get<std::vector<double>>(),
                                .joint = state["others"][0].get<double>(),
                                .additive = state["others"][1].get<double>(),
                                .reach = state["others"][2].get<double>(),
                                .noise = state["others"][3].get<double>()});
  return {};
}

}  // namespace manta::gp
