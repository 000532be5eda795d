// SPDX-License-Identifier: Apache-2.0
#include "searchers/gp/gaussian_process.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "searchers/gp/minimize.h"

namespace manta::gp {

namespace {

constexpr double kLeastNoise = 1e-6;

// Normal priors of the logarithms, and the bounds within which fits stay.
struct Prior {
  double mean;
  double deviation;
  double low;
  double high;
};
constexpr Prior kJoint{-0.3, 1.0, -6, 4};
constexpr Prior kAdditive{-1.0, 1.5, -7, 4};
constexpr Prior kReach{1.0, 1.0, -3, 5};
constexpr Prior kNoise{-8.0, 2.0, -13.8, 1};  // From kLeastNoise.

// Length scales: ln l ~ N(sqrt 2 + ln(d) / 2, 3), so the logarithm of their inverse square has twice the deviation.
Prior weight_prior(std::size_t dimensions) {
  const double mean = -2 * (std::numbers::sqrt2 + 0.5 * std::log(static_cast<double>(dimensions)));
  return {mean, 2 * std::numbers::sqrt3, mean - 9, 7.4};
}

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

}  // namespace

GaussianProcess::GaussianProcess(std::vector<AxisKind> kinds) : kinds_(std::move(kinds)) { reset_hyperparameters(); }

void GaussianProcess::reset_hyperparameters() {
  const double start = std::exp(weight_prior(kinds_.size()).mean + 2);  // Length scales of the order of sqrt(d).
  parameters_ = {.weights = std::vector<double>(kinds_.size(), start),
                 .joint = 0.7,
                 .additive = 0.3,
                 .reach = std::exp(kReach.mean),
                 .noise = 1e-2};
}

Eigen::MatrixXd GaussianProcess::covariance(const PointSet& points) const {
  const std::size_t n = points.size();
  Eigen::MatrixXd covariance(n, n);
  // Column i holds what row i of the lower triangle would; Eigen keeps columns together.
  for (std::size_t i = 0; i < n; ++i) {
    kernel_row(parameters_, kinds_, points.point(i), points, i + 1,
               covariance.col(static_cast<Eigen::Index>(i)).data());
    covariance(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(i)) += parameters_.noise;
  }
  return covariance;
}

bool GaussianProcess::factor() {
  const Eigen::MatrixXd upper = covariance(points_);
  const Eigen::LLT<Eigen::MatrixXd> llt(upper.transpose());
  if (llt.info() != Eigen::Success) return false;
  lower_ = llt.matrixL();
  const Eigen::VectorXd ones = llt.solve(Eigen::VectorXd::Ones(values_.size()));
  mean_ = ones.dot(values_) / ones.sum();
  alpha_ = llt.solve((values_.array() - mean_).matrix());
  return std::isfinite(mean_) && alpha_.allFinite();
}

void GaussianProcess::condition(PointSet points, std::vector<double> values) {
  points_ = std::move(points);
  values_ = Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(values.size()));
  // Points that are nearly the same can make the covariance singular in doubles; noise tells them apart.
  while (!factor()) parameters_.noise = std::max(10 * parameters_.noise, kLeastNoise);
}

void GaussianProcess::believe(const PointSet& points) {
  PointSet all = points_;
  std::vector<double> values(values_.begin(), values_.end());
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::vector<double> point = points.point(i);
    values.push_back(predict(point).mean);
    all.add(point);
  }
  condition(std::move(all), std::move(values));
}

// Minus the log posterior and its gradient by the logarithms.
double GaussianProcess::evaluate(const std::vector<double>& logs, std::vector<double>& gradient) {
  parameters_ = from_logs(logs);
  gradient.assign(logs.size(), 0);
  if (!factor()) return std::numeric_limits<double>::infinity();
  const Eigen::Index n = values_.size();
  const std::size_t d = kinds_.size();
  double value = 0.5 * alpha_.dot((values_.array() - mean_).matrix()) + lower_.diagonal().array().log().sum();
  // d/dtheta = -1/2 trace((alpha alpha' - K^-1) dK/dtheta)
  Eigen::MatrixXd inverse = Eigen::MatrixXd::Identity(n, n);
  lower_.triangularView<Eigen::Lower>().solveInPlace(inverse);
  Eigen::MatrixXd factors = Eigen::MatrixXd::Zero(n, n);
  factors.selfadjointView<Eigen::Upper>().rankUpdate(inverse.transpose(), 1.0);
  factors.triangularView<Eigen::Upper>() = factors - alpha_ * alpha_.transpose();
  KernelGradient sums{.weights = std::vector<double>(d, 0.0)};
  double noise = 0;
  for (Eigen::Index i = 0; i < n; ++i) {
    // Entries above the diagonal stand for two, and the factor 1/2 with the diagonal is for one.
    double* column = factors.col(i).data();
    noise += 0.5 * column[i];
    column[i] *= 0.5;
    add_kernel_gradient(parameters_, kinds_, points_.point(static_cast<std::size_t>(i)), points_,
                        static_cast<std::size_t>(i) + 1, column, sums);
  }
  std::copy(sums.weights.begin(), sums.weights.end(), gradient.begin());
  gradient[d] = sums.joint;
  gradient[d + 1] = sums.additive;
  gradient[d + 2] = sums.reach;
  gradient[d + 3] = noise * parameters_.noise;
  const std::vector<Prior> priors = priors_of(d);
  for (std::size_t i = 0; i < logs.size(); ++i) {
    const double z = (logs[i] - priors[i].mean) / priors[i].deviation;
    value += 0.5 * z * z;
    gradient[i] += z / priors[i].deviation;
  }
  return value;
}

