// SPDX-License-Identifier: Apache-2.0
#include "searchers/curves/curve_process.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "searchers/gp/dense.h"
#include "searchers/gp/minimize.h"
#include "searchers/gp/prior.h"

namespace manta::curves {

namespace {

using gp::AxisKind;
using gp::PointSet;
using gp::Prediction;
using gp::Prior;

constexpr double kLeastVarianceAtEnd = 1e-10;
constexpr std::size_t kOthers = 8;  // Hyperparameters beside the weights of the axes.

// Of the logarithms, and of the growth itself.
std::vector<Prior> curve_priors(std::size_t dimensions) {
  std::vector<Prior> priors(dimensions, gp::weight_prior(dimensions));
  priors.insert(priors.end(), {gp::kJoint,
                               gp::kAdditive,
                               gp::kReach,
                               {-1.2, 1.5, -7, 4},       // common
                               {-2.3, 1.5, -9, 2},       // own
                               {0.9, 1.0, -2, 4},        // length
                               {0.3, 0.5, -1, 3},        // growth
                               {-6.0, 2.0, -11.5, 1}});  // noise
  return priors;
}

std::vector<double> to_numbers(const CurveHyperparameters& parameters) {
  std::vector<double> numbers;
  for (const double weight : parameters.points.weights) numbers.push_back(std::log(weight));
  for (const double value : {parameters.points.joint, parameters.points.additive, parameters.points.reach,
                             parameters.common, parameters.own, parameters.length}) {
    numbers.push_back(std::log(value));
  }
  numbers.push_back(parameters.growth);
  numbers.push_back(std::log(parameters.noise));
  return numbers;
}

CurveHyperparameters from_numbers(const std::vector<double>& numbers) {
  CurveHyperparameters parameters;
  const std::size_t d = numbers.size() - kOthers;
  for (std::size_t i = 0; i < d; ++i) parameters.points.weights.push_back(std::exp(numbers[i]));
  parameters.points.joint = std::exp(numbers[d]);
  parameters.points.additive = std::exp(numbers[d + 1]);
  parameters.points.reach = std::exp(numbers[d + 2]);
  parameters.common = std::exp(numbers[d + 3]);
  parameters.own = std::exp(numbers[d + 4]);
  parameters.length = std::exp(numbers[d + 5]);
  parameters.growth = numbers[d + 6];
  parameters.noise = std::exp(numbers[d + 7]);
  return parameters;
}

double covariance_in_time(const CurveHyperparameters& parameters, double u, double v) {
  return std::exp(-parameters.growth * (2 - u - v) - std::abs(u - v) / parameters.length);
}

// k of all pairs of curves, [curves, curves] of which the lower triangle is written.
std::vector<double> covariance_of_points(const CurveHyperparameters& parameters, std::span<const AxisKind> kinds,
                                         const PointSet& points) {
  std::vector<double> rows(points.size() * points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    gp::kernel_row(parameters.points, kinds, points.point(i), points, {0, i + 1}, rows.data() + i * points.size());
  }
  return rows;
}

double over_curves(const CurveHyperparameters& parameters, const std::vector<double>& rows, std::size_t curves,
                   std::size_t i, std::size_t j) {
  if (i < j) std::swap(i, j);
  return parameters.common + rows[i * curves + j] + (i == j ? parameters.own : 0);
}

// The part from the diagonal on of each row of the covariance of `values`.
void write_curve_covariance(const CurveHyperparameters& parameters, const std::vector<double>& rows,
                            std::size_t curves, std::span<const CurveValue> values, gp::RowMatrix& upper) {
  for (std::size_t a = 0; a < values.size(); ++a) {
    double* const row = upper.row(a);
    for (std::size_t b = a; b < values.size(); ++b) {
      row[b] = over_curves(parameters, rows, curves, values[a].curve, values[b].curve) *
               covariance_in_time(parameters, values[a].time, values[b].time);
    }
    row[a] += parameters.noise;
  }
}

// K^-1 values, padded.
std::vector<double> solved_for(const gp::InverseFactor& factor, std::span<const CurveValue> values) {
  std::vector<double> numbers(factor.padded_size());
  std::vector<double> alpha(factor.padded_size());
  for (std::size_t a = 0; a < values.size(); ++a) numbers[a] = values[a].value;
  factor.solve(numbers.data(), alpha.data());
  return alpha;
}

}  // namespace

// Minus the log posterior of hyperparameters, and its gradient.
class CurveProcess::Likelihood {
 public:
  Likelihood(std::span<const AxisKind> kinds, const PointSet& points, std::span<const CurveValue> values)
      : kinds_(kinds),
        points_(points),
        values_(values),
        priors_(curve_priors(kinds.size())),
        upper_(values.size()),
        slopes_(values.size()) {}

