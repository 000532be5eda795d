// SPDX-License-Identifier: Apache-2.0
// Modules and optimizers through a checkpoint and back.
#include <gmock/gmock.h>
#include <manta/torch.h>  // First: proves that the users' header stands alone.
#include <torch/torch.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace manta::torch::checkpoint_test {
namespace {

using ::testing::HasSubstr;
using ::torch::optim::Optimizer;
using Net = ::torch::nn::Sequential;
using MakeOptimizer = std::function<std::unique_ptr<Optimizer>(const Net&, double rate)>;

Net make_net(int hidden = 6) {
  return Net(::torch::nn::Linear(4, hidden), ::torch::nn::BatchNorm1d(hidden), ::torch::nn::ReLU(),
             ::torch::nn::Linear(hidden, 2));
}

const MakeOptimizer kAdam = [](const Net& net, double rate) {
  return std::make_unique<::torch::optim::Adam>(net->parameters(),
                                                ::torch::optim::AdamOptions(rate).weight_decay(0.01));
};
const MakeOptimizer kSgd = [](const Net& net, double rate) {
  return std::make_unique<::torch::optim::SGD>(net->parameters(), ::torch::optim::SGDOptions(rate).momentum(0.9));
};

// A network in training; all steps see the same examples.
struct Training {
  explicit Training(const MakeOptimizer& make, double rate = 0.1) : optimizer(make(net, rate)) {}

  void run(int steps) {
    const at::Tensor x = ::torch::arange(32, ::torch::kFloat).reshape({8, 4}).sin();
    const at::Tensor y = ::torch::arange(8) % 2;
    for (int i = 0; i < steps; ++i) {
      optimizer->zero_grad();
      ::torch::cross_entropy_loss(net->forward(x), y).backward();
      optimizer->step();
    }
  }

  Net net = make_net();
  std::unique_ptr<Optimizer> optimizer;
};

bool are_equal(Net a, Net b) {
  const at::Tensor x = ::torch::arange(12, ::torch::kFloat).reshape({3, 4});
  a->eval();
  b->eval();
  const bool equal = ::torch::equal(a->forward(x), b->forward(x));
  a->train();
  b->train();
  return equal;
}

class TorchCheckpointTest : public ::testing::Test {
 protected:
  TorchCheckpointTest() { setup_trial(1); }

  // What has been written, as a reader. Valid until the next call.
  const CheckpointReader& read() {
    bytes_ = out_.encode();
    reader_ = CheckpointReader::decode(bytes_).value();
    return *reader_;
  }

  CheckpointWriter out_;

