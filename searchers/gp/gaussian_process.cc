// SPDX-License-Identifier: Apache-2.0
#include "searchers/gp/gaussian_process.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <numeric>
#include <utility>

#include "searchers/gp/minimize.h"
#include "searchers/gp/prior.h"

namespace manta::gp {

namespace {

constexpr double kLeastNoise = 1e-6;
constexpr double kLeastVariance = 1e-12;
constexpr std::size_t kTogether = 96;  // Points whose predictions are made at once: their covariances fit in a cache.

constexpr Prior kNoise{-8.0, 2.0, -13.8, 1};  // From kLeastNoise.

std::vector<Prior> priors_of(std::size_t dimensions) {
  std::vector<Prior> priors(dimensions, weight_prior(dimensions));
  priors.insert(priors.end(), {kJoint, kAdditive, kReach, kNoise});
  return priors;
}

std::vector<double> to_logs(const Hyperparameters& parameters) {
  std::vector<double> logs;
  for (const double weight : parameters.weights) logs.push_back(std::log(weight));
  for (const double value : {parameters.joint, parameters.additive, parameters.reach, parameters.noise}) {
    logs.push_back(std::log(value));
  }
  return logs;
}

Hyperparameters from_logs(const std::vector<double>& logs) {
  Hyperparameters parameters;
  const std::size_t d = logs.size() - 4;
  for (std::size_t i = 0; i < d; ++i) parameters.weights.push_back(std::exp(logs[i]));
  parameters.joint = std::exp(logs[d]);
  parameters.additive = std::exp(logs[d + 1]);
  parameters.reach = std::exp(logs[d + 2]);
  parameters.noise = std::exp(logs[d + 3]);
  return parameters;
}

// The part from the diagonal on of each row of the covariance of `points`.
void write_covariance(const Hyperparameters& parameters, std::span<const AxisKind> kinds, const PointSet& points,
                      RowMatrix& upper) {
  for (std::size_t i = 0; i < points.size(); ++i) {
    double* const diagonal = upper.row(i) + i;
    kernel_row(parameters, kinds, points.point(i), points, {i, points.size()}, diagonal);
    *diagonal += parameters.noise;
  }
}

// The generalised least squares estimate of a constant mean, and K^-1 (values - mean), padded.
double solve_for_mean(const InverseFactor& factor, std::span<const double> values, std::vector<double>& alpha) {
  std::vector<double> numbers(factor.padded_size());
  std::vector<double> ones(factor.padded_size());
  alpha.assign(factor.padded_size(), 0);
  std::ranges::fill(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(values.size()), 1.0);
  const double weight = factor.solve(numbers.data(), ones.data());
  std::ranges::copy(values, numbers.begin());
  factor.solve(numbers.data(), alpha.data());
  const double mean = std::accumulate(alpha.begin(), alpha.end(), 0.0) / weight;
  for (std::size_t i = 0; i < alpha.size(); ++i) alpha[i] -= mean * ones[i];
  return mean;
}

}  // namespace

// Minus the log posterior of hyperparameters, and its gradient by their logarithms.
class GaussianProcess::Likelihood {
 public:
  Likelihood(std::span<const AxisKind> kinds, const PointSet& points, std::span<const double> values)
      : kinds_(kinds),
        points_(points),
        values_(values),
        priors_(priors_of(kinds.size())),
        upper_(points.size()),
        slopes_(points.size()) {}

  double operator()(const std::vector<double>& logs, std::vector<double>& gradient) {
    const Hyperparameters parameters = from_logs(logs);
    gradient.assign(logs.size(), 0);
    write_covariance(parameters, kinds_, points_, upper_);
    factor_.build(upper_, points_.size(), parameters.noise);
    const double mean = solve_for_mean(factor_, values_, alpha_);
    double value = factor_.half_log_determinant();
    for (std::size_t i = 0; i < values_.size(); ++i) value += 0.5 * alpha_[i] * (values_[i] - mean);
    if (!std::isfinite(value)) return std::numeric_limits<double>::infinity();
    add_gradient(parameters, gradient);
    value += minus_log_prior(priors_, logs, gradient);
    return value;
  }

 private:
  // d/dtheta = -1/2 trace((alpha alpha' - K^-1) dK/dtheta)
  void add_gradient(const Hyperparameters& parameters, std::vector<double>& gradient) {
    factor_.subtract_from_inverse(alpha_.data(), slopes_);
    const std::size_t d = kinds_.size();
    KernelGradient sums{.weights = std::vector<double>(d, 0.0)};
    for (std::size_t i = 0; i < points_.size(); ++i) {
      // Entries below the diagonal stand for two, and the factor 1/2 with the diagonal is for one.
      double* const row = slopes_.row(i);
      row[i] *= 0.5;
      gradient[d + 3] += row[i] * parameters.noise;
      add_kernel_gradient(parameters, kinds_, points_.point(i), points_, i + 1, row, sums);
    }
    std::ranges::copy(sums.weights, gradient.begin());
    gradient[d] = sums.joint;
    gradient[d + 1] = sums.additive;
    gradient[d + 2] = sums.reach;
  }

