// SPDX-License-Identifier: Apache-2.0
// What searchers cost, without trials: one row in each run of the program, printed as lines of JSON. docs/benchmarks.md
// says what each means.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/check.h"
#include "core/base/random.h"
#include "searchers/make_searcher.h"
#include "tests/bench/benchmark_support.h"

namespace manta::bench {
namespace {

constexpr int kParameters = 10;
constexpr int kSuggestions = 64;  // Whole numbers of the steps between two fits of a model.
constexpr std::int64_t kTrials = 100'000;

const char* const kNames[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};

Space ten_numbers() {
  std::string json = "{";
  for (const char* const name : kNames)
    json += std::string(json == "{" ? "\"" : ", \"") + name + R"(": {"float": [0, 1]})";
  return parse_space(json + "}").value();
}

// A bowl whose axes matter differently and turn into each other, with waves on it.
double loss_of(const Config& config) {
  double sum = 0;
  double last = 0;
  for (int i = 0; i < kParameters; ++i) {
    const double x = config[kNames[i]].as<double>() - 0.2 - 0.05 * i;
    sum += (x + 0.5 * last) * (x + 0.5 * last) / (1 + i) + 0.01 * std::cos(20 * x);
    last = x;
  }
  return sum;
}

// The first of two is anywhere, the other near to where the function is low, as a searcher's would be.
Config some_config(std::int64_t trial) {
  RandomStream random(1, static_cast<std::uint64_t>(trial));
  Config config;
  for (int i = 0; i < kParameters; ++i) {
    const double near = std::clamp(0.2 + 0.05 * i + 0.1 * random.normal(), 0.0, 1.0);
    const double anywhere = random.uniform();
    config.set(kNames[i], trial % 2 == 0 ? anywhere : near);
  }
  return config;
}

void tell(Searcher& searcher, std::int64_t trial, const Config& config) {
  searcher.tell({.trial = TrialId{trial},
                 .config = config,
                 .state = TrialState::kCompleted,
                 .iteration = 1,
                 .value = loss_of(config)});
}

// CPU time of a suggestion, its result told, after `trials` others, one after the other: the mean of several, with the
// fits of models that fall among them, and the most that one took.
void measure_suggestions(std::string_view row, std::string_view name, std::int64_t trials) {
  const Space space = ten_numbers();
  const auto searcher = make_searcher(name, {.space = &space, .objective = {"loss", Mode::kMin}, .seed = 1}).value();
  for (std::int64_t trial = 0; trial < trials; ++trial) tell(*searcher, trial, some_config(trial));
  tell(*searcher, trials, *searcher->ask(TrialId{trials}).value());  // Which fits a model from its very beginning.
  double sum = 0;
  double most = 0;
  for (std::int64_t trial = trials + 1; trial <= trials + kSuggestions; ++trial) {
    const double begin = cpu_us();
    const Config config = *searcher->ask(TrialId{trial}).value();
    tell(*searcher, trial, config);
    const double us = cpu_us() - begin;
    sum += us;
    most = std::max(most, us);
  }
  print(row, sum / kSuggestions / 1e3, "ms");
  print(std::string(row) + ".most", most / 1e3, "ms");
}

// Heap for each of many trials, a suggestion after them included.
void measure_memory(std::string_view row, std::string_view name) {
  const Space space = ten_numbers();
  const double before = heap_bytes();
  const auto searcher = make_searcher(name, {.space = &space, .objective = {"loss", Mode::kMin}, .seed = 1}).value();
  for (std::int64_t trial = 0; trial < kTrials; ++trial) tell(*searcher, trial, some_config(trial));
  MANTA_CHECK(searcher->ask(TrialId{kTrials}).value().has_value(), "there is no suggestion");
  print(row, (heap_bytes() - before) / static_cast<double>(kTrials), "bytes");
}

// "memory_tpe" or "tpe_1000".
bool run(std::string_view row) {
  const std::size_t line = row.find('_');
  if (line == std::string_view::npos) return false;
  const std::string_view first = row.substr(0, line);
  const std::string_view second = row.substr(line + 1);
  const auto is_known = [](std::string_view name) {
    for (const SearcherKind& kind : searcher_kinds()) {
      if (kind.name == name && name != "grid") return true;
    }
    return false;
  };
  if (first == "memory" && is_known(second)) return measure_memory(row, second), true;
  std::int64_t trials = 0;
  const auto [end, error] = std::from_chars(second.data(), second.data() + second.size(), trials);
  if (error != std::errc() || end != second.data() + second.size() || trials < 1 || !is_known(first)) return false;
  measure_suggestions(row, first, trials);
  return true;
}

}  // namespace
}  // namespace manta::bench

int main(int argc, char** argv) {
  if (argc == 2 && manta::bench::run(argv[1])) return 0;
  std::fputs("usage: manta_searchers_benchmark SEARCHER_TRIALS | memory_SEARCHER, as gp_500 or memory_gp\n", stderr);
  return 2;
}
