// SPDX-License-Identifier: Apache-2.0
// One option named, the others left out: nobody is warned.
#include <manta/manta.h>

class Counter {
 public:
  int add(int by) { return value_ += by; }

 private:
  int value_ = 0;
};

int twice(int value) { return 2 * value; }

int main(int argc, char** argv) {
  const auto runtime = manta::init(argc, argv, {.cpus = 1});
  auto doubled = manta::remote<twice>.with({.max_retries = 1})(20);
  auto counter = manta::actor<Counter>.with({.max_restarts = 1})();
  auto sum = counter.call<&Counter::add>(2);
  const int result = manta::get(doubled).value_or(0) + manta::get(sum).value_or(0);
  manta::cancel(doubled, {.force = true});
  return runtime && result == 42 ? 0 : 1;
}