  double operator()(const std::vector<double>& numbers, std::vector<double>& gradient) {
    const CurveHyperparameters parameters = from_numbers(numbers);
    gradient.assign(numbers.size(), 0);
    const std::vector<double> rows = covariance_of_points(parameters, kinds_, points_);
    write_curve_covariance(parameters, rows, points_.size(), values_, upper_);
    factor_.build(upper_, values_.size(), parameters.noise);
    const std::vector<double> alpha = solved_for(factor_, values_);
    double value = factor_.half_log_determinant();
    for (std::size_t a = 0; a < values_.size(); ++a) value += 0.5 * alpha[a] * values_[a].value;
    if (!std::isfinite(value)) return std::numeric_limits<double>::infinity();
    factor_.subtract_from_inverse(alpha.data(), slopes_);
    add_gradient(parameters, rows, gradient);
    value += gp::minus_log_prior(priors_, numbers, gradient);
    return value;
  }

  const std::vector<Prior>& priors() const { return priors_; }

 private:
  // d/dtheta = 1/2 trace((K^-1 - alpha alpha') dK/dtheta)
  void add_gradient(const CurveHyperparameters& parameters, const std::vector<double>& rows,
                    std::vector<double>& gradient) {
    const std::size_t curves = points_.size();
    const std::size_t d = kinds_.size();
    std::vector<double> factors(curves * curves);  // What multiplies k(x_i, x_j), i >= j.
    for (std::size_t a = 0; a < values_.size(); ++a) {
      double* const row = slopes_.row(a);
      row[a] *= 0.5;  // Entries below the diagonal stand for two.
      gradient[d + 7] += row[a] * parameters.noise;
      for (std::size_t b = 0; b <= a; ++b) {
        const CurveValue &one = values_[a], &other = values_[b];
        const double in_time = row[b] * covariance_in_time(parameters, one.time, other.time);
        const double whole = in_time * over_curves(parameters, rows, curves, one.curve, other.curve);
        gradient[d + 3] += in_time * parameters.common;
        gradient[d + 4] += one.curve == other.curve ? in_time * parameters.own : 0;
        gradient[d + 5] += whole * std::abs(one.time - other.time) / parameters.length;
        gradient[d + 6] -= whole * (2 - one.time - other.time);
        factors[std::max(one.curve, other.curve) * curves + std::min(one.curve, other.curve)] += in_time;
      }
    }
    gp::KernelGradient sums{.weights = std::vector<double>(d, 0.0)};
    for (std::size_t i = 0; i < curves; ++i) {
      gp::add_kernel_gradient(parameters.points, kinds_, points_.point(i), points_, i + 1, factors.data() + i * curves,
                              sums);
    }
    std::ranges::copy(sums.weights, gradient.begin());
    gradient[d] = sums.joint;
    gradient[d + 1] = sums.additive;
    gradient[d + 2] = sums.reach;
  }

