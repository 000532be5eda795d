// SPDX-License-Identifier: Apache-2.0
// A function as a trainable: turns, ends, exceptions and checkpoints.
#include "tune/function_trainable.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace manta::function_trainable_test {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// Counts up for ever from its checkpoint, saving the count with each report.
void count_for_ever(Trial& trial) {
  int count = trial.checkpoint() != nullptr ? trial.checkpoint()->read<int>("count") : 0;
  while (true) {
    ++count;
    trial.report({{"count", static_cast<double>(count)}}, [&](CheckpointWriter& out) { out.write("count", count); });
  }
}

std::unique_ptr<Trainable> started(std::function<void(Trial&)> function, const Config& config = {}) {
  std::unique_ptr<Trainable> trainable = make_function_trainable(std::move(function));
  trainable->setup(config);
  return trainable;
}

TEST(FunctionTrainableTest, EachStepRunsTheFunctionToItsNextReport) {
  const auto trainable = started(count_for_ever);

  EXPECT_EQ(trainable->step(), (Metrics{{"count", 1}}));
  EXPECT_EQ(trainable->step(), (Metrics{{"count", 2}}));
  EXPECT_FALSE(trainable->finished());
}

TEST(FunctionTrainableTest, TheFunctionSeesItsConfigurationAndNoCheckpoint) {
  const auto trainable = started(
      [](Trial& trial) {
        trial.report({{"x", trial.config()["x"].as<double>()}, {"fresh", trial.checkpoint() == nullptr ? 1.0 : 0.0}});
      },
      Config{{"x", 2.5}});

  EXPECT_EQ(trainable->step(), (Metrics{{"x", 2.5}, {"fresh", 1}}));
}

TEST(FunctionTrainableTest, ItFinishesWithoutMetricsWhenTheFunctionReturns) {
  const auto trainable = started([](Trial& trial) { trial.report({{"a", 1}}); });
  static_cast<void>(trainable->step());

  const Metrics last = trainable->step();

  EXPECT_TRUE(last.empty());
  EXPECT_TRUE(trainable->finished());
  EXPECT_TRUE(trainable->step().empty());
}

TEST(FunctionTrainableTest, AFunctionThatReportsNothingFinishesAtOnce) {
  const auto trainable = started([](Trial&) {});

  EXPECT_TRUE(trainable->step().empty());
  EXPECT_TRUE(trainable->finished());
}

TEST(FunctionTrainableTest, AnExceptionOfTheFunctionComesOutOfStepWithItsType) {
  const auto trainable = started([](Trial& trial) {
    trial.report({{"a", 1}});
    throw std::out_of_range("no such layer");
  });
  static_cast<void>(trainable->step());

  EXPECT_THAT([&] { static_cast<void>(trainable->step()); },
              ThrowsMessage<std::out_of_range>(HasSubstr("no such layer")));
  EXPECT_TRUE(trainable->step().empty()) << "a function that has ended does not start again";
}

TEST(FunctionTrainableTest, AnExceptionThatIsNoStdExceptionComesOutOfStep) {
  const auto trainable = started([](Trial&) { throw 42; });

  EXPECT_THROW(static_cast<void>(trainable->step()), int);
}

TEST(FunctionTrainableTest, InfeasibleComesOutOfStepThroughACatchOfExceptions) {
  const auto trainable = started([](Trial& trial) {
    try {
      trial.infeasible("the tiles do not fit");
    } catch (const std::exception&) {
      trial.report({{"caught", 1}});
    }
  });

  try {
    static_cast<void>(trainable->step());
    FAIL() << "it should have thrown";
  } catch (const Infeasible& infeasible) {
    EXPECT_EQ(infeasible.reason(), "the tiles do not fit");
  }
}

TEST(FunctionTrainableTest, DestructionUnwindsTheFunctionAndItsLocals) {
  bool unwound = false;
  struct Guard {
    bool& flag;
    ~Guard() { flag = true; }
  };
  auto trainable = started([&](Trial& trial) {
    const Guard guard{unwound};
    try {
      count_for_ever(trial);
    } catch (const std::exception&) {
      ADD_FAILURE() << "the stop must pass by whoever catches std::exception";
    }
  });
  static_cast<void>(trainable->step());
  ASSERT_FALSE(unwound);

  trainable.reset();

  EXPECT_TRUE(unwound);
}

TEST(FunctionTrainableTest, AFunctionThatSwallowsTheStopIsStoppedByItsNextReport) {
  int reports_after_stop = 0;
  auto trainable = started([&](Trial& trial) {
    for (int attempt = 0; attempt < 3; ++attempt) {
      try {
        trial.report({{"a", 1}});
      } catch (...) {
        ++reports_after_stop;
      }
    }
  });
  static_cast<void>(trainable->step());

  trainable.reset();

  EXPECT_EQ(reports_after_stop, 3);
}

TEST(FunctionTrainableTest, DestructionWithoutAStepStartsNothing) {
  std::atomic<int> calls{0};
  {
    const auto trainable = started([&](Trial&) { ++calls; });
  }
  EXPECT_EQ(calls, 0);
}

TEST(FunctionTrainableTest, WhatItSavedContinuesInAnother) {
  const auto first = started(count_for_ever);
  for (int step = 0; step < 3; ++step) static_cast<void>(first->step());
  CheckpointWriter writer;
  first->save(writer);
  const std::vector<std::byte> bytes = writer.encode();

  const auto second = started(count_for_ever);
  {
    const Result<CheckpointReader> reader = CheckpointReader::decode(bytes);
    ASSERT_TRUE(reader.has_value());
    second->load(*reader);
  }

  EXPECT_EQ(second->step(), (Metrics{{"count", 4}}));
  EXPECT_EQ(first->step(), (Metrics{{"count", 4}})) << "saving does not disturb the function";
}