  const std::span<const AxisKind> kinds_;
  const PointSet& points_;
  const std::span<const double> values_;
  const std::vector<Prior> priors_;
  RowMatrix upper_;   // The covariance, then its factor.
  RowMatrix slopes_;  // By the entries of the covariance.
  InverseFactor factor_;
  std::vector<double> alpha_;
};

GaussianProcess::GaussianProcess(std::vector<AxisKind> kinds) : kinds_(std::move(kinds)), points_(kinds_.size()) {
  reset_hyperparameters();
}

void GaussianProcess::reset_hyperparameters() {
  const double start = std::exp(weight_prior(kinds_.size()).mean + 2);  // Length scales of the order of sqrt(d).
  parameters_ = {.weights = std::vector<double>(kinds_.size(), start),
                 .joint = 0.7,
                 .additive = 0.3,
                 .reach = std::exp(kReach.mean),
                 .noise = 1e-2};
}

void GaussianProcess::set_hyperparameters(Hyperparameters parameters) {
  parameters_ = std::move(parameters);
  parameters_.noise = std::max(parameters_.noise, kLeastNoise);
  place(PointSet(kinds_.size()));
}

void GaussianProcess::tune(const PointSet& points, std::span<const double> values, int evaluations) {
  std::vector<double> low;
  std::vector<double> high;
  for (const Prior& prior : priors_of(kinds_.size())) {
    low.push_back(prior.low);
    high.push_back(prior.high);
  }
  Likelihood likelihood(kinds_, points, values);
  set_hyperparameters(from_logs(minimize(std::ref(likelihood), to_logs(parameters_), low, high, {evaluations}).at));
}

void GaussianProcess::place(PointSet points) {
  points_ = std::move(points);
  observed_ = points_.size();
  values_.clear();
  alpha_.clear();
  RowMatrix upper(observed_);
  write_covariance(parameters_, kinds_, points_, upper);
  factor_.build(upper, observed_, parameters_.noise);
}

void GaussianProcess::add(std::span<const double> point) {
  forget_beliefs();
  append(point);
  ++observed_;
}

void GaussianProcess::observe(std::vector<double> values) {
  forget_beliefs();
  values_ = std::move(values);
  mean_ = solve_for_mean(factor_, values_, alpha_);
}

void GaussianProcess::condition(PointSet points, std::vector<double> values) {
  place(std::move(points));
  observe(std::move(values));
}

void GaussianProcess::fit(const PointSet& points, const std::vector<double>& values, int evaluations) {
  tune(points, values, evaluations);
  condition(points, values);
}

void GaussianProcess::believe(const PointSet& points) {
  for (std::size_t i = 0; i < points.size(); ++i) append(points.point(i));
  alpha_.resize(factor_.padded_size());
}

void GaussianProcess::append(std::span<const double> point) {
  std::vector<double> row(factor_.padded_size());
  kernel_row(parameters_, kinds_, point, points_, {0, points_.size()}, row.data());
  factor_.append(row.data(), parameters_.signal() + parameters_.noise, parameters_.noise);
  points_.add(point);
}

void GaussianProcess::forget_beliefs() {
  factor_.truncate(observed_);
  points_.truncate(observed_);
}

// Of a point, from the product of its covariances with alpha_ and from how much of its variance they explain.
Prediction GaussianProcess::prediction_of(double product, double explained) const {
  return {mean_ + product, std::max(parameters_.signal() - explained, kLeastVariance)};
}

Prediction GaussianProcess::predict(std::span<const double> point) const {
  std::vector<double> solution;
  return predict(point, solution);
}

Prediction GaussianProcess::predict(std::span<const double> point, std::vector<double>& solution) const {
  std::vector<double> row(factor_.padded_size());
  kernel_row(parameters_, kinds_, point, points_, {0, points_.size()}, row.data());
  solution.resize(row.size());
  const double explained = factor_.solve(row.data(), solution.data());
  return prediction_of(std::inner_product(row.begin(), row.end(), alpha_.begin(), 0.0), explained);
}

std::vector<Prediction> GaussianProcess::predict(const PointSet& points) const {
  std::vector<Prediction> predictions;
  predictions.reserve(points.size());
  std::vector<double> rows(points_.size() * std::min(kTogether, points.size()));
  std::vector<double> products(kTogether);
  std::vector<double> squares(kTogether);
  for (std::size_t begin = 0; begin < points.size(); begin += kTogether) {
    const std::size_t count = std::min(kTogether, points.size() - begin);
    std::ranges::fill(products, 0.0);
    for (std::size_t i = 0; i < points_.size(); ++i) {
      double* const row = rows.data() + i * count;
      kernel_row(parameters_, kinds_, points_.point(i), points, {begin, begin + count}, row);
      for (std::size_t j = 0; j < count; ++j) products[j] += alpha_[i] * row[j];
    }
    factor_.square(rows.data(), count, squares.data());
    for (std::size_t j = 0; j < count; ++j) predictions.push_back(prediction_of(products[j], squares[j]));
  }
  return predictions;
}

void GaussianProcess::add_slope(std::span<const double> point, std::span<const double> solution, Prediction times,
                                std::span<double> slope) const {
  // d mean = dk alpha, d variance = -2 dk K^-1 k.
  std::vector<double> factors(points_.size());
  for (std::size_t i = 0; i < factors.size(); ++i)
    factors[i] = times.mean * alpha_[i] - 2 * times.variance * solution[i];
  add_point_gradient(parameters_, kinds_, point, points_, factors.data(), slope);
}

std::vector<double> GaussianProcess::means() const {
  std::vector<double> means = values_;
  for (std::size_t i = 0; i < means.size(); ++i) means[i] -= parameters_.noise * alpha_[i];
  return means;
}

double GaussianProcess::least_mean() const {
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < values_.size(); ++i) least = std::min(least, values_[i] - parameters_.noise * alpha_[i]);
  return least;
}

double GaussianProcess::leave_one_out() const {
  const std::vector<double> precisions = factor_.precisions();
  double sum = 0;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const double residual = alpha_[i] / precisions[i];
    sum += 0.5 * std::log(precisions[i]) - 0.5 * residual * residual * precisions[i];
  }
  return sum / static_cast<double>(values_.size()) - 0.5 * std::log(2 * std::numbers::pi);
}

}  // namespace manta::gp
