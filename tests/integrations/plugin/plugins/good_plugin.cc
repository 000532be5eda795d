// SPDX-License-Identifier: Apache-2.0
// A plugin with one trainable, which throws an exception of its own.
#include <stdexcept>

#include "tune/trainable.h"

namespace {

class PluginError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Doubler : public manta::Trainable {
 public:
  void setup(const manta::Config& config) override {
    const auto found = config.values().find("x");
    if (found == config.values().end()) throw PluginError("no x");
    x_ = std::get<double>(found->second);
  }
  manta::Metrics step() override {
    manta::Metrics metrics;
    if (x_ == 0) infeasible("x is zero");
    metrics.set("y", x_ *= 2);
    return metrics;
  }

 private:
  double x_ = 0;
};

MANTA_TRAINABLE(Doubler);

}  // namespace
