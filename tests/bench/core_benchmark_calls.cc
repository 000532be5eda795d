// SPDX-License-Identifier: Apache-2.0
// Calls of actors, and tasks: one after the other, and by the batch. A Class is a SmallActor or an AsyncActor.
#include <manta/manta.h>

#include <chrono>
#include <thread>

#include "tests/bench/benchmark_support.h"
#include "tests/bench/core_benchmark.h"

namespace manta::bench {
namespace {

/// Times of `count` calls of `call`, one after the other, after a tenth as many to warm up.
template <class Call>
void print_calls(std::string_view name, std::size_t count, Call&& call) {
  const auto step = [&] { get(call()).value(); };
  times_of(count / 10, step);
  print_times(name, times_of(count, step), "us");
}

template <class Class>
void actor_calls_sync(std::string_view name) {
  const auto actor = manta::actor<Class>();
  print_calls(name, 50'000, [&] { return actor.template call<&Class::small_value>(); });
}

// Before each call both have slept so long that nobody looks any more.
void actor_calls_sync_asleep(std::string_view name) {
  const auto actor = manta::actor<SmallActor>();
  std::vector<double> times(1000);
  for (double& time : times) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    time = time_us([&] { get(actor.call<&SmallActor::small_value>()).value(); });
  }
  print_times(name, times, "us");
}

template <class Class>
void print_batches_of(std::string_view name, const Actor<Class>& actor) {
  const auto batch = [&] { get_batch([&] { return actor.template call<&Class::small_value>(); }); };
  print(name, measure_rate(batch) * kBatch, "calls/s");
}

template <class Class>
void actor_calls_async(std::string_view name) {
  print_batches_of(name, manta::actor<Class>());
}

void actor_calls_concurrent(std::string_view name) {
  constexpr int kThreads = 16;  // As many as Ray's.
  print_batches_of(name, manta::actor<SmallActor>.with({.max_concurrency = kThreads})());
}

void actor_calls_with_arg_async(std::string_view name) {
  const auto actor = manta::actor<SmallActor>();
  const auto batch = [&] {
    const ObjectRef<int> argument = put(0);
    get_batch([&] { return actor.call<&SmallActor::small_value_with>(argument); });
  };
  print(name, measure_rate(batch) * kBatch, "calls/s");
}

void async_actor_calls_with_args_async(std::string_view name) {
  const auto actor = manta::actor<AsyncActor>();
  const auto batch = [&] {
    int argument = 0;
    get_batch([&] { return actor.call<&AsyncActor::small_value_with>(argument++); });
  };
  print(name, measure_rate(batch) * kBatch, "calls/s");
}

template <class Class>
void one_to_n_actor_calls_async(std::string_view name) {
  constexpr std::size_t kBatchOfEach = 5000;
  const std::vector<Actor<Class>> called = actors<Class>();
  const auto batch = [&] {
    std::vector<ObjectRef<SmallValue>> refs;
    refs.reserve(kActors * kBatchOfEach);
    for (const auto& actor : called)
      for (std::size_t i = 0; i < kBatchOfEach; ++i) refs.push_back(actor.template call<&Class::small_value>());
    MANTA_CHECK(get(refs).has_value(), "a call failed");
  };
  print(name, measure_rate(batch) * kActors * kBatchOfEach, "calls/s");
}

void tasks_sync(std::string_view name) {
  print_calls(name, 20'000, [] { return remote<small_value>(); });
}

double batches_of_tasks() {
  return measure_rate([] { get_batch([] { return remote<small_value>(); }); });
}

void tasks_async(std::string_view name) { print(name, batches_of_tasks() * kBatch, "tasks/s"); }
void tasks_and_get_batch(std::string_view name) { print(name, batches_of_tasks(), "batches/s"); }

}  // namespace

std::vector<CoreRow> call_rows() {
  return {{"1_1_actor_calls_sync", actor_calls_sync<SmallActor>},
          {"1_1_actor_calls_sync_one_core", actor_calls_sync<SmallActor>, 2, true},
          {"1_1_actor_calls_sync_asleep", actor_calls_sync_asleep},
          {"1_1_actor_calls_async", actor_calls_async<SmallActor>},
          {"1_1_actor_calls_concurrent", actor_calls_concurrent},
          {"1_1_actor_calls_with_arg_async", actor_calls_with_arg_async},
          {"1_n_actor_calls_async", one_to_n_actor_calls_async<SmallActor>},
          {"1_1_async_actor_calls_sync", actor_calls_sync<AsyncActor>},
          {"1_1_async_actor_calls_async", actor_calls_async<AsyncActor>},
          {"1_1_async_actor_calls_with_args_async", async_actor_calls_with_args_async},
          {"1_n_async_actor_calls_async", one_to_n_actor_calls_async<AsyncActor>},
          {"single_client_tasks_sync", tasks_sync},
          {"single_client_tasks_async", tasks_async},
          {"single_client_tasks_and_get_batch", tasks_and_get_batch}};
}

}  // namespace manta::bench
