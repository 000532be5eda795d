// SPDX-License-Identifier: Apache-2.0
#include "searchers/cma_es/cma_es.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace manta::internal {

namespace {

int default_population(std::size_t dimensions) {
  return 4 + static_cast<int>(3 * std::log(static_cast<double>(dimensions)));
}

}  // namespace

CmaEs::CmaEs(const Start& start)
    : population_(start.population > 0 ? start.population : default_population(start.mean.size())),
      deviation_(start.deviation),
      mean_(Eigen::Map<const Eigen::VectorXd>(start.mean.data(), static_cast<Eigen::Index>(start.mean.size()))),
      path_(Eigen::VectorXd::Zero(mean_.size())),
      shape_path_(path_),
      covariance_(Eigen::MatrixXd::Identity(mean_.size(), mean_.size())),
      directions_(covariance_),
      lengths_(Eigen::VectorXd::Ones(mean_.size())) {
  set_constants();
}

void CmaEs::set_constants() {
  const double d = static_cast<double>(mean_.size());
  const Eigen::Index parents = std::max(1, population_ / 2);
  weights_.resize(parents);
  for (Eigen::Index i = 0; i < parents; ++i) {
    weights_[i] = std::log((population_ + 1) / 2.) - std::log(static_cast<double>(i + 1));
  }
  weights_ /= weights_.sum();
  mu_eff_ = 1 / weights_.squaredNorm();
  c_sigma_ = (mu_eff_ + 2) / (d + mu_eff_ + 5);
  d_sigma_ = 1 + 2 * std::max(0., std::sqrt((mu_eff_ - 1) / (d + 1)) - 1) + c_sigma_;
  c_c_ = (4 + mu_eff_ / d) / (d + 4 + 2 * mu_eff_ / d);
  c_1_ = 2 / ((d + 1.3) * (d + 1.3) + mu_eff_);
  c_mu_ = std::min(1 - c_1_, 2 * (mu_eff_ - 2 + 1 / mu_eff_) / ((d + 2) * (d + 2) + mu_eff_));
  chi_ = std::sqrt(d) * (1 - 1 / (4 * d) + 1 / (21 * d * d));
}

double CmaEs::widest() const { return deviation_ * lengths_.maxCoeff(); }

double CmaEs::condition() const {
  const double ratio = lengths_.maxCoeff() / lengths_.minCoeff();
  return std::isfinite(ratio) ? ratio * ratio : std::numeric_limits<double>::infinity();
}

Eigen::VectorXd CmaEs::draw(RandomStream& random, const Eigen::VectorXd& least) const {
  Eigen::VectorXd step(mean_.size());
  for (double& z : step) z = random.normal();
  step = deviation_ * (directions_ * lengths_.cwiseProduct(step));
  for (Eigen::Index i = 0; i < step.size(); ++i) {
    const double own = deviation_ * std::sqrt(covariance_(i, i));
    if (own < least[i]) step[i] *= own > 0 ? least[i] / own : 0;
  }
  return mean_ + step;
}

void CmaEs::learn(const std::vector<Eigen::VectorXd>& points) {
  const Eigen::Index d = mean_.size();
  const Eigen::Index parents = std::min(weights_.size(), static_cast<Eigen::Index>(points.size()));
  const Eigen::VectorXd weights = weights_.head(parents) / weights_.head(parents).sum();
  Eigen::MatrixXd steps(d, parents);
  for (Eigen::Index i = 0; i < parents; ++i) {
    steps.col(i) = (points[static_cast<std::size_t>(i)] - mean_) / deviation_;
  }
  const Eigen::VectorXd step = steps * weights;
  mean_ += deviation_ * step;
  const Eigen::VectorXd white = directions_ * (directions_.transpose() * step).cwiseQuotient(lengths_);
  path_ = (1 - c_sigma_) * path_ + std::sqrt(c_sigma_ * (2 - c_sigma_) * mu_eff_) * white;
  ++generation_;
  const double expected = std::sqrt(1 - std::pow(1 - c_sigma_, 2 * generation_)) * chi_;
  const bool is_short = path_.norm() / expected < 1.4 + 2 / (static_cast<double>(d) + 1);
  shape_path_ *= 1 - c_c_;
  if (is_short) shape_path_ += std::sqrt(c_c_ * (2 - c_c_) * mu_eff_) * step;
  const double kept = 1 - c_1_ - c_mu_ + (is_short ? 0 : c_1_ * c_c_ * (2 - c_c_));
  covariance_ = kept * covariance_ + c_1_ * shape_path_ * shape_path_.transpose() +
                c_mu_ * steps * weights.asDiagonal() * steps.transpose();
  deviation_ *= std::exp(std::min(1., c_sigma_ / d_sigma_ * (path_.norm() / chi_ - 1)));
  decompose();
}

void CmaEs::decompose() {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance_);
  directions_ = solver.eigenvectors();
  lengths_ = solver.eigenvalues().cwiseMax(1e-30).cwiseSqrt();
}

std::vector<double> CmaEs::numbers() const {
  std::vector<double> all{static_cast<double>(mean_.size()), static_cast<double>(population_),
                          static_cast<double>(generation_), deviation_};
  const auto add = [&all](const auto& values) { all.insert(all.end(), values.data(), values.data() + values.size()); };
  add(mean_);
  add(path_);
  add(shape_path_);
  add(covariance_);
  return all;
}

std::optional<CmaEs> CmaEs::from(std::span<const double> numbers) {
  if (numbers.size() < 4 || !(numbers[0] >= 1 && numbers[0] <= 1e6) || !(numbers[1] >= 2 && numbers[1] <= 1e9) ||
      !(numbers[2] >= 0 && numbers[2] <= 1e9)) {
    return std::nullopt;
  }
  const auto d = static_cast<std::size_t>(numbers[0]);
  if (numbers.size() != 4 + 3 * d + d * d) return std::nullopt;
  CmaEs made({.mean = std::vector<double>(d), .deviation = numbers[3], .population = static_cast<int>(numbers[1])});
  made.generation_ = static_cast<int>(numbers[2]);
  const double* next = numbers.data() + 4;
  for (double& value : made.mean_) value = *next++;
  for (double& value : made.path_) value = *next++;
  for (double& value : made.shape_path_) value = *next++;
  std::copy(next, next + d * d, made.covariance_.data());
  if (made.generation_ > 0) made.decompose();
  return made;
}

}  // namespace manta::internal
