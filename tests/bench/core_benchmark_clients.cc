// SPDX-License-Identifier: Apache-2.0
// Several clients at once: actors, each with an actor or tasks of its own, and tasks that put.
#include <manta/manta.h>

#include "tests/bench/benchmark_support.h"
#include "tests/bench/core_benchmark.h"

namespace manta::bench {
namespace {

class Client {
 public:
  void call_actor(const Actor<SmallActor>& actor) {
    get_batch([&] { return actor.call<&SmallActor::small_value>(); });
  }
  void call_async_actor(const Actor<AsyncActor>& actor) {
    get_batch([&] { return actor.call<&AsyncActor::small_value>(); });
  }
  void call_actor_with_ref(const Actor<SmallActor>& actor) {
    const ObjectRef<int> argument = put(0);
    get_batch([&] { return actor.call<&SmallActor::small_value_with>(argument); });
  }
  void run_tasks() {
    get_batch([] { return remote<small_value>(); });
  }
};

void get_all(const std::vector<ObjectRef<void>>& refs) { MANTA_CHECK(get(refs).has_value(), "a client failed"); }

/// What all clients get done per second: `start(client number)` has one make a batch.
template <class Start>
double rate_of_clients(Start&& start) {
  const auto batches = [&] {
    std::vector<ObjectRef<void>> refs(kActors);
    for (std::size_t i = 0; i < kActors; ++i) refs[i] = start(i);
    get_all(refs);
  };
  return measure_rate(batches) * kActors * kBatch;
}

/// Each client by its `method` with an actor of its own.
template <class Class, auto method>
void n_to_n_actor_calls_async(std::string_view name) {
  const std::vector<Actor<Class>> called = actors<Class>();
  const std::vector<Actor<Client>> clients = actors<Client>();
  print(name, rate_of_clients([&](std::size_t i) { return clients[i].template call<method>(called[i]); }), "calls/s");
}

void multi_client_tasks_async(std::string_view name) {
  const std::vector<Actor<Client>> clients = actors<Client>();
  print(name, rate_of_clients([&](std::size_t i) { return clients[i].call<&Client::run_tasks>(); }), "tasks/s");
}

// As many and as long as Ray's.
constexpr std::size_t kTasks = 10;
constexpr std::size_t kPutsOfTask = 100;
constexpr std::size_t kLargePutsOfTask = 10;
constexpr std::size_t kLargeBytes = std::size_t{80} << 20;

void put_many() {
  for (std::size_t i = 0; i < kPutsOfTask; ++i) MANTA_CHECK(put(0).is_ready(), "a put is not done");
}

void put_large() {
  using Bytes = SharedArray<std::uint64_t>;
  static const Bytes source(std::vector<std::uint64_t>(kLargeBytes / sizeof(std::uint64_t)));  // One in each worker.
  for (std::size_t i = 0; i < kLargePutsOfTask; ++i)
    MANTA_CHECK(get(put(source)).has_value(), "the store is too small");
}

/// Times per second that kTasks of `function` at once are done.
template <auto function>
double rate_of_tasks() {
  return measure_rate([] {
    std::vector<ObjectRef<void>> refs(kTasks);
    for (auto& ref : refs) ref = remote<function>();
    get_all(refs);
  });
}

void multi_client_put_calls(std::string_view name) {
  print(name, rate_of_tasks<put_many>() * kTasks * kPutsOfTask, "puts/s");
}

void multi_client_put_gigabytes(std::string_view name) {
  print(name, rate_of_tasks<put_large>() * kTasks * kLargePutsOfTask * kLargeBytes / 1e9, "GB/s");
}

}  // namespace

std::vector<CoreRow> client_rows() {
  return {{"n_n_actor_calls_async", n_to_n_actor_calls_async<SmallActor, &Client::call_actor>},
          {"n_n_actor_calls_with_arg_async", n_to_n_actor_calls_async<SmallActor, &Client::call_actor_with_ref>},
          {"n_n_async_actor_calls_async", n_to_n_actor_calls_async<AsyncActor, &Client::call_async_actor>},
          {"multi_client_tasks_async", multi_client_tasks_async},
          {"multi_client_put_calls", multi_client_put_calls},
          {"multi_client_put_gigabytes", multi_client_put_gigabytes}};
}

}  // namespace manta::bench
