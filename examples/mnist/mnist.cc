// SPDX-License-Identifier: Apache-2.0
// A network on handwritten digits: the space says which, an iteration is one epoch.
#include <manta/manta.h>
#include <manta/torch.h>
#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

constexpr std::int64_t kClasses = 10;
constexpr std::int64_t kHeldOut = 1000;  // Of the 8,000 training images: the tuner's metric comes from these.

torch::Tensor read(const std::string& path) {
  manta::Result<torch::Tensor> tensor = manta::torch::read_idx(path);
  if (!tensor) throw std::runtime_error(to_string(tensor.error()));
  return *std::move(tensor);
}

struct Examples {
  torch::Tensor images;  // [n, 1, 28, 28], 0 to 1.
  torch::Tensor labels;  // [n]

  static Examples load(const std::string& path, torch::Device device) {
    return {read(path + "-images-idx3-ubyte.gz").unsqueeze(1).to(torch::kFloat).div_(255).to(device),
            read(path + "-labels-idx1-ubyte.gz").to(torch::kLong).to(device)};
  }
  std::int64_t size() const { return labels.size(0); }
  Examples rows(std::int64_t begin, std::int64_t end) const {
    return {images.slice(0, begin, end), labels.slice(0, begin, end)};
  }
  Examples rows(const torch::Tensor& index) const {
    return {images.index_select(0, index), labels.index_select(0, index)};
  }
};

void push_activation(torch::nn::Sequential& network, const std::string& name) {
  if (name == "relu") network->push_back(torch::nn::ReLU());
  if (name == "tanh") network->push_back(torch::nn::Tanh());
  if (name == "sigmoid") network->push_back(torch::nn::Sigmoid());
}

// "mlp": `layers` hidden layers of `hidden` units. "cnn": two convolutions before them.
torch::nn::Sequential make_network(const manta::Config& config) {
  const auto activation = config["activation"].as<std::string>();
  const auto hidden = config["hidden"].as<std::int64_t>();
  torch::nn::Sequential network;
  std::int64_t inputs = 28 * 28;
  if (config["model"].as<std::string>() == "cnn") {
    for (const auto& [from, to] : {std::pair{1, 8}, std::pair{8, 16}}) {
      network->push_back(torch::nn::Conv2d(torch::nn::Conv2dOptions(from, to, 5).stride(2).padding(2)));
      push_activation(network, activation);
    }
    inputs = 16 * 7 * 7;
  }
  network->push_back(torch::nn::Flatten());
  for (int layer = config["layers"].as<int>(); layer > 0; --layer, inputs = hidden) {
    network->push_back(torch::nn::Linear(inputs, hidden));
    push_activation(network, activation);
    network->push_back(torch::nn::Dropout(config["dropout"].as<double>()));
  }
  network->push_back(torch::nn::Linear(inputs, kClasses));
  return network;
}

std::unique_ptr<torch::optim::Optimizer> make_optimizer(const manta::Config& config, torch::nn::Sequential& network) {
  const auto rate = config["lr"].as<double>();
  const auto momentum = config["momentum"].as<double>();
  if (config["optimizer"].as<std::string>() == "adam")
    return std::make_unique<torch::optim::Adam>(network->parameters(),
                                                torch::optim::AdamOptions(rate).betas({momentum, 0.999}));
  return std::make_unique<torch::optim::SGD>(network->parameters(), torch::optim::SGDOptions(rate).momentum(momentum));
}

class Mnist : public manta::Trainable {
 public:
  void setup(const manta::Config& config) override {
    seed_ = config["seed"].value_or<std::uint64_t>(1);
    const torch::Device device = manta::torch::setup_trial(seed_);
    const auto data = config["data"].value_or<std::string>(MANTA_EXAMPLE_DATA_DIR "/mnist-10k");
    const Examples all = Examples::load(data + "/train", device);
    train_ = all.rows(kHeldOut, all.size());
    validation_ = all.rows(0, kHeldOut);
    test_ = Examples::load(data + "/test", device);
    batch_ = config["batch"].as<std::int64_t>();
    network_ = make_network(config);
    network_->to(device);
    optimizer_ = make_optimizer(config, network_);
  }

  manta::Metrics step() override {
    ++epoch_;
    torch::manual_seed(seed_ +
                       epoch_);  // So that an epoch is the same whether or not the trial was interrupted before it.
    network_->train();
    const torch::Tensor order = torch::randperm(train_.size()).to(train_.labels.device());
    for (std::int64_t begin = 0; begin < train_.size(); begin += batch_) {
      const Examples batch = train_.rows(order.slice(0, begin, begin + batch_));
      optimizer_->zero_grad();
      torch::cross_entropy_loss(network_->forward(batch.images), batch.labels).backward();
      optimizer_->step();
    }
    const auto [loss, accuracy] = evaluate(validation_);
    return {{"val_accuracy", accuracy}, {"val_loss", loss}, {"test_accuracy", evaluate(test_).second}};
  }

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
  std::pair<double, double> evaluate(const Examples& examples) {
    const torch::NoGradGuard no_grad;
    network_->eval();
    const torch::Tensor scores = network_->forward(examples.images);
    return {torch::cross_entropy_loss(scores, examples.labels).item<double>(),
            scores.argmax(1).eq(examples.labels).to(torch::kDouble).mean().item<double>()};
  }

  std::uint64_t seed_ = 0;
  std::uint64_t epoch_ = 0;
  std::int64_t batch_ = 0;
  Examples train_, validation_, test_;
  torch::nn::Sequential network_{nullptr};
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
};

}  // namespace

MANTA_TRAINABLE(Mnist);
