// SPDX-License-Identifier: Apache-2.0
// Whole experiments whose trials do nothing: what is left is what tuning costs.
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include "tests/bench/benchmark_support.h"
#include "tests/bench/tune_benchmark.h"

namespace {

// Ends after one report, or when the experiment says so. The same process runs trial after trial.
class Trivial : public manta::Trainable {
 public:
  void setup(const manta::Config& config) override { x_ = config["x"].as<double>(); }
  manta::Metrics step() override { return {{"loss", x_}}; }
  bool reset(const manta::Config& config) override { return setup(config), true; }

 private:
  double x_ = 0;
};
MANTA_TRAINABLE(Trivial);

// The same without reset(): a process for each trial.
class Fresh : public manta::Trainable {
 public:
  void setup(const manta::Config& config) override { x_ = config["x"].as<double>(); }
  manta::Metrics step() override { return {{"loss", x_}}; }

 private:
  double x_ = 0;
};
MANTA_TRAINABLE(Fresh);

// Reports until it is stopped, and waits each time until the row is on disk.
void reporting_function(manta::Trial& trial) {
  while (true) trial.report({{"loss", trial.config()["x"].as<double>()}});
}
MANTA_TRAINABLE_FUNCTION(reporting_function);

void trivial_function(manta::Trial& trial) { trial.report({{"loss", trial.config()["x"].as<double>()}}); }
MANTA_TRAINABLE_FUNCTION(trivial_function);

constexpr std::chrono::milliseconds kNap{100};

// A trial that takes kNap and no processor.
class Sleeper : public Trivial {
 public:
  manta::Metrics step() override {
    std::this_thread::sleep_for(kNap);
    return Trivial::step();
  }
};
MANTA_TRAINABLE(Sleeper);

}  // namespace

namespace manta::bench {
namespace {

void print_trials(std::string_view name, std::int64_t trials, TuneOptions options) {
  options.samples = trials;
  options.concurrency = 2;
  print(name, static_cast<double>(trials) / seconds_of(std::move(options)), "trials/s");
}

void trials_class(std::string_view name, std::int64_t trials) {
  print_trials(name, trials, {.max_iterations = 1, .trainable = "Trivial"});
}

void trials_function(std::string_view name, std::int64_t trials) {
  print_trials(name, trials, {.trainable = "trivial_function"});
}

void trials_fresh(std::string_view name, std::int64_t trials) {
  print_trials(name, trials, {.max_iterations = 1, .trainable = "Fresh"});
}

// Beside it, what xargs makes of the same program, two at once as well.
void trials_command(std::string_view name, std::int64_t trials) {
  print_trials(name, trials, {.command = "/bin/echo {x}"});
  const std::string xargs = "seq " + std::to_string(trials) + " | xargs -P 2 -n 1 /bin/echo >/dev/null";
  int status = 0;
  const double us = time_us([&] { status = std::system(xargs.c_str()); });
  MANTA_CHECK(status == 0, "xargs has failed");
  print(std::string(name) + ".xargs", static_cast<double>(trials) / us * 1e6, "trials/s");
}

// Each of `trials` trials reports `reports` times, all of them at once.
void print_reports(std::string_view name, int trials, std::int64_t reports, std::string trainable) {
  TuneOptions options{
      .samples = trials, .max_iterations = reports, .concurrency = trials, .trainable = std::move(trainable)};
  print(name, static_cast<double>(trials * reports) / seconds_of(std::move(options)), "rows/s");
}

void reports_waiting(std::string_view name, std::int64_t reports) {
  print_reports(name, 1, reports, "reporting_function");
}
void reports_two_trials(std::string_view name, std::int64_t reports) {
  print_reports(name, 2, reports, "reporting_function");
}
// A class is some reports ahead of the disk.
void reports_pipelined(std::string_view name, std::int64_t reports) { print_reports(name, 1, reports, "Trivial"); }
void reports_64_trials(std::string_view name, std::int64_t reports) { print_reports(name, 64, reports, "Trivial"); }

// The share of the slots' time that trials have run, in percent.
double busy_share(std::int64_t trials, std::string searcher) {
  constexpr int kSlots = 64;
  TuneOptions options{.samples = trials, .max_iterations = 1, .concurrency = kSlots, .trainable = "Sleeper"};
  options.searcher = std::move(searcher);
  const double work = static_cast<double>(trials) * std::chrono::duration<double>(kNap).count();
  return 100 * work / (kSlots * seconds_of(std::move(options)));
}

void slots_busy(std::string_view name, std::int64_t trials) { print(name, busy_share(trials, "random"), "%"); }
// The rest, where suggestions take time.
void slots_idle_gp(std::string_view name, std::int64_t trials) { print(name, 100 - busy_share(trials, "gp"), "%"); }
void slots_idle_tpe(std::string_view name, std::int64_t trials) { print(name, 100 - busy_share(trials, "tpe"), "%"); }

}  // namespace

std::vector<TuneRow> trial_rows() {
  return {{"trials_class", trials_class, 1000},
          {"trials_function", trials_function, 1000},
          {"trials_fresh", trials_fresh, 1000},
          {"trials_command", trials_command, 1000},
          {"reports_waiting", reports_waiting, 3000},
          {"reports_two_trials", reports_two_trials, 3000},
          {"reports_pipelined", reports_pipelined, 30'000},
          {"reports_64_trials", reports_64_trials, 500, 64},
          {"slots_busy", slots_busy, 6400, 64},
          {"slots_idle_gp", slots_idle_gp, 1280, 64},
          {"slots_idle_tpe", slots_idle_tpe, 6400, 64}};
}

}  // namespace manta::bench
