// SPDX-License-Identifier: Apache-2.0
// Whole experiments in virtual time, with their results on the disk.
#include "tune/cli/run_experiment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "tune/loop/simulated_executor.h"
#include "tune/results/experiment_view.h"
#include "tune/results/result_store.h"

namespace manta::run_experiment_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class RunExperimentTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_);
    options_.space = R"({"x": {"float": [0, 1]}})";
    options_.metric = "loss";
    options_.samples = 6;
    options_.max_iterations = 4;
    options_.concurrency = 2;
    options_.out = folder_ / "run";
    options_.trainable = "Net";
    options_.searcher = "random";  // Whose suggestions do not depend on which trial ends first.
    settings_ = {.console = {.progress = ProgressStyle::kNone}, .print_summary = false, .handle_signals = false};
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Each iteration takes a second; the loss is x over the iteration.
  static std::optional<Stepped> step(const Config& config, TrialId, std::int64_t iteration) {
    return Stepped{.metrics = {{"loss", config["x"].as<double>() / static_cast<double>(iteration)}}, .seconds = 1};
  }

  ExecutorMaker simulated(SimulatedExecutor::StepFunction function = step, SimulatedExecutor::Options options = {2}) {
    return [this, function, options](const ExecutorRequest& request) -> Result<std::unique_ptr<Executor>> {
      request_ = request;
      return std::unique_ptr<Executor>(std::make_unique<SimulatedExecutor>(function, options));
    };
  }

  Result<TuneOutcome> run(const ExecutorMaker& maker) { return run_experiment(options_, settings_, maker); }

  void expect_refused(ErrorCode code, const ::testing::Matcher<std::string>& message) {
    const auto outcome = run(simulated());
    ASSERT_FALSE(outcome.has_value());
    EXPECT_EQ(outcome.error().code, code);
    EXPECT_THAT(outcome.error().message, message);
  }

  bool wrote_something() const { return std::filesystem::exists(folder_ / "run"); }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("manta_run_experiment_" + std::to_string(getpid()) + "_" +
                                                ::testing::UnitTest::GetInstance()->current_test_info()->name());
  TuneOptions options_;
  TuneSettings settings_;
  ExecutorRequest request_;
};

TEST_F(RunExperimentTest, ASweepEndsWithItsBestTrialAndItsResultsOnDisk) {
  const auto outcome = run(simulated());

  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  EXPECT_EQ(outcome->exit_code, kExitOk);
  EXPECT_EQ(outcome->end, LoopEnd::kFinished);
  EXPECT_EQ(outcome->counts.completed, 6);
  ASSERT_TRUE(outcome->best.has_value());
  EXPECT_DOUBLE_EQ(outcome->best->value, outcome->best->config["x"].as<double>() / 4);
  EXPECT_EQ(outcome->directory, folder_ / "run");
  auto store = ResultStore::open_read_only(outcome->directory);
  ASSERT_TRUE(store.has_value());
  EXPECT_THAT(store->load().value().state.trials, SizeIs(6));
}

TEST_F(RunExperimentTest, TheDefaultIsAutoByNameAndItsLineIsInTheNotes) {
  options_.searcher = "";

  const auto outcome = run(simulated());

  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  EXPECT_EQ(stored_options(outcome->directory).value().searcher, "auto");
  auto view = ExperimentView::open(outcome->directory);
  ASSERT_TRUE(view.has_value());
  const auto notes = view->notes().value();
  ASSERT_THAT(notes, SizeIs(1));
  EXPECT_THAT(notes[0].text, HasSubstr("searcher: auto - gp"));
}

TEST_F(RunExperimentTest, AnExperimentThatNamesNoSearcherWasOneOfTheTimeWhenRandomWasTheDefault) {
  options_.time_budget_seconds = 5;
  const auto part = run(simulated());
  ASSERT_TRUE(part.has_value()) << part.error().message;
  auto store = ResultStore::open(options_.out, {});
  ASSERT_TRUE(store.has_value());
  const std::vector<Change> old{SpecChanged{
      R"({"metric":"loss","mode":"min","name":"Net","samples":6,"space":{"x":{"float":[0,1]}},"trainable":"Net"})"}};
  ASSERT_TRUE(store->apply(old).has_value());
  store = Error{ErrorCode::kNotFound, "closed"};
  options_.resume = options_.out;
  options_.out.clear();
  options_.searcher = "";
  options_.time_budget_seconds.reset();

  const auto rest = run(simulated());

  ASSERT_TRUE(rest.has_value()) << rest.error().message;
  EXPECT_EQ(stored_options(rest->directory).value().searcher, "random");
}

TEST_F(RunExperimentTest, TheExecutorIsAskedForWhatTheOptionsSay) {
  options_.cpus_per_trial = 2;
  options_.gpus_per_trial = 0.5;

  ASSERT_TRUE(run(simulated()).has_value());

  EXPECT_EQ(request_.trainable, "Net");
  EXPECT_EQ(request_.log_directory, folder_ / "run" / "logs");
  EXPECT_EQ(request_.cpus_per_trial, 2);
  EXPECT_EQ(request_.gpus_per_trial, 0.5);
}

