// SPDX-License-Identifier: Apache-2.0
#include "schedulers/internal/gain_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
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

double dot(const double* one, const double* other, std::size_t count) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += one[i] * other[i];
  return sum;
}

/// One process, conditioned. In plain loops: it is asked about some five hundred points, each by itself, and of so few
/// inputs a library of matrices would make more of its own than of the numbers.
class Process {
 public:
  Process(const std::vector<Axis>& axes, std::vector<Input> inputs, std::vector<double> values)
      : axes_(axes), inputs_(std::move(inputs)), values_(std::move(values)) {
    for (std::size_t i = 0; i < inputs_.size(); ++i) rows_.push_back(row_of(inputs_[i], i + 1));
  }

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
    const std::vector<double> covariances = covariance(row_of(input, inputs_.size()));
    inputs_.push_back(input);
    values_.push_back(dot(covariances.data(), weights_.data(), weights_.size()));
    append(covariances, 1 + kernel_.noise);
    weigh();
  }

  /// The upper bound of the gain, where it is above `least`.
  std::optional<double> bound_above(const Input& input, double least) const {
    const std::vector<double> covariances = covariance(row_of(input, inputs_.size()));
    const double mean = dot(covariances.data(), weights_.data(), weights_.size());
    const double deviations = (least - mean) / kDeviations;
    // With each row less is left of the variance, and most points fall short after few.
    const double enough = deviations > 0 ? 1 - deviations * deviations : 1;
    double explained = 0;
    std::vector<double> solved;
    solved.reserve(covariances.size());
    for (std::size_t i = 0; i < covariances.size(); ++i) {
      solved.push_back((covariances[i] - dot(factor_row(i), solved.data(), i)) / factor_row(i)[i]);
      explained += solved[i] * solved[i];
      if (explained >= enough && deviations > 0) return std::nullopt;
    }
    const double bound = mean + kDeviations * std::sqrt(std::max(1e-12, 1 - explained));
    return bound > least ? std::optional(bound) : std::nullopt;
  }

 private:
  // Squared distances to all inputs before one, and to itself where it is one.
  struct Row {
    std::vector<double> squares;  // Of the hyperparameters, per axis.
    std::vector<double> ranks;
    std::vector<double> times;  // Not squared.
  };

  Row row_of(const Input& input, std::size_t count) const {
    Row row{std::vector<double>(count), std::vector<double>(count), std::vector<double>(count)};
    for (std::size_t i = 0; i < count; ++i) {
      const Input& other = inputs_[i];
      row.squares[i] = squared_distance(input, other, axes_);
      row.ranks[i] = (input.rank - other.rank) * (input.rank - other.rank);
      row.times[i] = std::abs(input.time - other.time);
    }
    return row;
  }

  std::vector<double> covariance(const Row& row) const {
    const double per_square = -0.5 / (kernel_.length * kernel_.length);
    const double per_time = std::log1p(-kernel_.forgetting);
    std::vector<double> covariances(row.squares.size());
    for (std::size_t i = 0; i < covariances.size(); ++i)
      covariances[i] = std::exp(per_square * row.squares[i] - 0.5 * row.ranks[i] + per_time * row.times[i]);
    return covariances;
  }

  // Returns the log marginal likelihood, but for a constant.
  double condition() {
    factor_.clear();
    for (const Row& row : rows_) {
      std::vector<double> covariances = covariance(row);
      covariances.pop_back();
      append(covariances, 1 + kernel_.noise);
    }
    return weigh();
  }

  // A row of the Cholesky factor, which stand one behind the other.
  const double* factor_row(std::size_t index) const { return factor_.data() + index * (index + 1) / 2; }

  // The next row of the factor. The noise keeps what stands under the root above zero.
  void append(const std::vector<double>& covariances, double own) {
    const std::size_t count = covariances.size();
    const std::size_t begin = factor_.size();
    factor_.resize(begin + count + 1);
    for (std::size_t i = 0; i < count; ++i)
      factor_[begin + i] = (covariances[i] - dot(factor_row(i), factor_row(count), i)) / factor_row(i)[i];
    factor_[begin + count] = std::sqrt(std::max(1e-12, own - dot(factor_row(count), factor_row(count), count)));
  }

  // Solves for the weights, forwards and back.
  double weigh() {
    const std::size_t count = values_.size();
    weights_ = values_;
    double log_determinant = 0;
    for (std::size_t i = 0; i < count; ++i) {
      weights_[i] = (weights_[i] - dot(factor_row(i), weights_.data(), i)) / factor_row(i)[i];
      log_determinant += 2 * std::log(factor_row(i)[i]);
    }
    const double fit = dot(weights_.data(), weights_.data(), count);
    for (std::size_t i = count; i-- > 0;) {
      weights_[i] /= factor_row(i)[i];
      for (std::size_t k = 0; k < i; ++k) weights_[k] -= factor_row(i)[k] * weights_[i];
    }
    return -(fit + log_determinant) / 2;
  }

  const std::vector<Axis>& axes_;
  std::vector<Input> inputs_;
  std::vector<Row> rows_;  // Of each input but those that are only believed.
  std::vector<double> values_;
  Kernel kernel_;
  std::vector<double> factor_;
  std::vector<double> weights_;
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
std::vector<double> values_of(const std::deque<Gain>& gains) {
  std::vector<double> sorted;
  for (const Gain& gain : gains) sorted.push_back(gain.gain);
  std::sort(sorted.begin(), sorted.end());
  const double middle = quantile(sorted, 0.5);
  double width = quantile(sorted, 0.75) - quantile(sorted, 0.25);
  if (!(width > 0)) width = std::max(sorted.back() - sorted.front(), std::numeric_limits<double>::min());
  std::vector<double> values;
  for (const Gain& gain : gains) values.push_back(std::clamp((gain.gain - middle) / width, -kClip, kClip));
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
    bound_ = process.bound_above(best_, -std::numeric_limits<double>::infinity()).value_or(bound_);
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
    const std::optional<double> value = process_.bound_above(input, bound_);
    if (value) bound_ = *value, best_ = std::move(input);
  }

  const UnitCube& cube_;
  const Process& process_;
  RandomStream& random_;
  Input best_;
  double bound_ = -std::numeric_limits<double>::infinity();
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
