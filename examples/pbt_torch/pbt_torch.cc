// SPDX-License-Identifier: Apache-2.0
// A small network on handwritten digits, of which a population is trained: its hyperparameters change on the way.
#include <manta/manta.h>
#include <manta/torch.h>
#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

constexpr std::int64_t kHeldOut = 1000;  // Of the 8,000 training images: the tuner's metric comes from these.
constexpr std::int64_t kBatch = 64;

torch::Tensor read(const std::string& file) {
  manta::Result<torch::Tensor> tensor = manta::torch::read_idx(MANTA_EXAMPLE_DATA_DIR "/mnist-10k/" + file);
  if (!tensor) throw std::runtime_error(to_string(tensor.error()));
  return *std::move(tensor);
}

struct Examples {
  torch::Tensor images;  // [n, 784], 0 to 1.
  torch::Tensor labels;  // [n]

  static Examples load(const std::string& name, torch::Device device) {
    return {read(name + "-images-idx3-ubyte.gz").flatten(1).to(torch::kFloat).div_(255).to(device),
            read(name + "-labels-idx1-ubyte.gz").to(torch::kLong).to(device)};
  }
};

class Network : public manta::Trainable {
 public:
  void setup(const manta::Config& config) override {
    const torch::Device device = manta::torch::setup_trial(/*seed=*/1);
    train_ = Examples::load("train", device);
    test_ = Examples::load("test", device);
    // What changes while it trains may not change its shape: weights go from one trial to another.
    network_ = torch::nn::Sequential(torch::nn::Linear(28 * 28, 64), torch::nn::ReLU(),
                                     torch::nn::Dropout(config["dropout"].as<double>()), torch::nn::Linear(64, 10));
    network_->to(device);
    optimizer_ = std::make_unique<torch::optim::SGD>(network_->parameters(),
                                                     torch::optim::SGDOptions(config["lr"].as<double>())
                                                         .momentum(config["momentum"].as<double>())
                                                         .weight_decay(config["weight_decay"].as<double>()));
  }

  manta::Metrics step() override {
    torch::manual_seed(++epoch_);  // An epoch is the same whatever was before it.
    network_->train();
    const auto order = (torch::randperm(train_.labels.size(0) - kHeldOut) + kHeldOut).to(train_.labels.device());
    for (const torch::Tensor& batch : order.split(kBatch)) {
      optimizer_->zero_grad();
      const torch::Tensor scores = network_->forward(train_.images.index_select(0, batch));
      torch::cross_entropy_loss(scores, train_.labels.index_select(0, batch)).backward();
      optimizer_->step();
    }
    const auto held_out = evaluate(train_.images.slice(0, 0, kHeldOut), train_.labels.slice(0, 0, kHeldOut));
    const auto test = evaluate(test_.images, test_.labels);
    return {{"val_loss", held_out.first}, {"val_accuracy", held_out.second}, {"test_accuracy", test.second}};
  }

  // What a copy takes over: weights and momenta, without rates.
  void save(manta::CheckpointWriter& out) override {
    out.write("epoch", epoch_);
    manta::torch::save(out, "network", *network_);
    manta::torch::save(out, "optimizer", *optimizer_);
  }

  void load(const manta::CheckpointReader& in) override {
    epoch_ = in.read<std::uint64_t>("epoch");
    manta::torch::load(in, "network", *network_);
    manta::torch::load(in, "optimizer", *optimizer_);
  }

 private:
  // Mean loss, share of right answers.
  std::pair<double, double> evaluate(const torch::Tensor& images, const torch::Tensor& labels) {
    const torch::NoGradGuard no_grad;
    network_->eval();
    const torch::Tensor scores = network_->forward(images);
    return {torch::cross_entropy_loss(scores, labels).item<double>(),
            scores.argmax(1).eq(labels).to(torch::kDouble).mean().item<double>()};
  }

  std::uint64_t epoch_ = 0;
  Examples train_, test_;
  torch::nn::Sequential network_{nullptr};
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
};

}  // namespace

MANTA_TRAINABLE(Network);