TEST_F(RunExperimentTest, ACommandTravelsWithItsMetric) {
  options_.trainable = "";
  options_.command = "./sim {x}";

  ASSERT_TRUE(run(simulated()).has_value());

  EXPECT_EQ(request_.trainable, "command:loss\n./sim {x}");
}

TEST_F(RunExperimentTest, TooManyFailedTrialsGiveExitCodeOne) {
  const SimulatedExecutor::Options half{
      .slots = 2, .fails = [](TrialId trial, int, std::int64_t) { return trial.number % 2 == 0; }};
  options_.allow_failed = 0.5;
  EXPECT_EQ(run(simulated(step, half))->exit_code, kExitOk) << "a half may fail";
  options_.allow_failed = 0.4;
  options_.out = folder_ / "second";

  const auto outcome = run(simulated(step, half));

  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->exit_code, kExitTrialsFailed);
  EXPECT_EQ(outcome->counts.failed, 3);
}

TEST_F(RunExperimentTest, WithoutAnyValueTheExitCodeIsOneWhateverMayFail) {
  options_.allow_failed = 1;

  const auto outcome = run(simulated(step, {.slots = 2, .fails = [](TrialId, int, std::int64_t) { return true; }}));

  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->exit_code, kExitTrialsFailed);
  EXPECT_FALSE(outcome->best.has_value());
}

TEST_F(RunExperimentTest, WrongOptionsAreRefusedBeforeAnythingIsWritten) {
  const TuneOptions good = options_;
  options_.space = "";
  expect_refused(ErrorCode::kInvalidArgument, HasSubstr("no search space"));
  options_ = good;
  options_.metric = "";
  expect_refused(ErrorCode::kInvalidArgument, HasSubstr("--metric"));
  options_ = good;
  options_.command = "./sim";
  expect_refused(ErrorCode::kInvalidArgument, HasSubstr("both a command and a trainable"));
  options_ = good;
  options_.trainable = "";
  options_.command = "./sim {y}";
  expect_refused(ErrorCode::kInvalidArgument, AllOf(HasSubstr("{y}"), HasSubstr("it has: x")));
  options_ = good;
  options_.scheduler = "ashes";
  expect_refused(ErrorCode::kInvalidArgument, HasSubstr("ashes"));
  options_ = good;
  options_.searcher = "psychic";
  expect_refused(ErrorCode::kInvalidArgument, HasSubstr("psychic"));
  options_ = good;
  options_.stop = {"loss is low"};
  expect_refused(ErrorCode::kInvalidArgument, HasSubstr("loss is low"));
  EXPECT_FALSE(wrote_something());
}

TEST_F(RunExperimentTest, AnExecutorThatCannotBeMadeLeavesNothingBehind) {
  const auto outcome = run([](const ExecutorRequest&) -> Result<std::unique_ptr<Executor>> {
    return Error{ErrorCode::kExhausted, "3 CPUs asked, 2 there"};
  });

  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, ErrorCode::kExhausted);
  EXPECT_FALSE(wrote_something());
}

TEST_F(RunExperimentTest, ADirectoryWithAnExperimentIsNotUsedAgain) {
  ASSERT_TRUE(run(simulated()).has_value());

  expect_refused(ErrorCode::kAlreadyExists, HasSubstr("run"));
}

TEST_F(RunExperimentTest, AMetricThatNoReportHasIsNamedWithThoseThereAre) {
  options_.metric = "accuracy";

  expect_refused(ErrorCode::kInvalidArgument, AllOf(HasSubstr("accuracy"), HasSubstr("loss")));
}

TEST_F(RunExperimentTest, AResumedExperimentEndsAsOneThatWasNotInterrupted) {
  const auto whole = run(simulated());
  options_.out = folder_ / "parts";
  options_.time_budget_seconds = 5;
  const auto part = run(simulated());
  ASSERT_TRUE(part.has_value()) << part.error().message;
  ASSERT_EQ(part->end, LoopEnd::kTimeBudget);
  ASSERT_LT(part->counts.completed, 6);

  options_.resume = options_.out;
  options_.out.clear();
  options_.time_budget_seconds.reset();
  const auto rest = run(simulated());

  ASSERT_TRUE(rest.has_value()) << rest.error().message;
  EXPECT_EQ(rest->end, LoopEnd::kFinished);
  EXPECT_EQ(rest->counts.completed, 6);
  EXPECT_EQ(rest->best->value, whole->best->value);
  EXPECT_EQ(rest->best->config, whole->best->config);
}

