// SPDX-License-Identifier: Apache-2.0
// A plugin with two trainables.
#include "tune/trainable.h"

namespace {

class First : public manta::Trainable {
 public:
  void setup(const manta::Config&) override {}
  manta::Metrics step() override { return {}; }
};
class Second : public First {};

MANTA_TRAINABLE(First);
MANTA_TRAINABLE(Second);

}  // namespace
