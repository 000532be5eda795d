// SPDX-License-Identifier: Apache-2.0
// A row of the core comparison in a program that has LibTorch loaded, and uses it.
#include <ATen/ATen.h>
#include <manta/manta.h>

#include <cstdio>

#include "tests/bench/actor_creation.h"

namespace {

class Summing {
 public:
  int small_value() { return numbers_.sum().item<int>(); }

 private:
  at::Tensor numbers_ = at::ones({2});
};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view name = argc == 2 ? argv[1] : "";
  if (name != "actor_creation_libtorch") {
    std::fputs("usage: manta_torch_benchmark actor_creation_libtorch\n", stderr);
    return 2;
  }
  const manta::Runtime runtime = manta::init(argc, argv, {.cpus = 2}).value();
  manta::bench::print_creation<Summing>(name);
}
