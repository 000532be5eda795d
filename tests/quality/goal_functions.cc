// SPDX-License-Identifier: Apache-2.0
// Functions of several objectives whose true fronts are known.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

#include "searchers/pareto/hypervolume.h"
#include "tests/quality/quality_task.h"
#include "tests/support/zdt.h"

namespace manta::quality {

namespace {

constexpr double kQuarter = std::numbers::pi / 2;

struct Goals {
  FurtherGoals further;
  std::vector<double> reference;
  double best_volume = 0;  // Of the true front.
};

class GoalFunction final : public QualityTask {
 public:
  GoalFunction(std::string name, Space space, Metrics (*function)(const Config&), Goals goals)
      : name_(std::move(name)), space_(std::move(space)), function_(function), goals_(std::move(goals)) {}

  const std::string& name() const override { return name_; }
  const std::string& family() const override { return family_; }
  const Space& space() const override { return space_; }
  Mode mode() const override { return Mode::kMin; }
  Evaluation evaluate(const Config& config, std::uint64_t /*draw*/) const override {
    Metrics metrics = function_(config);
    const double value = *metrics.find("value");
    return {.kind = Evaluation::Kind::kOk, .told = value, .score = value, .metrics = std::move(metrics)};
  }
  Judgement judge(double /*score*/) const override { return {}; }
  FurtherGoals further() const override { return goals_.further; }
  Judgement judge_front(const LossTable& losses) const override {
    return missing_volume(losses, goals_.reference, goals_.best_volume);
  }

 private:
  std::string name_;
  std::string family_ = "goals";
  Space space_;
  Metrics (*function_)(const Config&);
  Goals goals_;
};

Metrics of_two(std::array<double, 2> values) { return {{"value", values[0]}, {"f2", values[1]}}; }
Metrics value_of_zdt1(const Config& config) { return of_two(zdt1_values(config)); }
Metrics value_of_zdt2(const Config& config) { return of_two(zdt2_values(config)); }
Metrics value_of_zdt3(const Config& config) { return of_two(zdt3_values(config)); }

// Deb et al. 2002: a part of a sphere, which the coordinates behind the angles blow up.
double radius_of(const Config& config, int angles) {
  double g = 1;
  for (int i = angles; i < static_cast<int>(config.values().size()); ++i) g += std::pow(x_of(config, i) - 0.5, 2);
  return g;
}
Metrics dtlz2(const Config& config) {
  const double g = radius_of(config, 2);
  const double a = x_of(config, 0) * kQuarter;
  const double b = x_of(config, 1) * kQuarter;
  return {{"value", g * std::cos(a) * std::cos(b)}, {"f2", g * std::cos(a) * std::sin(b)}, {"f3", g * std::sin(a)}};
}
// Deb and Jain 2014: the same front, bent inwards.
Metrics convex_dtlz2(const Config& config) {
  const Metrics metrics = dtlz2(config);
  return {{"value", std::pow(*metrics.find("value"), 4)},
          {"f2", std::pow(*metrics.find("f2"), 4)},
          {"f3", std::pow(*metrics.find("f3"), 2)}};
}
// Deb et al. 2002: four separate pieces.
Metrics dtlz7(const Config& config) {
  double sum = 0;
  const auto count = static_cast<int>(config.values().size());
  for (int i = 2; i < count; ++i) sum += x_of(config, i);
  const double g = 2 + 9 * sum / (count - 2);
  double h = 3;
  for (int i = 0; i < 2; ++i)
    h -= x_of(config, i) / g * (1 + std::sin(3 * std::numbers::pi * x_of(config, i)));
  return {{"value", x_of(config, 0)}, {"f2", x_of(config, 1)}, {"f3", g * h}};
}
// Jain and Deb 2014: of a quarter of a circle only what lies within 0.2 of its ends and its middle.
Metrics c2_dtlz2(const Config& config) {
  const double g = radius_of(config, 1);
  const double f1 = g * std::cos(x_of(config, 0) * kQuarter);
  const double f2 = g * std::sin(x_of(config, 0) * kQuarter);
  const auto beyond = [&](double a, double b) { return std::pow(f1 - a, 2) + std::pow(f2 - b, 2) - 0.04; };
  const double middle = std::numbers::sqrt2 / 2;
  return {{"value", f1}, {"f2", f2}, {"g", std::min({beyond(1, 0), beyond(0, 1), beyond(middle, middle)})}};
}
// Deb 2001: one constraint is a part of the front.
Metrics constr(const Config& config) {
  const double a = x_of(config, 0);
  const double b = x_of(config, 1);
  return {{"value", a}, {"f2", (1 + b) / a}, {"g1", b + 9 * a}, {"g2", 9 * a - b}};
}
// Cost and error of something with parameters of every kind.
Metrics mixed(const Config& config) {
  const auto n = static_cast<double>(config["n"].as<std::int64_t>());
  const auto o = static_cast<double>(config["o"].as<std::int64_t>());
  const double y = std::abs(config["y"].as<double>() - 0.4);
  const double choice = config["c"].as<std::string>() == "b" ? 0 : 0.3;
  const double off = std::abs(std::log10(config["x"].as<double>()) + 2) / 2;
  return {{"value", n / 50 + y + choice}, {"f2", 2 / std::sqrt(n) + off + 0.1 * o}};
}

Space unit_space(int dimensions) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < dimensions; ++i)
    parameters.push_back({"x" + std::to_string(i), FloatDomain{.low = 0, .high = 1}});
  return Space(std::move(parameters));
}

