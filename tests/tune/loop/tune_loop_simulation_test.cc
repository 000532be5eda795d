// SPDX-License-Identifier: Apache-2.0
// Whole experiments in virtual time: determinism, size, and what ASHA is good for.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <numeric>

#include "core/base/random.h"
#include "schedulers/make_scheduler.h"
#include "tests/tune/loop/loop_fixture.h"
#include "tune/loop/curve_table.h"

namespace manta::tune_loop_simulation_test {
namespace {

struct TuneOutcome {
  std::string log;
  std::int64_t epochs = 0;
  double best = 0;
};

std::string describe(const Change& change) {
  std::string text = std::to_string(change.index());
  if (const auto* changed = std::get_if<TrialChanged>(&change)) {
    const TrialStatus& status = changed->trial;
    text += " " + to_string(status.id) + " " + std::string(to_string(status.state)) + " " + status.cause + " " +
            std::to_string(status.attempt) + " " + std::to_string(changed->when.time_since_epoch().count());
  } else if (const auto* reported = std::get_if<Reported>(&change)) {
    const Report& report = reported->report;
    text += " " + to_string(report.trial) + " " + std::to_string(report.iteration) + " " +
            std::to_string(report.seconds) + " " + std::to_string(reported->when.time_since_epoch().count());
    for (const auto& [name, value] : report.metrics) text += " " + name + "=" + std::to_string(value);
  } else if (const auto* saved = std::get_if<SnapshotsSaved>(&change)) {
    text += " " + saved->searcher.json + saved->scheduler.json;
  }
  return text + "\n";
}

// Tries the rows of `table` in an order drawn from `seed`, each once.
class TableSearcher {
 public:
  TableSearcher(const CurveTable& table, std::uint64_t seed) : table_(table), order_(table.size()) {
    std::iota(order_.begin(), order_.end(), 0);
    RandomStream random(seed, 1);
    for (std::size_t index = order_.size(); index > 1; --index) {
      std::swap(order_[index - 1], order_[random.below(index)]);
    }
  }

  Result<std::optional<Config>> operator()(TrialId trial) const {
    const auto index = static_cast<std::size_t>(trial.number);
    if (index >= order_.size()) return std::optional<Config>();
    return std::optional<Config>(table_.config(order_[index]));
  }

