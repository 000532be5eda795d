// SPDX-License-Identifier: Apache-2.0
// Runs a searcher over tasks and prints one JSON object per checkpoint of each run. tests/quality/run makes tables of
// it.
//
//     manta_quality SEARCHER tables DIR|functions -|goals DIR|goals - SEEDS TRIALS WORKERS exact|noisy JOBS
//         [best|good|misleading low|medium|high] [repeat=N] [costly] [timed]
//
// A SEARCHER of the form exec:COMMAND is any program (docs/guides/searchers.md). goals are functions of several
// objectives and, with a folder, the tables of it that have two; the norm_regret there is the share of the hypervolume
// that is missing. With two words like "best high" the space has defaults of this confidence, others for each seed
// (task_with_default.h). "repeat=N" is --repeat N, and what is best goes by means. With "costly" what trials take
// depends on a parameter, another for each seed (task_with_cost.h). With "timed" there are further rows, with "time" in
// place of "n": after 10, 25, 50 and 100 % of what so many random trials take.
#include <atomic>
#include <charconv>
#include <iostream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string_view>
#include <thread>

#include "core/base/random.h"
#include "integrations/external_searcher/external_searcher.h"
#include "searchers/make_searcher.h"
#include "searchers/repeating_searcher.h"
#include "tests/quality/quality_run.h"
#include "tests/quality/task_with_cost.h"
#include "tests/quality/task_with_default.h"