Goals goals_of(std::vector<double> reference, double best_volume, const std::vector<const char*>& constraints = {}) {
  Goals goals{.further = {.objectives = {{"f2"}}, .constraints = {}},
              .reference = std::move(reference),
              .best_volume = best_volume};
  if (goals.reference.size() == 3) goals.further.objectives.push_back({"f3"});
  for (const char* text : constraints) goals.further.constraints.push_back(MetricCondition::parse(text).value());
  return goals;
}

}  // namespace

Judgement missing_volume(const LossTable& losses, const std::vector<double>& reference, double best) {
  return {.quantile = 1, .norm_regret = std::max(0.0, 1 - hypervolume(losses, reference) / best)};
}

std::vector<std::unique_ptr<QualityTask>> goal_functions() {
  std::vector<std::unique_ptr<QualityTask>> tasks;
  const auto add = [&tasks](const char* name, Space space, Metrics (*function)(const Config&), Goals goals) {
    tasks.push_back(std::make_unique<GoalFunction>(name, std::move(space), function, std::move(goals)));
  };
  // Volumes without a formula are of two million points of the front.
  add("zdt1", unit_space(10), value_of_zdt1, goals_of({11, 11}, 121 - 1. / 3));
  add("zdt2", unit_space(10), value_of_zdt2, goals_of({11, 11}, 121 - 2. / 3));
  add("zdt3", unit_space(10), value_of_zdt3, goals_of({11, 11}, 128.778116));
  add("dtlz2", unit_space(8), dtlz2, goals_of({1.1, 1.1, 1.1}, 1.331 - std::numbers::pi / 6));
  add("convex_dtlz2", unit_space(8), convex_dtlz2, goals_of({1.1, 1.1, 1.1}, 1.331 - 1. / 30));
  add("dtlz7", unit_space(6), dtlz7, goals_of({1.1, 1.1, 6.6}, 2.701895));
  add("mixed",
      Space({{"x", FloatDomain{.low = 1e-4, .high = 1, .log = true}},
             {"n", IntDomain{.low = 1, .high = 50}},
             {"c", ChoiceDomain{{Value("a"), Value("b"), Value("c"), Value("d")}}},
             {"o", OrdinalDomain{{Value(1), Value(2), Value(4), Value(8)}}},
             {"y", FloatDomain{.low = 0, .high = 1}}}),
      mixed, goals_of({4, 4}, 14.169034));
  add("c2_dtlz2", unit_space(6), c2_dtlz2, goals_of({1.1, 1.1}, 0.382333, {"g <= 0"}));
  add("constr",
      Space({{"x0", FloatDomain{.low = 0.1, .high = 1}}, {"x1", FloatDomain{.low = 0, .high = 5}}}),
      constr, goals_of({1.1, 10}, 5.332669, {"g1 >= 6", "g2 >= 1"}));
  return tasks;
}

}  // namespace manta::quality
