// SPDX-License-Identifier: Apache-2.0
// Small tables of curves, written here and read back.
#include "tests/quality/curve_tasks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/temporary_folder.h"

namespace manta::quality::curve_tasks_test {
namespace {

class CurveTasksTest : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const {
    const std::filesystem::path file = std::filesystem::path(folder_.path()) / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  void write_all() const {
    write("taskset/configs.csv.gz", "id,learning_rate,beta1\n0,0.001,0.9\n1,0.1,0.99\n2,0.01,0.5\n");
    for (const std::string name : {"GRU128", "IRNN64_relu_avg", "LSTM128_E128", "LSTM128", "VRNN128_tanh", "VRNN64_relu_avg"})
      write("taskset/patch32_" + name + "_bs128.valid.csv.gz", "id,s0,s1,s2\n0,9,3,1\n1,9,nan,nan\n2,9,4,2\n");
    write("lcbench_surrogate/pool_configs.csv.gz", "id,max_units,max_dropout\n0,64,0.1\n1,512,0.5\n2,128,0\n");
    for (const std::string name : {"3945", "7593"}) {
      write("lcbench_surrogate/pool_" + name + ".val_accuracy.csv.gz", "id,e1,e2\n0,60,90\n1,50,70\n2,40,80\n");
      write("lcbench_surrogate/pool_" + name + ".time.csv.gz", "id,e1,e2\n0,2,5\n1,1,2\n2,3,6\n");
    }
  }

  TemporaryFolder folder_;
};

TEST_F(CurveTasksTest, ReadsCurvesWithTheirConfigurationsAndTimes) {
  write_all();

  const auto tasks = load_curve_tasks(folder_.path());

  ASSERT_TRUE(tasks.has_value()) << tasks.error().message;
  ASSERT_EQ(tasks->size(), 8u);
  const CurveTask& adam = tasks->front();
  ASSERT_EQ(adam.trials.size(), 3u);
  EXPECT_EQ(adam.trials[2].iterations.size(), 2u) << "the value before the first iteration is none of it";
  EXPECT_EQ(adam.trials[2].iterations[1].metrics.find("loss"), 2);
  EXPECT_NEAR(adam.trials[1].config["beta1"].as<double>(), 0.01, 1e-12) << "by its distance from one";
  EXPECT_EQ(adam.full_seconds, 2);
  const CurveTask& net = tasks->back();
  EXPECT_EQ(net.trials[0].iterations[1].metrics.find("loss"), 10) << "less is better";
  EXPECT_EQ(net.trials[0].iterations[1].seconds, 3);
  EXPECT_EQ(net.full_seconds, 5);
}

TEST_F(CurveTasksTest, ARegretIsZeroAtTheBestAndOneAtTheMedianOfTheEnds) {
  write_all();

  const auto tasks = load_curve_tasks(folder_.path());

  ASSERT_TRUE(tasks.has_value());
  EXPECT_EQ(tasks->front().regret(1), 0);
  EXPECT_EQ(tasks->front().regret(2), 1);
  EXPECT_EQ(tasks->front().regret(100), 1);
}

TEST_F(CurveTasksTest, SaysWhatIsMissing) {
  const auto tasks = load_curve_tasks(folder_.path());

  ASSERT_FALSE(tasks.has_value());
  EXPECT_EQ(tasks.error().code, ErrorCode::kNotFound);
  EXPECT_NE(tasks.error().message.find("configs.csv.gz"), std::string::npos);
}

TEST_F(CurveTasksTest, ARowOfAnotherLengthIsRefused) {
  write_all();
  write("taskset/configs.csv.gz", "id,learning_rate\n0,1,2\n");

  const auto tasks = load_curve_tasks(folder_.path());

  ASSERT_FALSE(tasks.has_value());
  EXPECT_EQ(tasks.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace manta::quality::curve_tasks_test