  const std::span<const AxisKind> kinds_;
  const PointSet& points_;
  const std::span<const CurveValue> values_;
  const std::vector<Prior> priors_;
  gp::RowMatrix upper_;
  gp::RowMatrix slopes_;
  gp::InverseFactor factor_;
};

CurveProcess::CurveProcess(std::vector<AxisKind> kinds) : kinds_(std::move(kinds)) {
  const std::size_t d = kinds_.size();
  // The middle of what is believed, but for length scales, which begin shorter.
  parameters_.points.weights.assign(d, 4.0 / static_cast<double>(std::max<std::size_t>(d, 1)));
  parameters_.points.joint = 0.7;
  parameters_.points.additive = 0.3;
  parameters_.points.reach = 2.7;
}

void CurveProcess::tune(const PointSet& points, std::span<const CurveValue> values, int evaluations) {
  Likelihood likelihood(kinds_, points, values);
  std::vector<double> low, high;
  for (const Prior& prior : likelihood.priors()) {
    low.push_back(prior.low);
    high.push_back(prior.high);
  }
  std::vector<double> start = to_numbers(parameters_);
  for (std::size_t i = 0; i < start.size(); ++i) start[i] = std::clamp(start[i], low[i], high[i]);
  const gp::Minimum found =
      gp::minimize([&](const std::vector<double>& at, std::vector<double>& gradient) { return likelihood(at, gradient); },
                   std::move(start), low, high, {.evaluations = evaluations, .least_gain = 1e-4});
  if (std::isfinite(found.value)) parameters_ = from_numbers(found.at);
}

void CurveProcess::condition(PointSet points, std::span<const CurveValue> values) {
  points_ = std::move(points);
  const std::size_t curves = points_.size();
  const std::vector<double> rows = covariance_of_points(parameters_, kinds_, points_);
  covariances_.resize(curves * curves);
  for (std::size_t i = 0; i < curves; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      covariances_[i * curves + j] = covariances_[j * curves + i] = parameters_.common + rows[i * curves + j];
    }
  }
  gp::RowMatrix matrix(values.size());
  write_curve_covariance(parameters_, rows, curves, values, matrix);
  gp::InverseFactor factor;
  factor.build(matrix, values.size(), parameters_.noise);
  const std::vector<double> alpha = solved_for(factor, values);
  const std::vector<double> nothing(factor.padded_size());
  factor.subtract_from_inverse(nothing.data(), matrix);  // The lower triangle of the inverse.
  std::vector<double> in_time;
  for (const CurveValue& value : values) in_time.push_back(covariance_in_time(parameters_, value.time, 1));
  weights_.assign(curves, 0);
  explained_.assign(curves * curves, 0);
  for (std::size_t a = 0; a < values.size(); ++a) {
    weights_[values[a].curve] += in_time[a] * alpha[a];
    const double* const row = matrix.row(a);
    for (std::size_t b = 0; b < a; ++b) {
      const double share = in_time[a] * in_time[b] * row[b];
      explained_[values[a].curve * curves + values[b].curve] += share;
      explained_[values[b].curve * curves + values[a].curve] += share;
    }
    explained_[values[a].curve * curves + values[a].curve] += in_time[a] * in_time[a] * row[a];
  }
}

// [points, curves]
std::vector<double> CurveProcess::covariances_with(const PointSet& points) const {
  const std::size_t curves = points_.size();
  std::vector<double> covariances(points.size() * curves);
  for (std::size_t i = 0; i < points.size(); ++i) {
    gp::kernel_row(parameters_.points, kinds_, points.point(i), points_, {0, curves}, covariances.data() + i * curves);
  }
  for (double& covariance : covariances) covariance += parameters_.common;
  return covariances;
}

std::vector<Prediction> CurveProcess::predictions(const std::vector<double>& covariances) const {
  const std::size_t curves = points_.size();
  const std::size_t count = curves > 0 ? covariances.size() / curves : 0;
  std::vector<double> products(covariances.size());
  gp::add_product({.sign = 1,
                   .a = covariances.data(),
                   .a_row = curves,
                   .a_inner = 1,
                   .b = explained_.data(),
                   .b_row = curves,
                   .c = products.data(),
                   .c_row = curves,
                   .rows = count,
                   .inner = curves,
                   .columns = curves});
  const double own = parameters_.common + parameters_.points.signal() + parameters_.own;
  std::vector<Prediction> predictions;
  for (std::size_t i = 0; i < count; ++i) {
    double mean = 0;
    double explained = 0;
    for (std::size_t j = 0; j < curves; ++j) {
      mean += covariances[i * curves + j] * weights_[j];
      explained += covariances[i * curves + j] * products[i * curves + j];
    }
    predictions.push_back({mean, std::max(own - explained, kLeastVarianceAtEnd)});
  }
  return predictions;
}

std::vector<Prediction> CurveProcess::at_end(const PointSet& points) const {
  return predictions(covariances_with(points));
}

std::vector<Prediction> CurveProcess::at_end() const {
  std::vector<double> covariances = covariances_;
  for (std::size_t i = 0; i < points_.size(); ++i) covariances[i * points_.size() + i] += parameters_.own;
  return predictions(covariances);
}

}  // namespace manta::curves