 private:
  std::vector<std::byte> bytes_;
  std::optional<CheckpointReader> reader_;
};

TEST_F(TorchCheckpointTest, AModuleComesBackWithItsBuffers) {
  Training trained(kAdam);
  trained.run(3);
  Net fresh = make_net();
  ASSERT_FALSE(are_equal(trained.net, fresh));

  save(out_, "model", *trained.net);
  load(read(), "model", *fresh);

  EXPECT_TRUE(are_equal(trained.net, fresh));
  EXPECT_TRUE(::torch::equal(trained.net->named_buffers()["1.running_mean"], fresh->named_buffers()["1.running_mean"]));
}

TEST_F(TorchCheckpointTest, TrainingGoesOnAsIfNothingHadHappened) {
  for (const MakeOptimizer& make : {kAdam, kSgd}) {
    Training through(make);
    through.run(3);
    save(out_, "model", *through.net);
    save(out_, "optimizer", *through.optimizer);

    Training resumed(make);
    load(read(), "model", *resumed.net);
    load(read(), "optimizer", *resumed.optimizer);
    through.run(3);
    resumed.run(3);

    EXPECT_TRUE(are_equal(through.net, resumed.net));
  }
}

TEST_F(TorchCheckpointTest, WithoutItsOptimizerTrainingWouldGoOnDifferently) {
  Training through(kAdam);
  through.run(3);
  save(out_, "model", *through.net);

  Training resumed(kAdam);
  load(read(), "model", *resumed.net);
  through.run(3);
  resumed.run(3);

  EXPECT_FALSE(are_equal(through.net, resumed.net));
}

TEST_F(TorchCheckpointTest, AnOptimizerMayBeLoadedBeforeItsModule) {
  Training through(kAdam);
  through.run(3);
  save(out_, "model", *through.net);
  save(out_, "optimizer", *through.optimizer);

  Training resumed(kAdam);
  load(read(), "optimizer", *resumed.optimizer);
  load(read(), "model", *resumed.net);
  through.run(1);
  resumed.run(1);

  EXPECT_TRUE(are_equal(through.net, resumed.net));
}

TEST_F(TorchCheckpointTest, AnOptimizerThatHasTakenNoStepComesBack) {
  Training fresh(kAdam);
  save(out_, "optimizer", *fresh.optimizer);

  load(read(), "optimizer", *fresh.optimizer);

  EXPECT_TRUE(fresh.optimizer->state().empty());
}

TEST_F(TorchCheckpointTest, TheLearningRateIsThatOfTheConfigurationAndNotOfTheCheckpoint) {
  Training donor(kAdam, 0.1);
  donor.run(3);
  save(out_, "optimizer", *donor.optimizer);

  Training clone(kAdam, 0.025);
  load(read(), "optimizer", *clone.optimizer);

  EXPECT_EQ(static_cast<const ::torch::optim::AdamOptions&>(clone.optimizer->param_groups()[0].options()).lr(), 0.025);
  EXPECT_EQ(clone.optimizer->state().size(), donor.optimizer->state().size());
}

TEST_F(TorchCheckpointTest, SavingChangesNothing) {
  Training saved(kAdam);
  Training plain(kAdam);
  save(out_, "start", *saved.net);
  load(read(), "start", *plain.net);

  for (int i = 0; i < 3; ++i) {
    saved.run(1);
    save(out_, "model", *saved.net);
    save(out_, "optimizer", *saved.optimizer);
  }
  plain.run(3);

  EXPECT_TRUE(are_equal(saved.net, plain.net));
}

TEST_F(TorchCheckpointTest, AMissingEntryIsNamed) {
  Net net = make_net();

  EXPECT_THAT([&] { load(read(), "model", *net); }, ::testing::ThrowsMessage<CheckpointError>(HasSubstr("model")));
}

TEST_F(TorchCheckpointTest, AModuleOfAnotherShapeIsRefused) {
  save(out_, "model", *make_net(6));
  Net wider = make_net(7);

  EXPECT_THAT([&] { load(read(), "model", *wider); },
              ::testing::ThrowsMessage<CheckpointError>(HasSubstr("0.weight has the shape [6, 4] there, [7, 4] here")));
}

TEST_F(TorchCheckpointTest, AModuleWithMoreLayersIsRefused) {
  save(out_, "model", *make_net());
  Net deeper = make_net();
  deeper->push_back(::torch::nn::Linear(2, 2));

  EXPECT_THROW(load(read(), "model", *deeper), c10::Error);
}

TEST_F(TorchCheckpointTest, AnOptimizerOfOtherParametersIsRefused) {
  Training trained(kAdam);
  save(out_, "optimizer", *trained.optimizer);
  Net smaller(::torch::nn::Linear(4, 2));

  EXPECT_THROW(load(read(), "optimizer", *kAdam(smaller, 0.1)), c10::Error);
}

TEST_F(TorchCheckpointTest, BytesThatAreNoArchiveAreRefused) {
  out_.write("model", std::string("not an archive"));
  Net net = make_net();

  EXPECT_THROW(load(read(), "model", *net), c10::Error);
}

}  // namespace
}  // namespace manta::torch::checkpoint_test