 private:
  const CurveTable& table_;
  std::vector<std::size_t> order_;
};

TuneOutcome tune(const CurveTable& table, std::string_view scheduler_text, std::uint64_t seed, std::int64_t trials,
                 std::int64_t iterations, int workers) {
  LoopOptions options;
  options.objective = {"loss", Mode::kMin};
  options.max_trials = trials;
  options.max_iterations = iterations;
  options.concurrency = workers;
  ScriptedSearcher searcher{TableSearcher(table, seed)};
  const auto scheduler = make_scheduler(scheduler_text, options.objective, options.max_iterations).value();
  SimulatedExecutor executor(table.step_function("loss", 1), {.slots = workers});
  FakeSink sink;
  RecordingObserver observer;
  TuneLoop loop(options, {searcher, *scheduler, executor, sink, observer});
  const Result<LoopEnd> end = loop.run();
  EXPECT_TRUE(end.has_value());
  TuneOutcome outcome;
  for (const Change& change : sink.changes()) outcome.log += describe(change);
  outcome.epochs = static_cast<std::int64_t>(observer.reports.size());
  outcome.best = observer.bests.empty() ? std::numeric_limits<double>::infinity() : observer.bests.back().second;
  return outcome;
}

// Curves like those of training: a floor of its own for each row, reached at a rate of its own, with some noise; one in
// twenty diverges.
CurveTable synthetic_table(std::size_t rows, std::size_t length) {
  std::string csv = "row,s0";
  for (std::size_t step = 1; step <= length; ++step) csv += ",s" + std::to_string(step);
  for (std::size_t row = 0; row < rows; ++row) {
    RandomStream random(3, row);
    const double floor = random.uniform();
    const double rate = 0.1 + random.uniform();
    csv += "\n" + std::to_string(row);
    for (std::size_t step = 0; step <= length; ++step) {
      const double noise = 0.02 * random.normal();
      const double loss = floor + 3 * std::exp(-rate * static_cast<double>(step)) + noise;
      csv += row % 20 == 19 && step > 2 ? ",nan" : "," + std::to_string(loss);
    }
  }
  return CurveTable::parse(csv).value();
}

// The place of `best` among the best values that the rows reach in all: 0 is the best row.
std::size_t rank_of(double best, const CurveTable& table) {
  std::size_t better = 0;
  for (std::size_t row = 0; row < table.size(); ++row) {
    double reached = std::numeric_limits<double>::infinity();
    for (const double value : table.curve(row).subspan(1))
      reached = std::isfinite(value) ? std::min(reached, value) : reached;
    if (reached < best - 1e-12) ++better;
  }
  return better;
}

TEST(TuneLoopSimulationTest, TheSameSeedGivesTheSameChanges) {
  const CurveTable table = synthetic_table(60, 27);

  const TuneOutcome once = tune(table, "asha:eta=3", 5, 60, 27, 4);
  const TuneOutcome again = tune(table, "asha:eta=3", 5, 60, 27, 4);
  const TuneOutcome other = tune(table, "asha:eta=3", 6, 60, 27, 4);

  EXPECT_EQ(once.log, again.log);
  EXPECT_NE(once.log, other.log);
}

TEST(TuneLoopSimulationTest, AshaFindsATopConfigurationWithFarFewerEpochsThanFifo) {
  const CurveTable table = synthetic_table(300, 27);

  const TuneOutcome fifo = tune(table, "fifo", 1, 300, 27, 8);
  const TuneOutcome asha = tune(table, "asha:eta=3", 1, 300, 27, 8);

  EXPECT_EQ(fifo.epochs, 300 * 27);
  EXPECT_EQ(rank_of(fifo.best, table), 0u);
  EXPECT_LT(asha.epochs, fifo.epochs / 4);
  EXPECT_LT(rank_of(asha.best, table), 6u);  // Of 300: the best 2 %.
}

// The text of a file that gzip compressed, or none.
std::optional<std::string> decompressed(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(("gzip -dc '" + path.string() + "'").c_str(), "r"),
                                                             pclose);
  std::string text;
  char buffer[4096];
  for (std::size_t count = 0; (count = std::fread(buffer, 1, sizeof buffer, pipe.get())) > 0;) {
    text.append(buffer, count);
  }
  return text;
}

TEST(TuneLoopSimulationTest, AshaDoesSoOnRealLearningCurves) {
  const char* const folder = std::getenv("MANTA_DATA_DIR");
  if (folder == nullptr) GTEST_SKIP() << "set MANTA_DATA_DIR to the folder that holds taskset/";
  const std::filesystem::path path = std::filesystem::path(folder) / "taskset/patch32_LSTM128_bs128.valid.csv.gz";
  const std::optional<std::string> csv = decompressed(path);
  if (!csv) GTEST_SKIP() << path << " is not there";
  const CurveTable table = CurveTable::parse(*csv).value();
  ASSERT_EQ(table.size(), 1000u);

  const TuneOutcome fifo = tune(table, "fifo", 1, 1000, 50, 16);
  const TuneOutcome asha = tune(table, "asha:eta=3,grace=1", 1, 1000, 50, 16);

  EXPECT_EQ(fifo.epochs, 50'000);
  EXPECT_LT(asha.epochs, fifo.epochs / 4);
  EXPECT_LT(rank_of(asha.best, table), 10u);  // Of 1000: the best 1 %.
}

TEST(TuneLoopSimulationTest, HundredThousandFinishedTrialsDoNotSlowTheNext) {
  LoopOptions options;
  options.objective = {"loss", Mode::kMin};
  options.max_trials = 120'000;
  options.max_iterations = 1;
  options.concurrency = 64;
  LoopState state;
  state.trials.resize(100'000);
  for (std::size_t number = 0; number < state.trials.size(); ++number) {
    state.trials[number].id = {static_cast<std::int64_t>(number)};
    state.trials[number].state = TrialState::kCompleted;
  }
  ScriptedSearcher searcher;
  ScriptedScheduler scheduler;
  SimulatedExecutor executor(
      [](const Config&, TrialId trial, std::int64_t) {
        return std::optional(Stepped{.metrics = {{"loss", static_cast<double>(trial.number % 977)}}, .seconds = 1});
      },
      {.slots = 64});
  FakeSink sink;
  RecordingObserver observer;
  TuneLoop loop(options, {searcher, scheduler, executor, sink, observer}, std::move(state));

  const Result<LoopEnd> end = loop.run();

  // A scan over all trials per event would be 10^10 steps and run into the test's timeout.
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(loop.trials().size(), 120'000u);
  EXPECT_EQ(observer.reports.size(), 20'000u);
  EXPECT_LE(sink.all<SnapshotsSaved>().size(), 5u);  // One per so many trials, not one per second.
}

}  // namespace
}  // namespace manta::tune_loop_simulation_test
