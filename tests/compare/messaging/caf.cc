// SPDX-License-Identifier: Apache-2.0
// CAF, the C++ Actor Framework, between two processes over the loopback: requests to an actor one at a time, and a
// thousand under way. With two threads, as many as there are CPUs: its default of four is slower on two.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <caf/all.hpp>
#include <caf/io/all.hpp>
#include <cstdint>
#include <cstdlib>

#include "measuring.h"

namespace {

using messaging::kBatch;

class Settings : public caf::actor_system_config {
 public:
  Settings() {
    load<caf::io::middleman>();
    set("scheduler.max-threads", 2);
  }
};

void check(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "%s failed\n", what);
  std::exit(1);
}

caf::behavior echo() {
  return {[](std::int32_t value) { return value; }};
}

// Publishes the actor at a free port and tells it through `out`; lives until it is killed.
[[noreturn]] void serve(int out) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  Settings settings;
  caf::actor_system system(settings);
  const auto port = system.middleman().publish(system.spawn(echo), 0, "127.0.0.1");
  check(port && ::write(out, &*port, sizeof *port) == sizeof *port, "publish");
  for (;;) ::pause();
}

void measure(std::uint16_t port) {
  Settings settings;
  caf::actor_system system(settings);
  const auto server = system.middleman().remote_actor("127.0.0.1", port);
  check(static_cast<bool>(server), "remote_actor");
  caf::scoped_actor self(system);
  const auto take = [&] { self->receive([](std::int32_t) {}); };
  messaging::print("1_1_actor_calls_sync", messaging::median_latency([&] {
                     self->send(*server, std::int32_t{1});
                     take();
                   }),
                   "us");
  messaging::print("1_1_actor_calls_async", messaging::median_rate([&] {
                     for (std::size_t i = 0; i < kBatch; ++i) self->send(*server, std::int32_t{1});
                     for (std::size_t i = 0; i < kBatch; ++i) take();
                   }),
                   "calls/s");
  std::fflush(stdout);
}

}  // namespace

int main() {
  int ends[2];
  check(::pipe(ends) == 0, "pipe");
  const pid_t server = ::fork();
  if (server == 0) serve(ends[1]);
  std::uint16_t port = 0;
  check(::read(ends[0], &port, sizeof port) == sizeof port, "read of the port");
  measure(port);
  ::kill(server, SIGKILL);
  ::waitpid(server, nullptr, 0);
}