namespace manta::quality {
namespace {

struct Request {
  std::string searcher;
  std::string what;    // "tables", "functions" or "goals".
  std::string tables;  // A folder; "-": none.
  std::int64_t seeds = 20;
  std::int64_t trials = 100;
  std::int64_t workers = 1;
  bool noisy = false;
  std::int64_t jobs = 1;
  std::optional<DefaultRank> default_rank;
  Confidence confidence = Confidence::kMedium;
  std::int64_t repeat = 1;
  bool costly = false;
  bool timed = false;
};

std::optional<std::int64_t> count_of(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1) return std::nullopt;
  return value;
}

std::optional<Confidence> confidence_of(std::string_view text) {
  if (text == "low") return Confidence::kLow;
  if (text == "medium") return Confidence::kMedium;
  if (text == "high") return Confidence::kHigh;
  return std::nullopt;
}

std::optional<DefaultRank> rank_of(std::string_view text) {
  if (text == "best") return DefaultRank::kBest;
  if (text == "good") return DefaultRank::kGood;
  if (text == "misleading") return DefaultRank::kMisleading;
  return std::nullopt;
}

bool is_set(std::string_view what) { return what == "tables" || what == "functions" || what == "goals"; }

std::optional<Request> read_request(std::vector<std::string_view> words) {
  const auto takes = [&words](std::string_view word) { return std::erase(words, word) > 0; };
  const bool costly = takes("costly");
  const bool timed = takes("timed");
  std::optional<std::int64_t> repeat = 1;
  if (!words.empty() && words.back().starts_with("repeat=")) {
    repeat = count_of(words.back().substr(7));
    words.pop_back();
  }
  const bool has_default = words.size() == 10;
  if ((words.size() != 8 && !has_default) || !is_set(words[1])) return std::nullopt;
  const auto seeds = count_of(words[3]);
  const auto trials = count_of(words[4]);
  const auto workers = count_of(words[5]);
  const auto jobs = count_of(words[7]);
  if (!repeat || !seeds || !trials || !workers || !jobs) return std::nullopt;
  if (words[6] != "exact" && words[6] != "noisy") return std::nullopt;
  const auto rank = has_default ? rank_of(words[8]) : std::nullopt;
  const auto confidence = has_default ? confidence_of(words[9]) : Confidence::kMedium;
  if (!confidence || has_default != rank.has_value()) return std::nullopt;
  return Request{.searcher = std::string(words[0]),
                 .what = std::string(words[1]),
                 .tables = std::string(words[2]),
                 .seeds = *seeds,
                 .trials = *trials,
                 .workers = *workers,
                 .noisy = words[6] == "noisy",
                 .jobs = *jobs,
                 .default_rank = rank,
                 .confidence = *confidence,
                 .repeat = *repeat,
                 .costly = costly,
                 .timed = timed};
}

std::vector<std::int64_t> checkpoints_of(std::int64_t trials) {
  std::vector<std::int64_t> checkpoints;
  for (const std::int64_t n : {10, 25, 50, 100, 200, 400}) {
    if (n < trials) checkpoints.push_back(n);
  }
  checkpoints.push_back(trials);
  return checkpoints;
}

constexpr double kTimeShares[] = {0.1, 0.25, 0.5, 1};

nlohmann::json row_of(const QualityTask& task, std::int64_t seed, const RunOptions& options, const RunResult& result,
                      std::size_t checkpoint) {
  return {{"task", task.name()},
          {"family", task.family()},
          {"seed", seed},
          {"n", options.checkpoints[checkpoint]},
          {"quantile", result.at[checkpoint].quantile},
          {"norm_regret", result.at[checkpoint].norm_regret},
          {"rejections", result.rejections},
          {"unique", result.unique},
          {"seconds", result.seconds[checkpoint]},
          {"ask_seconds", result.ask_seconds}};
}

nlohmann::json timed_row_of(const QualityTask& task, std::int64_t seed, const RunResult& result, std::size_t share) {
  return {{"task", task.name()},
          {"family", task.family()},
          {"seed", seed},
          {"time", kTimeShares[share]},
          {"quantile", result.at_times[share].quantile},
          {"norm_regret", result.at_times[share].norm_regret}};
}

// `task` as the request wants it; null: as it is.
std::unique_ptr<QualityTask> changed(const Request& request, const QualityTask& task, std::int64_t seed) {
  if (request.default_rank) {
    return task_with_default(task, *request.default_rank, request.confidence,
                             hash_name("quality/default") + static_cast<std::uint64_t>(seed));
  }
  if (request.costly) return task_with_cost(task, hash_name(task.name()) + static_cast<std::uint64_t>(seed));
  return nullptr;
}

Result<std::unique_ptr<Searcher>> searcher_for(const Request& request, const SearcherSetup& setup) {
  if (const std::optional<std::string> command = external_searcher_command(request.searcher)) {
    MANTA_ASSIGN_OR_RETURN(std::unique_ptr<ExternalSearcher> program, ExternalSearcher::start(*command, setup));
    return std::unique_ptr<Searcher>(std::move(program));
  }
  MANTA_ASSIGN_OR_RETURN(std::unique_ptr<Searcher> searcher, make_searcher(request.searcher, setup));
  if (request.repeat == 1) return searcher;
  return RepeatingSearcher::make(std::move(searcher), setup, request.repeat);
}

Result<std::vector<std::unique_ptr<QualityTask>>> tasks_of(const Request& request) {
  if (request.what == "tables") return load_tables(request.tables, request.noisy);
  if (request.what == "functions") return smooth_functions();
  std::vector<std::unique_ptr<QualityTask>> tasks = goal_functions();
  if (request.tables == "-") return tasks;
  MANTA_ASSIGN_OR_RETURN(auto tables, load_kernel_tables(request.tables));
  for (auto& table : tables) tasks.push_back(std::move(table));
  return tasks;
}

// Runs all seeds of all tasks, on several threads; what is printed does not depend on how many, only its order does.
int run_all(const Request& request, const std::vector<std::unique_ptr<QualityTask>>& tasks) {
  std::atomic<std::int64_t> next = 0;
  std::atomic<bool> is_broken = false;
  std::mutex printing;
  const auto work = [&] {
    const std::int64_t runs = static_cast<std::int64_t>(tasks.size()) * request.seeds;
    for (std::int64_t run = next++; run < runs && !is_broken; run = next++) {
      const QualityTask& plain = *tasks[static_cast<std::size_t>(run / request.seeds)];
      const std::int64_t seed = run % request.seeds;
      const std::unique_ptr<QualityTask> other = changed(request, plain, seed);
      const QualityTask& task = other ? *other : plain;
      std::vector<double> times;
      for (const double share : kTimeShares) {
        if (request.timed) times.push_back(share * static_cast<double>(request.trials) * task.mean_seconds());
      }
      const RunOptions options{.checkpoints = checkpoints_of(request.trials),
                               .workers = static_cast<int>(request.workers),
                               .seed = hash_name(task.name()) + static_cast<std::uint64_t>(seed),
                               .averages = request.repeat > 1,
                               .times = times};
      const auto searcher = searcher_for(request, {.space = &task.space(),
                                                   .objective = {.metric = "value", .mode = task.mode()},
                                                   .further = task.further(),
                                                   .seed = options.seed,
                                                   .samples = request.trials});
      if (!searcher) {
        const std::lock_guard lock(printing);
        std::cerr << task.name() << ": " << searcher.error().message << "\n";
        is_broken = true;
        return;
      }
      const RunResult result = run_task(task, **searcher, options);
      const std::lock_guard lock(printing);
      for (std::size_t i = 0; i < options.checkpoints.size(); ++i) {
        std::cout << row_of(task, seed, options, result, i).dump() << "\n";
      }
      for (std::size_t i = 0; i < times.size(); ++i) std::cout << timed_row_of(task, seed, result, i).dump() << "\n";
    }
  };
  std::vector<std::jthread> threads;
  for (std::int64_t i = 0; i < request.jobs; ++i) threads.emplace_back(work);
  threads.clear();
  return is_broken ? 1 : 0;
}

int quality_main(const std::vector<std::string_view>& words) {
  const std::optional<Request> request = read_request(words);
  if (!request) {
    std::cerr << "manta_quality SEARCHER tables DIR|functions -|goals DIR|goals - SEEDS TRIALS WORKERS exact|noisy JOBS"
                 " [best|good|misleading low|medium|high] [repeat=N] [costly] [timed]\n";
    return 2;
  }
  const auto tasks = tasks_of(*request);
  if (!tasks) {
    std::cerr << tasks.error().message << "\n";
    return 1;
  }
  return run_all(*request, *tasks);
}

}  // namespace
}  // namespace manta::quality

int main(int argc, char** argv) { return manta::quality::quality_main({argv + 1, argv + argc}); }
