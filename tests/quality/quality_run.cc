// SPDX-License-Identifier: Apache-2.0
// One run of a searcher on a task, by the protocol.
#include "tests/quality/quality_run.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <utility>

#include "core/base/random.h"
#include "tune/trial/repeated_value.h"

namespace manta::quality {

namespace {

constexpr std::int64_t kMaxRejectionsInARow = 2000;
constexpr std::uint64_t kDurationStream = hash_name("quality/duration");

struct Flight {
  double end;
  std::int64_t trial;
  Config config;
  Evaluation evaluation;
};
struct EndsLater {
  bool operator()(const Flight& a, const Flight& b) const { return a.end != b.end ? a.end > b.end : a.trial > b.trial; }
};

class Run {
 public:
  Run(const QualityTask& task, Searcher& searcher, const RunOptions& options)
      : task_(task),
        searcher_(searcher),
        options_(options),
        further_(task.further()),
        losses_(1 + further_.objectives.size()) {}

  RunResult go() {
    const std::int64_t trials = options_.checkpoints.back();
    while (finished_ < trials || is_time_left()) {
      while (static_cast<int>(running_.size()) < options_.workers &&
             (started_ < trials || is_time_left()) && launch()) {
      }
      if (running_.empty()) break;  // The searcher has no more.
      land();
    }
    while (result_.at.size() < options_.checkpoints.size()) checkpoint();
    while (result_.at_times.size() < options_.times.size()) result_.at_times.push_back(judge());
    result_.unique = static_cast<std::int64_t>(seen_.size());
    return std::move(result_);
  }

 private:
  // Starts one trial. Returns false if the searcher cannot suggest now.
  bool launch() {
    for (std::int64_t rejections = 0;; ++rejections) {
      const std::int64_t trial = next_trial_++;
      const auto begin = std::chrono::steady_clock::now();
      Result<std::optional<Config>> asked = searcher_.ask(TrialId{trial});
      result_.ask_seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      if (!asked || !asked->has_value()) return false;
      Evaluation evaluation = task_.evaluate(**asked, options_.seed * 1'000'003 + static_cast<std::uint64_t>(trial));
      if (evaluation.kind == Evaluation::Kind::kForbidden && rejections < kMaxRejectionsInARow) {
        ++result_.rejections;
        tell(trial, **asked, evaluation);
        continue;
      }
      seen_.insert((*asked)->to_json());
      const double lasts =
          options_.workers == 1
              ? evaluation.seconds
              : 0.5 + RandomStream(options_.seed, kDurationStream, static_cast<std::uint32_t>(trial)).uniform();
      running_.push({now_ + lasts, trial, std::move(**asked), evaluation});
      ++started_;
      return true;
    }
  }

  void land() {
    const Flight flight = running_.top();
    running_.pop();
    while (result_.at_times.size() < options_.times.size() && options_.times[result_.at_times.size()] < flight.end)
      result_.at_times.push_back(judge());
    now_ = flight.end;
    tell(flight.trial, flight.config, flight.evaluation);
    if (flight.evaluation.kind == Evaluation::Kind::kOk) {
      if (!further_.objectives.empty()) keep_losses(flight.evaluation.metrics);
      const double told = task_.mode() == Mode::kMin ? flight.evaluation.told : -flight.evaluation.told;
      if (options_.averages) {
        average(flight.config, told, flight.evaluation.score);
      } else if (told < best_told_) {
        best_told_ = told;
        best_score_ = flight.evaluation.score;
      }
    }
    ++finished_;
    const bool is_checkpoint = result_.at.size() < options_.checkpoints.size();
    if (is_checkpoint && finished_ == options_.checkpoints[result_.at.size()]) checkpoint();
  }

  // Cheap trials may be so many.
  bool is_time_left() const {
    return !options_.times.empty() && now_ < options_.times.back() && finished_ < 4 * options_.checkpoints.back();
  }

  void checkpoint() {
    result_.at.push_back(judge());
    result_.seconds.push_back(now_);
  }

  void average(const Config& config, double told, double score) {
    const std::string text = config.to_json();
    const auto known = std::ranges::find(texts_, text);
    const auto place = static_cast<std::size_t>(known - texts_.begin());
    if (known == texts_.end()) {
      texts_.push_back(text);
      values_.emplace_back();
      scores_.push_back(score);
    }
    values_[place].add(told);
    const double noise = noise_deviation(values_).value_or(0);
    std::size_t best = 0;
    for (std::size_t i = 1; i < values_.size(); ++i) {
      if (values_[i].mean + standard_error(values_[i], noise) < values_[best].mean + standard_error(values_[best], noise))
        best = i;
    }
    best_score_ = scores_[best];
  }

  void tell(std::int64_t trial, const Config& config, const Evaluation& evaluation) {
    const bool is_ok = evaluation.kind == Evaluation::Kind::kOk;
    const bool is_forbidden = evaluation.kind == Evaluation::Kind::kForbidden;
    const auto begin = std::chrono::steady_clock::now();
    searcher_.tell({.trial = TrialId{trial},
                    .config = config,
                    .state = is_ok          ? TrialState::kCompleted
                             : is_forbidden ? TrialState::kInfeasible
                                            : TrialState::kFailed,
                    .iteration = 1,
                    .value = is_ok ? std::optional(evaluation.told) : std::nullopt,
                    .seconds = evaluation.seconds,
                    .metrics = is_ok && !further_.empty() ? &evaluation.metrics : nullptr});
    result_.ask_seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }

  void keep_losses(const Metrics& metrics) {
    if (!further_.are_kept(metrics)) return;
    std::vector<double> losses{-Objective{"value", task_.mode()}.score(*metrics.find("value"))};
    for (const Objective& objective : further_.objectives)
      losses.push_back(-objective.score(*metrics.find(objective.metric)));
    losses_.add(losses);
  }

  Judgement judge() const {
    if (!further_.objectives.empty()) return task_.judge_front(losses_);
    return best_score_ ? task_.judge(*best_score_) : Judgement{};
  }

  const QualityTask& task_;
  Searcher& searcher_;
  const RunOptions& options_;
  const FurtherGoals further_;
  LossTable losses_;  // Of trials that keep the constraints, where there are further objectives.
  RunResult result_;
  std::priority_queue<Flight, std::vector<Flight>, EndsLater> running_;
  std::set<std::string> seen_;
  std::int64_t next_trial_ = 0;
  std::int64_t started_ = 0;
  std::int64_t finished_ = 0;
  double now_ = 0;
  double best_told_ = std::numeric_limits<double>::infinity();
  std::optional<double> best_score_;
  std::vector<std::string> texts_;  // Of the configurations, with what they came to, where means count.
  std::vector<RepeatedValue> values_;
  std::vector<double> scores_;
};

}  // namespace

RunResult run_task(const QualityTask& task, Searcher& searcher, const RunOptions& options) {
  return Run(task, searcher, options).go();
}

}  // namespace manta::quality