void GaussianProcess::fit(PointSet points, std::vector<double> values, int evaluations) {
  points_ = std::move(points);
  values_ = Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(values.size()));
  std::vector<double> low;
  std::vector<double> high;
  for (const Prior& prior : priors_of(kinds_.size())) {
    low.push_back(prior.low);
    high.push_back(prior.high);
  }
  const Minimum minimum = minimize(
      [this](const std::vector<double>& logs, std::vector<double>& gradient) { return evaluate(logs, gradient); },
      to_logs(parameters_), low, high, evaluations);
  parameters_ = from_logs(minimum.at);
  while (!factor()) parameters_.noise = std::max(10 * parameters_.noise, kLeastNoise);
}

Prediction GaussianProcess::predict(std::span<const double> point) const {
  Eigen::VectorXd row(values_.size());
  kernel_row(parameters_, kinds_, point, points_, points_.size(), row.data());
  const double mean = mean_ + row.dot(alpha_);
  lower_.triangularView<Eigen::Lower>().solveInPlace(row);
  return {mean, std::max(parameters_.signal() - row.squaredNorm(), 1e-12)};
}

std::vector<Prediction> GaussianProcess::predict(const PointSet& points) const {
  std::vector<Prediction> predictions(points.size());
  constexpr std::size_t kBatch = 256;
  Eigen::MatrixXd rows(values_.size(), static_cast<Eigen::Index>(std::min(kBatch, points.size())));
  for (std::size_t begin = 0; begin < points.size(); begin += kBatch) {
    const auto count = static_cast<Eigen::Index>(std::min(kBatch, points.size() - begin));
    for (Eigen::Index j = 0; j < count; ++j) {
      kernel_row(parameters_, kinds_, points.point(begin + static_cast<std::size_t>(j)), points_, points_.size(),
                 rows.col(j).data());
    }
    auto block = rows.leftCols(count);
    const Eigen::VectorXd means = block.transpose() * alpha_;
    lower_.triangularView<Eigen::Lower>().solveInPlace(block);
    for (Eigen::Index j = 0; j < count; ++j) {
      predictions[begin + static_cast<std::size_t>(j)] = {
          mean_ + means[j], std::max(parameters_.signal() - block.col(j).squaredNorm(), 1e-12)};
    }
  }
  return predictions;
}

Prediction GaussianProcess::predict(std::span<const double> point, std::span<double> mean_slope,
                                    std::span<double> variance_slope) const {
  Eigen::VectorXd row(values_.size());
  kernel_row(parameters_, kinds_, point, points_, points_.size(), row.data());
  const double mean = mean_ + row.dot(alpha_);
  lower_.triangularView<Eigen::Lower>().solveInPlace(row);
  const double variance = std::max(parameters_.signal() - row.squaredNorm(), 1e-12);
  std::fill(mean_slope.begin(), mean_slope.end(), 0.0);
  std::fill(variance_slope.begin(), variance_slope.end(), 0.0);
  add_point_gradient(parameters_, kinds_, point, points_, alpha_.data(), mean_slope);
  lower_.triangularView<Eigen::Lower>().transpose().solveInPlace(row);
  row *= -2;
  add_point_gradient(parameters_, kinds_, point, points_, row.data(), variance_slope);
  return {mean, variance};
}

double GaussianProcess::least_mean() const { return (values_ - parameters_.noise * alpha_).minCoeff(); }

double GaussianProcess::leave_one_out() const {
  const Eigen::Index n = values_.size();
  Eigen::MatrixXd inverse = Eigen::MatrixXd::Identity(n, n);
  lower_.triangularView<Eigen::Lower>().solveInPlace(inverse);
  double sum = 0;
  for (Eigen::Index i = 0; i < n; ++i) {
    const double precision = inverse.col(i).squaredNorm();
    const double residual = alpha_[i] / precision;
    sum += 0.5 * std::log(precision) - 0.5 * residual * residual * precision;
  }
  return sum / static_cast<double>(n) - 0.5 * std::log(2 * std::numbers::pi);
}

}  // namespace manta::gp
