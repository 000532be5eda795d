// SPDX-License-Identifier: Apache-2.0
// A plugin whose trials never end by themselves and can go on from where they were.
#include <unistd.h>

#include "tune/trainable.h"

namespace {

class Steady : public manta::Trainable {
 public:
  void setup(const manta::Config& config) override { x_ = config["x"].as<double>(); }
  manta::Metrics step() override {
    ::usleep(1000);
    return {{"score", x_ * ++iteration_}};
  }
  void save(manta::CheckpointWriter& out) override { out.write("iteration", iteration_); }
  void load(const manta::CheckpointReader& in) override { iteration_ = in.read<int>("iteration"); }

 private:
  double x_ = 0;
  int iteration_ = 0;
};

MANTA_TRAINABLE(Steady);

}  // namespace
