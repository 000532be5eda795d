// SPDX-License-Identifier: Apache-2.0
// Whole experiments whose trials do nothing: what is left is what tuning costs. Each run makes one experiment in the
// working directory, so that it lies on a disk, and prints one line of JSON.
#include <manta/manta.h>
#include <stdlib.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

namespace {

namespace fs = std::filesystem;

class Trivial : public manta::Trainable {
 public:
  void setup(const manta::Config& config) override { x_ = config["x"].as<double>(); }
  manta::Metrics step() override { return {{"loss", x_}}; }
  bool reset(const manta::Config& config) override { return setup(config), true; }

 private:
  double x_ = 0;
};
MANTA_TRAINABLE(Trivial);

/// Runs `trials` trials of `iterations` reports each, `concurrency` at once. Returns the seconds from the call until
/// all is on disk.
double run_experiment(std::int64_t trials, std::int64_t iterations, int concurrency) {
  std::string pattern = (fs::current_path() / "tune_benchmark_XXXXXX").string();
  const fs::path root = ::mkdtemp(pattern.data());
  manta::TuneOptions options;
  options.space = R"({"x": {"float": [0, 1]}})";
  options.metric = "loss";
  options.samples = trials;
  options.max_iterations = iterations;
  options.concurrency = concurrency;
  options.trainable = "Trivial";
  options.searcher = "random";  // The loop is measured, no model.
  options.out = root / "experiment";
  const auto begin = std::chrono::steady_clock::now();
  const manta::Result<manta::TuneOutcome> outcome = manta::tune_run(options, {.print_summary = false});
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  MANTA_CHECK(outcome.value().counts.completed == trials, "not all trials have completed");
  fs::remove_all(root);
  return elapsed.count();
}

}  // namespace

int main(int argc, char** argv) {
  const manta::Runtime runtime = manta::init(argc, argv).value();
  const std::string_view mode = argc > 1 ? argv[1] : "";
  const std::int64_t count = argc > 2 ? std::atoll(argv[2]) : 0;
  const int concurrency = argc > 3 ? std::atoi(argv[3]) : 0;
  if (count > 0 && concurrency > 0 && mode == "trials") {
    std::printf("{\"name\": \"trials\", \"value\": %.6g, \"unit\": \"s\"}\n", run_experiment(count, 1, concurrency));
  } else if (count > 0 && concurrency > 0 && mode == "reports") {
    const double rate = static_cast<double>(count * concurrency) / run_experiment(concurrency, count, concurrency);
    std::printf("{\"name\": \"reports\", \"value\": %.6g, \"unit\": \"rows/s\"}\n", rate);
  } else {
    std::fputs("usage: manta_tune_benchmark trials TRIALS CONCURRENCY | reports REPORTS_OF_EACH CONCURRENCY\n", stderr);
    return 2;
  }
  return 0;
}
