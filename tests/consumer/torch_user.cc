// SPDX-License-Identifier: Apache-2.0
// A program of another project that links manta::torch, and LibTorch with it.
#include <manta/torch.h>

#include <iostream>

int main() {
  std::cout << manta::torch::device() << '\n';
  return 0;
}