TEST_F(RunExperimentTest, AResumedExperimentNeedsNoSpaceAndMayGetMoreTrials) {
  const auto first = run(simulated());
  TuneOptions more = stored_options(first->directory).value();
  more.resume = first->directory;
  more.samples = 9;

  const auto second = run_experiment(more, settings_, simulated());

  ASSERT_TRUE(second.has_value()) << second.error().message;
  EXPECT_EQ(second->counts.completed, 9);
}

TEST_F(RunExperimentTest, AFinishedExperimentThatIsResumedEndsAtOnceWithTheSameBest) {
  const auto first = run(simulated());
  options_.out.clear();
  options_.resume = first->directory;

  const auto second = run(simulated());

  ASSERT_TRUE(second.has_value()) << second.error().message;
  EXPECT_EQ(second->counts.completed, 6);
  EXPECT_EQ(second->best->trial, first->best->trial);
}

TEST_F(RunExperimentTest, AResumedExperimentThatChangesIsRefusedWithTheDifference) {
  ASSERT_TRUE(run(simulated()).has_value());
  options_.resume = options_.out;
  options_.out.clear();
  options_.seed = 7;
  options_.space = R"({"x": {"float": [0, 0.5]}})";

  expect_refused(ErrorCode::kInvalidArgument,
                 AllOf(HasSubstr(R"(x: {"float":[0.0,1.0]} -> {"float":[0.0,0.5]})"), HasSubstr("seed: 0 -> 7")));
}

TEST_F(RunExperimentTest, MoreIterationsAreRefusedBeforeAnythingIsChangedWhereTheSchedulerCannot) {
  const TuneOptions fresh = options_;
  for (const std::string scheduler : {"hyperband", "bohb", "async-hyperband", "hyperband+patience"}) {
    options_ = fresh;
    options_.out = folder_ / scheduler;
    options_.scheduler = scheduler;
    options_.max_iterations = 4;
    ASSERT_TRUE(run(simulated()).has_value());
    options_.resume = options_.out;
    options_.out.clear();
    options_.max_iterations = 40;

    const auto more = run(simulated());

    ASSERT_FALSE(more.has_value()) << scheduler;
    EXPECT_EQ(more.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(more.error().message, AllOf(HasSubstr("--max-iterations 40"), HasSubstr(scheduler), HasSubstr("for 4"),
                                            HasSubstr("without --resume")));
    EXPECT_EQ(stored_options(*options_.resume).value().max_iterations, 4);
    options_.max_iterations = 4;
    EXPECT_TRUE(run(simulated()).has_value()) << "as before it goes on";
  }
}

TEST_F(RunExperimentTest, MoreIterationsGoOnUnderAllOtherSchedulers) {
  const TuneOptions fresh = options_;
  for (const std::string scheduler : {"fifo", "asha", "asha-promote", "median", "i-epoch", "pbt:interval=2", "pbt-sync:interval=2",
                                      "pb2:interval=2", "patience", "plateau", "threshold:at=1,value=9", "hyperband:max_t=9"}) {
    options_ = fresh;
    options_.out = folder_ / scheduler;
    options_.scheduler = scheduler;
    options_.max_iterations = 4;
    options_.time_budget_seconds = 3;
    const auto part = run(simulated());
    ASSERT_TRUE(part.has_value()) << scheduler << ": " << part.error().message;
    ASSERT_EQ(part->end, LoopEnd::kTimeBudget) << scheduler;
    options_.resume = options_.out;
    options_.out.clear();
    options_.time_budget_seconds.reset();
    options_.max_iterations = 8;

    const auto more = run(simulated());

    ASSERT_TRUE(more.has_value()) << scheduler << ": " << more.error().message;
    EXPECT_EQ(stored_options(more->directory).value().max_iterations, 8);
  }
}

TEST_F(RunExperimentTest, ResumeNeedsAnExperimentAndNoOtherDirectory) {
  options_.resume = folder_ / "nowhere";
  expect_refused(ErrorCode::kInvalidArgument, HasSubstr("--out and --resume"));
  options_.out.clear();
  expect_refused(ErrorCode::kNotFound, HasSubstr("nowhere"));
}

TEST_F(RunExperimentTest, AnInterruptCheckpointsAndCanBeResumed) {
  options_.samples = 1000000;
  settings_.handle_signals = true;
  const auto interrupting = [](const Config& config, TrialId trial, std::int64_t iteration) {
    if (trial.number == 3 && iteration == 2) raise(SIGTERM);
    return step(config, trial, iteration);
  };

  const auto outcome = run(simulated(interrupting));

  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  EXPECT_EQ(outcome->end, LoopEnd::kInterrupted);
  EXPECT_EQ(outcome->exit_code, kExitTerminated);
  ASSERT_LT(outcome->counts.ended(), 1000000);
  options_.resume = options_.out;
  options_.out.clear();
  options_.samples = outcome->counts.total();
  const auto rest = run(simulated());
  ASSERT_TRUE(rest.has_value()) << rest.error().message;
  EXPECT_EQ(rest->counts.completed, outcome->counts.total());
}

}  // namespace
}  // namespace manta::run_experiment_test
