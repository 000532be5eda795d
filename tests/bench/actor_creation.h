// SPDX-License-Identifier: Apache-2.0
// How long it takes to make an actor: for programs that differ in what they have loaded.
#pragma once

#include <manta/manta.h>

#include "tests/bench/benchmark_support.h"

namespace manta::bench {

/// Milliseconds from the making of a Class until the answer of its small_value(). Its process ends outside of that
/// time.
template <class Class>
void print_creation(std::string_view name) {
  constexpr int kWarmUp = 5;
  std::vector<double> times(1000);
  const auto create = [](Actor<Class>& made) {
    made = actor<Class>();
    get(made.template call<&Class::small_value>()).value();
  };
  for (int i = 0; i < kWarmUp; ++i) {
    Actor<Class> made;
    create(made);
  }
  for (double& time : times) {
    Actor<Class> made;
    time = time_us([&] { create(made); }) / 1e3;
  }
  print_times(name, times, "ms");
}

}  // namespace manta::bench
