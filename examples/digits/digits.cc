// SPDX-License-Identifier: Apache-2.0
// Softmax regression on small handwritten digits, judged by cross-validation: an iteration is one epoch of every fold.
#include <manta/manta.h>
#include <zlib.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr Eigen::Index kClasses = 10;
constexpr Eigen::Index kInputs = 65;  // 64 pixels, and a one for the bias.
constexpr int kFolds = 5;
using Rows = std::vector<Eigen::Index>;

struct Digits {
  Eigen::MatrixXd inputs;   // [65, n], 0 to 1.
  Eigen::MatrixXd targets;  // [10, n], one-hot.

  static Digits load(const std::string& path) {
    gzFile file = gzopen(path.c_str(), "rb");
    if (file == nullptr) throw std::runtime_error("cannot open " + path);
    std::vector<double> values;  // Row by row: 64 pixels, 0 to 16, and the class.
    char line[1024];
    while (gzgets(file, line, sizeof line) != nullptr)
      for (char* rest = line; *rest != '\0' && *rest != '\n'; rest += *rest == ',' ? 1 : 0)
        values.push_back(std::strtod(rest, &rest));
    gzclose(file);

    const Eigen::Index count = static_cast<Eigen::Index>(values.size()) / kInputs;
    const Eigen::Map<const Eigen::MatrixXd> table(values.data(), kInputs, count);
    Digits digits{table / 16, Eigen::MatrixXd::Zero(kClasses, count)};
    digits.inputs.row(kInputs - 1).setOnes();
    for (Eigen::Index i = 0; i < count; ++i) digits.targets(static_cast<Eigen::Index>(table(kInputs - 1, i)), i) = 1;
    return digits;
  }
};

struct Fold {
  Rows train, held_out;
  Eigen::MatrixXd weights = Eigen::MatrixXd::Zero(kClasses, kInputs);

  void step(const Digits& digits, const Rows& rows, double rate, double l2) {
    const Eigen::MatrixXd inputs = digits.inputs(Eigen::all, rows);
    Eigen::ArrayXXd chances = weights * inputs;  // [classes, batch]; scores at first.
    chances = (chances.rowwise() - chances.colwise().maxCoeff()).exp().eval();
    chances.rowwise() /= chances.colwise().sum().eval();
    const Eigen::MatrixXd error = chances.matrix() - digits.targets(Eigen::all, rows);
    weights -= rate * (error * inputs.transpose() / static_cast<double>(rows.size()) + l2 * weights);
  }

  double accuracy(const Digits& digits) const {
    const Eigen::MatrixXd scores = weights * digits.inputs(Eigen::all, held_out);
    double right = 0;
    for (std::size_t i = 0; i < held_out.size(); ++i) {
      Eigen::Index best = 0;
      scores.col(static_cast<Eigen::Index>(i)).maxCoeff(&best);
      right += digits.targets(best, held_out[i]);
    }
    return right / static_cast<double>(held_out.size());
  }
};

class CrossValidation : public manta::Trainable {
 public:
  void setup(const manta::Config& config) override {
    digits_ = Digits::load(config["data"].value_or<std::string>(MANTA_EXAMPLE_DATA_DIR "/digits/digits.csv.gz"));
    rate_ = config["lr"].as<double>();
    l2_ = config["l2"].as<double>();
    batch_ = config["batch"].as<std::size_t>();
    for (Eigen::Index row = 0; row < digits_.inputs.cols(); ++row)
      for (int fold = 0; fold < kFolds; ++fold)
        (row % kFolds == fold ? folds_[fold].held_out : folds_[fold].train).push_back(row);
  }

  manta::Metrics step() override {
    ++epoch_;
    Eigen::Array<double, kFolds, 1> accuracy;
    for (int fold = 0; fold < kFolds; ++fold) {
      Rows order = folds_[fold].train;
      std::shuffle(order.begin(), order.end(), std::mt19937(epoch_));
      for (auto begin = order.begin(); begin != order.end();) {
        const auto end = begin + std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(batch_), order.end() - begin);
        folds_[fold].step(digits_, Rows(begin, end), rate_, l2_);
        begin = end;
      }
      accuracy(fold) = folds_[fold].accuracy(digits_);
    }
    const double variance = (accuracy - accuracy.mean()).square().sum() / (kFolds - 1);
    return {{"accuracy", accuracy.mean()}, {"standard_error", std::sqrt(variance / kFolds)}};
  }

  void save(manta::CheckpointWriter& out) override {
    out.write("epoch", epoch_);
    for (int fold = 0; fold < kFolds; ++fold)
      out.write("fold " + std::to_string(fold),
                std::vector<double>(folds_[fold].weights.reshaped().begin(), folds_[fold].weights.reshaped().end()));
  }

  void load(const manta::CheckpointReader& in) override {
    epoch_ = in.read<std::uint32_t>("epoch");
    for (int fold = 0; fold < kFolds; ++fold) {
      const auto weights = in.read<std::vector<double>>("fold " + std::to_string(fold));
      folds_[fold].weights = Eigen::Map<const Eigen::MatrixXd>(weights.data(), kClasses, kInputs);
    }
  }

 private:
  Digits digits_;
  double rate_ = 0, l2_ = 0;
  std::size_t batch_ = 0;
  std::uint32_t epoch_ = 0;
  Fold folds_[kFolds];
};

}  // namespace

MANTA_TRAINABLE(CrossValidation);
