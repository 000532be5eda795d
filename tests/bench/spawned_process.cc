// SPDX-License-Identifier: Apache-2.0
// The smallest process that can say that it runs: what the yardstick of process starts is to start. It writes the time
// to descriptor 3, in the yardstick's form: tag, nanoseconds, and three sizes of memory, which nobody reads here.
#include <stdio.h>

#include <chrono>

int main() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  ::dprintf(3, "main %lld 0 0 0\n", static_cast<long long>(std::chrono::nanoseconds(now).count()));
}
