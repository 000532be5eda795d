// SPDX-License-Identifier: Apache-2.0
// A problem whose answer is known, so that what a searcher finds can be judged.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "searchers/pareto/pareto.h"
#include "tune/space/space.h"
#include "tune/trial/further_goals.h"
#include "tune/trial/metrics.h"
#include "tune/trial/objective.h"

namespace manta::quality {

/// What a trial of a task comes to.
struct Evaluation {
  enum class Kind {
    kOk,         ///< `told` is what the searcher is told, `score` what it is judged by.
    kFailed,     ///< Costs a trial and gives no value: a kernel that did not compile.
    kForbidden,  ///< Breaks the task's constraints: costs nothing, and another suggestion is asked for.
  };
  Kind kind = Kind::kOk;
  double told = 0;
  double score = 0;
  double seconds = 1;  ///< What the trial takes.
  Metrics metrics = {};  ///< Of a task with further goals: "value", which is `told`, and theirs.
};

/// How good a score is. Both are 0 at the optimum and at most 1.
struct Judgement {
  double quantile = 1;     ///< Share of valid configurations that are strictly better. 1 where that is not known.
  double norm_regret = 1;  ///< min(1, (score - best) / (median - best)); of a function, score - best.
};

/// Thread-safety: const methods from any thread.
class QualityTask {
 public:
  virtual ~QualityTask() = default;

  virtual const std::string& name() const = 0;
  virtual const std::string& family() const = 0;  ///< Tasks of one family resemble each other.
  virtual const Space& space() const = 0;
  virtual Mode mode() const = 0;
  /// The trial of `config`; `draw` decides which repeat a noisy task shows.
  virtual Evaluation evaluate(const Config& config, std::uint64_t draw) const = 0;
  virtual Judgement judge(double score) const = 0;
  /// What a random configuration takes.
  virtual double mean_seconds() const { return 1; }

  /// Beside "value", which is the objective.
  virtual FurtherGoals further() const { return {}; }
  /// Of a task with further objectives, by the losses of all trials that keep its constraints: norm_regret is the share
  /// of the hypervolume of the true front that they leave undominated.
  virtual Judgement judge_front(const LossTable& losses) const { return static_cast<void>(losses), Judgement{}; }
};

/// The share of `best`, the hypervolume of a true front, that `losses` do not dominate.
Judgement missing_volume(const LossTable& losses, const std::vector<double>& reference, double best);

/// The tables of `folder`, as its manifest.json lists them: each entry with "params" or "space" is one. With `noisy`,
/// a trial shows one of the table's repeats instead of their mean.
/// Errors: kNotFound: no manifest. kInvalidArgument: what cannot be read, with its file.
Result<std::vector<std::unique_ptr<QualityTask>>> load_tables(const std::string& folder, bool noisy);

/// The tables of GPU kernels among them that know the time of the compiler, with it as the second objective,
/// "compile_ms". The reference is the third quartile of each.
/// Errors: as load_tables().
Result<std::vector<std::unique_ptr<QualityTask>>> load_kernel_tables(const std::string& folder);

/// Functions of several objectives: ZDT1, ZDT2 and ZDT3 of ten parameters, DTLZ2 of eight with three objectives, one
/// over a mixed space, and under constraints C2-DTLZ2 of six parameters and CONSTR.
std::vector<std::unique_ptr<QualityTask>> goal_functions();

/// Branin, Hartmann6, Ackley5, Levy5, Rosenbrock5, Rastrigin5 and Styblinski5 on boxes whose centre is not the optimum.
std::vector<std::unique_ptr<QualityTask>> smooth_functions();

}  // namespace manta::quality
