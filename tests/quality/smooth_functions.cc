// SPDX-License-Identifier: Apache-2.0
// Functions with a known optimum, on boxes whose centre is not the optimum.
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

#include "tests/quality/quality_task.h"

namespace manta::quality {

namespace {

using Point = std::vector<double>;
using Function = double (*)(const Point&);
constexpr double kPi = std::numbers::pi;

double branin(const Point& x) {
  const double inner = x[1] - 5.1 / (4 * kPi * kPi) * x[0] * x[0] + 5 / kPi * x[0] - 6;
  return inner * inner + 10 * (1 - 1 / (8 * kPi)) * std::cos(x[0]) + 10;
}

double hartmann6(const Point& x) {
  constexpr std::array<double, 4> kAlpha{1, 1.2, 3, 3.2};
  constexpr double kA[4][6] = {{10, 3, 17, 3.5, 1.7, 8},
                               {0.05, 10, 17, 0.1, 8, 14},
                               {3, 3.5, 1.7, 10, 17, 8},
                               {17, 8, 0.05, 10, 0.1, 14}};
  constexpr double kP[4][6] = {{0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886},
                               {0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991},
                               {0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650},
                               {0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381}};
  double sum = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    double inner = 0;
    for (std::size_t j = 0; j < 6; ++j) inner += kA[i][j] * (x[j] - kP[i][j]) * (x[j] - kP[i][j]);
    sum -= kAlpha[i] * std::exp(-inner);
  }
  return sum;
}

double ackley(const Point& x) {
  double squares = 0;
  double cosines = 0;
  for (const double v : x) {
    squares += v * v;
    cosines += std::cos(2 * kPi * v);
  }
  const auto d = static_cast<double>(x.size());
  return -20 * std::exp(-0.2 * std::sqrt(squares / d)) - std::exp(cosines / d) + 20 + std::numbers::e;
}

double levy(const Point& x) {
  const auto w = [&x](std::size_t i) { return 1 + (x[i] - 1) / 4; };
  const std::size_t last = x.size() - 1;
  double sum = std::pow(std::sin(kPi * w(0)), 2);
  for (std::size_t i = 0; i < last; ++i) {
    sum += std::pow(w(i) - 1, 2) * (1 + 10 * std::pow(std::sin(kPi * w(i) + 1), 2));
  }
  return sum + std::pow(w(last) - 1, 2) * (1 + std::pow(std::sin(2 * kPi * w(last)), 2));
}

double rosenbrock(const Point& x) {
  double sum = 0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    sum += 100 * std::pow(x[i + 1] - x[i] * x[i], 2) + std::pow(1 - x[i], 2);
  }
  return sum;
}

double rastrigin(const Point& x) {
  double sum = 0;
  for (const double v : x) sum += 10 + v * v - 10 * std::cos(2 * kPi * v);
  return sum;
}

double styblinski(const Point& x) {
  double sum = 0;
  for (const double v : x) sum += (v * v * v * v - 16 * v * v + 5 * v) / 2;
  return sum;
}

class SmoothFunction final : public QualityTask {
 public:
  SmoothFunction(std::string name, Function function, double best, const std::vector<FloatDomain>& box)
      : name_(std::move(name)), family_("smooth"), function_(function), best_(best) {
    std::vector<Parameter> parameters;
    for (std::size_t i = 0; i < box.size(); ++i) parameters.push_back({"x" + std::to_string(i), box[i]});
    space_ = Space(std::move(parameters));
  }

  const std::string& name() const override { return name_; }
  const std::string& family() const override { return family_; }
  const Space& space() const override { return space_; }
  Mode mode() const override { return Mode::kMin; }
  Evaluation evaluate(const Config& config, std::uint64_t /*draw*/) const override {
    Point x;
    for (const Parameter& parameter : space_.parameters()) x.push_back(config[parameter.name].as<double>());
    const double value = function_(x);
    return {Evaluation::Kind::kOk, value, value};
  }
  Judgement judge(double score) const override { return {.quantile = 1, .norm_regret = std::max(0.0, score - best_)}; }

 private:
  std::string name_;
  std::string family_;
  Space space_;
  Function function_;
  double best_;
};

std::vector<FloatDomain> box(std::size_t dimensions, double low, double high) {
  return std::vector<FloatDomain>(dimensions, FloatDomain{.low = low, .high = high});
}

}  // namespace

std::vector<std::unique_ptr<QualityTask>> smooth_functions() {
  std::vector<std::unique_ptr<QualityTask>> tasks;
  const auto add = [&tasks](const char* name, Function function, double best, const std::vector<FloatDomain>& where) {
    tasks.push_back(std::make_unique<SmoothFunction>(name, function, best, where));
  };
  add("branin", branin, 0.39788735772973816, {{.low = -5, .high = 10}, {.low = 0, .high = 15}});
  add("hartmann6", hartmann6, -3.32236801141551, box(6, 0, 1));
  add("ackley5", ackley, 0, box(5, -20, 32.768));
  add("levy5", levy, 0, box(5, -10, 10));
  add("rosenbrock5", rosenbrock, 0, box(5, -5, 10));
  add("rastrigin5", rastrigin, 0, box(5, -4, 5.12));
  add("styblinski5", styblinski, -39.16616570377142 * 5, box(5, -5, 5));
  return tasks;
}

}  // namespace manta::quality
