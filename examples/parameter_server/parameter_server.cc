// SPDX-License-Identifier: Apache-2.0
// Workers that fit a line together without waiting for each other: each pulls the parameters from one actor, computes a
// gradient on its own data, and pushes it back.
#include <manta/manta.h>

#include <array>
#include <cstdio>
#include <random>
#include <vector>

namespace {

using Parameters = std::array<double, 2>;  // y = p[0] + p[1] * x

class Server {
 public:
  Parameters pull() const { return parameters_; }
  void push(const Parameters& gradient) {
    for (std::size_t i = 0; i < parameters_.size(); ++i) parameters_[i] -= kRate * gradient[i];
  }

 private:
  static constexpr double kRate = 0.05;
  Parameters parameters_{};
};

class Worker {
 public:
  Worker(manta::Actor<Server> server, unsigned seed) : server_(std::move(server)), random_(seed) {}

  /// Takes `steps` steps; returns the last mean squared error that it saw.
  manta::Result<double> train(int steps) {
    double error = 0;
    for (int step = 0; step < steps; ++step) {
      MANTA_ASSIGN_OR_RETURN(const Parameters p, manta::get(server_.call<&Server::pull>()));
      Parameters gradient{};
      error = 0;
      for (int i = 0; i < kBatch; ++i) {
        const double x = uniform_(random_);
        const double y = 3 + 2 * x + noise_(random_);
        const double miss = p[0] + p[1] * x - y;
        error += miss * miss / kBatch;
        gradient[0] += 2 * miss / kBatch;
        gradient[1] += 2 * miss * x / kBatch;
      }
      server_.call<&Server::push>(gradient);  // Nobody waits for it; a later pull of this worker comes behind it.
    }
    return error;
  }

 private:
  static constexpr int kBatch = 32;
  manta::Actor<Server> server_;
  std::mt19937 random_;
  std::uniform_real_distribution<double> uniform_{-1, 1};
  std::normal_distribution<double> noise_{0, 0.1};
};

}  // namespace

int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape): an error ends the program.
  const manta::Runtime runtime = manta::init(argc, argv).value();
  const auto server = manta::actor<Server>();
  std::vector<manta::Actor<Worker>> workers;
  for (unsigned i = 0; i < 4; ++i) workers.push_back(manta::actor<Worker>(server, i));
  for (int round = 1; round <= 4; ++round) {
    std::vector<manta::ObjectRef<double>> errors;
    for (const auto& worker : workers) errors.push_back(worker.call<&Worker::train>(10));
    const std::vector<double> seen = manta::get(errors).value();
    const Parameters p = manta::get(server.call<&Server::pull>()).value();
    std::printf("round %d: error %.3f, y = %.2f + %.2f x\n", round, seen.front(), p[0], p[1]);
  }
}
