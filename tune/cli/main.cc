// SPDX-License-Identifier: Apache-2.0
// main() of tune_run, and of every program that links manta::tune_main.
#include <cstdio>

#include "core/api/runtime.h"
#include "tune/cli/exit_code.h"
#include "tune/cli/tune_main.h"

int main(int argc, char** argv) {
  // A worker process never returns from init(), so nothing may come before it.
  const manta::Result<manta::Runtime> runtime = manta::init(argc, argv, manta::runtime_options(argc, argv));
  if (!runtime) {
    std::fprintf(stderr, "%s: error: %s\n", argc > 0 ? argv[0] : "tune_run", runtime.error().message.c_str());
    return manta::exit_code_of(runtime.error().code);
  }
  return manta::tune_main(argc, argv);
}
