// SPDX-License-Identifier: Apache-2.0
#include "schedulers/internal/gain_model.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>
#include <vector>

namespace manta::internal {
namespace {

constexpr std::array<double, 3> kLengths{0.1, 0.25, 0.6};  // Times the root of the number of axes.
constexpr std::array<double, 2> kForgetting{0.03, 0.2};    // Share of the correlation lost per interval.
constexpr std::array<double, 2> kNoises{0.02, 0.3};        // Variance; that of all gains is about 1.
constexpr double kDeviations = 1;                          // Of the bound above the mean.
constexpr double kClip = 3;
constexpr int kFar = 256;
constexpr int kNear = 64;
constexpr int kFine = 32;
constexpr std::array<double, 3> kFineSteps{0.05, 0.02, 0.01};

// What the kernel sees of a gain.
struct Input {
  double time = 0;
  double rank = 0;  // Of its score among all, in [0, 1].
  UnitCube::Point point;
};

struct Kernel {
  double length = 0.2;
  double forgetting = 0.1;
  double noise = 0.1;
};

double squared_distance(const Input& one, const Input& other, const std::vector<Axis>& axes) {
  double sum = 0;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const double a = one.point[i];
    const double b = other.point[i];
    if (std::isnan(a) || std::isnan(b)) {
      sum += std::isnan(a) == std::isnan(b) ? 0 : 1;
    } else if (axes[i].kind == AxisKind::kChoice) {
      sum += a == b ? 0 : 1;
    } else {
      sum += (a - b) * (a - b);
    }
  }
  return sum / static_cast<double>(std::max<std::size_t>(1, axes.size()));
}

double quantile(const std::vector<double>& sorted, double share) {
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

/// One process, conditioned.
class Process {
 public:
  Process(const std::vector<Axis>& axes, std::vector<Input> inputs, Eigen::VectorXd values)
      : axes_(axes), inputs_(std::move(inputs)), values_(std::move(values)) {}

  void fit() {
    Kernel best;
    double highest = -std::numeric_limits<double>::infinity();
    for (const double length : kLengths) {
      for (const double forgetting : kForgetting) {
        for (const double noise : kNoises) {
          kernel_ = {length, forgetting, noise};
          const double likelihood = condition();
          if (likelihood > highest) highest = likelihood, best = kernel_;
        }
      }
    }
    kernel_ = best;
    condition();
  }

  /// Counts as seen, at the mean.
  void believe(const Input& input) {
    const double mean = predict(input).first;
    inputs_.push_back(input);
    values_.conservativeResize(values_.size() + 1);
    values_(values_.size() - 1) = mean;
    condition();
  }

  /// Mean and deviation.
  std::pair<double, double> predict(const Input& input) const {
    const Eigen::VectorXd row = covariance(row_of(input, inputs_.size())).matrix();
    const double mean = row.dot(weights_);
    const double explained = factor_.matrixL().solve(row).squaredNorm();
    return {mean, std::sqrt(std::max(1e-12, 1 - explained))};
  }

 private:
  // A row of distances to all inputs, as condition() and predict() need them.
  struct Row {
    Eigen::ArrayXd squares;  // Of the hyperparameters, per axis.
    Eigen::ArrayXd ranks;    // Squares, too.
    Eigen::ArrayXd times;
  };

  Row row_of(const Input& input, std::size_t count) const {
    const auto size = static_cast<Eigen::Index>(count);
    Row row{Eigen::ArrayXd(size), Eigen::ArrayXd(size), Eigen::ArrayXd(size)};
    for (Eigen::Index i = 0; i < size; ++i) {
      const Input& other = inputs_[static_cast<std::size_t>(i)];
      row.squares(i) = squared_distance(input, other, axes_);
      row.ranks(i) = (input.rank - other.rank) * (input.rank - other.rank);
      row.times(i) = std::abs(input.time - other.time);
    }
    return row;
  }

  Eigen::ArrayXd covariance(const Row& row) const {
    const double per_square = -0.5 / (kernel_.length * kernel_.length);
    return (per_square * row.squares - 0.5 * row.ranks + std::log1p(-kernel_.forgetting) * row.times).exp();
  }

  // Returns the log marginal likelihood, but for a constant.
  double condition() {
    const Eigen::Index count = values_.size();
    for (std::size_t i = rows_.size(); i < inputs_.size(); ++i) rows_.push_back(row_of(inputs_[i], i + 1));
    Eigen::MatrixXd matrix(count, count);
    for (Eigen::Index i = 0; i < count; ++i) {
      matrix.row(i).head(i + 1) = covariance(rows_[static_cast<std::size_t>(i)]).matrix().transpose();
      matrix(i, i) += kernel_.noise;
    }
    factor_.compute(matrix);
    weights_ = factor_.solve(values_);
    const double log_determinant = 2 * factor_.matrixLLT().diagonal().array().log().sum();
    return -(values_.dot(weights_) + log_determinant) / 2;
  }

  const std::vector<Axis>& axes_;
  std::vector<Input> inputs_;
  std::vector<Row> rows_;  // Of each input, to those before it and itself.
  Eigen::VectorXd values_;
  Kernel kernel_;
  Eigen::LLT<Eigen::MatrixXd> factor_;
  Eigen::VectorXd weights_;
};

double rank_of(const std::vector<double>& sorted, double score) {
  const auto place = std::lower_bound(sorted.begin(), sorted.end(), score);
  return static_cast<double>(place - sorted.begin()) / static_cast<double>(sorted.size());
}

std::vector<double> sorted_scores(const std::deque<Gain>& gains) {
  std::vector<double> scores;
  for (const Gain& gain : gains) scores.push_back(gain.score);
  std::sort(scores.begin(), scores.end());
  return scores;
}

// About zero, about one wide, and clipped.
Eigen::VectorXd values_of(const std::deque<Gain>& gains) {
  std::vector<double> sorted;
  for (const Gain& gain : gains) sorted.push_back(gain.gain);
  std::sort(sorted.begin(), sorted.end());
  const double middle = quantile(sorted, 0.5);
  double width = quantile(sorted, 0.75) - quantile(sorted, 0.25);
  if (!(width > 0)) width = std::max(sorted.back() - sorted.front(), std::numeric_limits<double>::min());
  Eigen::VectorXd values(static_cast<Eigen::Index>(gains.size()));
  for (std::size_t i = 0; i < gains.size(); ++i)
    values(static_cast<Eigen::Index>(i)) = std::clamp((gains[i].gain - middle) / width, -kClip, kClip);
  return values;
}

/// Looks for the point with the highest bound, moving numbers and ordinals only.
class Search {
 public:
  Search(const UnitCube& cube, const Process& process, Input start, RandomStream& random)
      : cube_(cube), process_(process), random_(random), best_(std::move(start)) {
    for (std::size_t i = 0; i < cube.size(); ++i) {
      if (cube.axes()[i].kind != AxisKind::kChoice && !std::isnan(best_.point[i])) movable_.push_back(i);
    }
    bound_ = bound(best_);
  }

  UnitCube::Point run() {
    if (movable_.empty()) return best_.point;
    const UnitCube::Point start = best_.point;
    for (int i = 0; i < kFar; ++i) {
      UnitCube::Point point = start;
      for (const std::size_t axis : movable_) point[axis] = random_.uniform();
      look_at(point);
    }
    look_around(start, 2 * kFineSteps.front(), kNear);
    for (const double step : kFineSteps) look_around(UnitCube::Point(best_.point), step, kFine);
    return best_.point;
  }

 private:
  double bound(const Input& input) const {
    const auto [mean, deviation] = process_.predict(input);
    return mean + kDeviations * deviation;
  }

  void look_around(const UnitCube::Point& middle, double deviation, int count) {
    for (int i = 0; i < count; ++i) {
      UnitCube::Point point = middle;
      for (const std::size_t axis : movable_)
        point[axis] = std::clamp(point[axis] + deviation * random_.normal(), 0.0, 1.0);
      look_at(point);
    }
  }

  void look_at(const UnitCube::Point& point) {
    Input input{best_.time, best_.rank, cube_.snap(point)};
    // A condition that came to hold, or ceased to, is for explore().
    for (std::size_t i = 0; i < input.point.size(); ++i)
      if (std::isnan(input.point[i]) != std::isnan(best_.point[i])) return;
    if (!cube_.is_feasible(input.point)) return;
    const double value = bound(input);
    if (value > bound_) bound_ = value, best_ = std::move(input);
  }

  const UnitCube& cube_;
  const Process& process_;
  RandomStream& random_;
  Input best_;
  double bound_ = 0;
  std::vector<std::size_t> movable_;
};

}  // namespace

void GainModel::add(Gain gain) {
  gains_.push_back(std::move(gain));
  if (gains_.size() > kMost) gains_.pop_front();
}

Config GainModel::choose(const Config& start, double time, double score, std::span<const UnderWay> others,
                         RandomStream& random) const {
  if (gains_.size() < kLeast || cube_.size() == 0) return start;
  const std::vector<double> scores = sorted_scores(gains_);
  std::vector<Input> inputs;
  for (const Gain& gain : gains_) inputs.push_back({gain.time, rank_of(scores, gain.score), gain.point});
  Process process(cube_.axes(), std::move(inputs), values_of(gains_));
  process.fit();
  for (const UnderWay& other : others)
    process.believe({other.time, rank_of(scores, other.score), cube_.encode(other.config)});
  const UnitCube::Point from = cube_.encode(start);
  const UnitCube::Point found = Search(cube_, process, {time, rank_of(scores, score), from}, random).run();
  // What was not found better stays as it was written, not as its place in the cube reads.
  if (found == from) return start;
  Config config = cube_.decode(found);
  return cube_.space().validate(config) ? config : start;
}

}  // namespace manta::internal