TEST(FunctionTrainableTest, BetweenLoadAndTheFirstStepItSavesWhatItLoaded) {
  CheckpointWriter writer;
  writer.write("count", 7);
  const std::vector<std::byte> bytes = writer.encode();
  const auto trainable = started(count_for_ever);
  trainable->load(*CheckpointReader::decode(bytes));

  CheckpointWriter again;
  trainable->save(again);

  EXPECT_EQ(again.encode(), bytes);
}

TEST(FunctionTrainableTest, TheSaveCallbackRunsOnlyWhenASaveIsAskedForAndOnTheFunctionsThread) {
  int calls = 0;
  std::thread::id function_thread;
  std::thread::id save_thread;
  const auto trainable = started([&](Trial& trial) {
    function_thread = std::this_thread::get_id();
    for (int step = 0; step < 3; ++step) {
      trial.report({{"a", 1}}, [&](CheckpointWriter&) {
        ++calls;
        save_thread = std::this_thread::get_id();
      });
    }
  });
  static_cast<void>(trainable->step());
  static_cast<void>(trainable->step());
  ASSERT_EQ(calls, 0);

  CheckpointWriter out;
  trainable->save(out);

  EXPECT_EQ(calls, 1);
  EXPECT_EQ(save_thread, function_thread);
}

TEST(FunctionTrainableTest, AReportWithoutCallbackSavesNothing) {
  const auto trainable = started([](Trial& trial) { trial.report({{"a", 1}}); });
  static_cast<void>(trainable->step());

  CheckpointWriter out;
  trainable->save(out);

  EXPECT_EQ(out.encode(), CheckpointWriter().encode());
}

TEST(FunctionTrainableTest, AnExceptionOfTheSaveCallbackComesOutOfSaveAndTheFunctionGoesOn) {
  const auto trainable = started([](Trial& trial) {
    trial.report({{"a", 1}}, [](CheckpointWriter&) { throw std::runtime_error("disk"); });
    trial.report({{"a", 2}});
  });
  static_cast<void>(trainable->step());

  CheckpointWriter out;
  EXPECT_THAT([&] { trainable->save(out); }, ThrowsMessage<std::runtime_error>(HasSubstr("disk")));
  EXPECT_EQ(trainable->step(), (Metrics{{"a", 2}}));
}

TEST(FunctionTrainableTest, ASaveCallbackThatReportsIsToldSo) {
  const auto trainable = started([](Trial& trial) {
    trial.report({{"a", 1}}, [&](CheckpointWriter&) { trial.report({{"b", 1}}); });
  });
  static_cast<void>(trainable->step());

  CheckpointWriter out;
  EXPECT_THAT([&] { trainable->save(out); }, ThrowsMessage<std::logic_error>(HasSubstr("save callback")));
}

TEST(FunctionTrainableTest, AFunctionThatHasEndedBeginsAnewForAnotherTrial) {
  const auto trainable = started(
      [](Trial& trial) {
        trial.report({{"x", trial.config()["x"].as<double>()}});
      },
      Config{{"x", 1.0}});
  static_cast<void>(trainable->step());
  static_cast<void>(trainable->step());
  ASSERT_TRUE(trainable->finished());

  ASSERT_TRUE(trainable->reset(Config{{"x", 2.0}}));

  EXPECT_FALSE(trainable->finished());
  EXPECT_EQ(trainable->step(), (Metrics{{"x", 2}}));
}

TEST(FunctionTrainableTest, AFunctionThatWaitsInAReportIsUnwoundForAnotherTrial) {
  std::atomic<int> unwound = 0;
  struct Guard {
    std::atomic<int>& count;
    ~Guard() { ++count; }
  };
  const auto trainable = started([&](Trial& trial) {
    const Guard guard{unwound};
    count_for_ever(trial);
  });
  static_cast<void>(trainable->step());
  CheckpointWriter writer;
  trainable->save(writer);
  const std::vector<std::byte> bytes = writer.encode();
  static_cast<void>(trainable->step());

  ASSERT_TRUE(trainable->reset(Config{}));

  EXPECT_EQ(unwound, 1);
  trainable->load(CheckpointReader::decode(bytes).value());
  EXPECT_EQ(trainable->step(), (Metrics{{"count", 2}}));
}

TEST(FunctionTrainableTest, AFunctionThatDoesNotUnwindIsNotUsedAgain) {
  std::promise<void> release;
  const auto trainable = started([&](Trial& trial) {
    struct Guard {
      std::promise<void>& release;
      ~Guard() { release.get_future().wait(); }
    } guard{release};
    trial.report({{"a", 1}});
  });
  static_cast<void>(trainable->step());

  EXPECT_FALSE(trainable->reset(Config{}));

  release.set_value();
}

void registered_function(Trial& trial) { trial.report({{"a", 1}}); }
MANTA_TRAINABLE_FUNCTION(registered_function);

TEST(FunctionTrainableTest, TheMacroMakesTheFunctionKnownByItsName) {
  for (const TrainableEntry& entry : registered_trainables()) {
    if (entry.name != "registered_function") continue;
    const std::unique_ptr<Trainable> trainable = entry.make();
    trainable->setup({});
    EXPECT_EQ(trainable->step(), (Metrics{{"a", 1}}));
    return;
  }
  FAIL() << "registered_function is not in the table";
}

}  // namespace
}  // namespace manta::function_trainable_test
