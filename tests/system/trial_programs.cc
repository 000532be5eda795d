// SPDX-License-Identifier: Apache-2.0
// The trainables of the system tests: small, and each with its own way to behave or misbehave.
#include <fcntl.h>
#include <manta/manta.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

// Learns nothing: the value depends on x and the iteration alone. Counts in its state, so that a restart shows.
class Curve : public manta::Trainable {
 public:
  void setup(const manta::Config& config) override { x_ = config["x"].as<double>(); }
  manta::Metrics step() override {
    ++iteration_;
    return {{"score", x_ * (1 - std::exp(-0.3 * iteration_))}, {"own_iteration", iteration_}};
  }
  void save(manta::CheckpointWriter& out) override { out.write("iteration", iteration_); }
  void load(const manta::CheckpointReader& in) override { iteration_ = in.read<int>("iteration"); }

 protected:
  double x_ = 0;
  int iteration_ = 0;
};

// Its score depends on all that it has been through, so a wrong checkpoint shows; its pace, on the process.
class Walk : public manta::Trainable {
 public:
  void setup(const manta::Config& config) override { x_ = config["x"].as<double>(); }
  manta::Metrics step() override {
    for (int spin = ::getpid() % 7 * 20'000; spin > 0; --spin) pace_ = spin;
    ++iteration_;
    score_ = 0.8 * score_ + x_ * std::fmod(iteration_ * 0.618 + 7 * x_, 1.0);
    return {{"score", score_}};
  }
  void save(manta::CheckpointWriter& out) override {
    out.write("iteration", iteration_);
    out.write("score", score_);
  }
  void load(const manta::CheckpointReader& in) override {
    iteration_ = in.read<int>("iteration");
    score_ = in.read<double>("score");
  }

 private:
  double x_ = 0;
  double score_ = 0;
  int iteration_ = 0;
  volatile int pace_ = 0;
};

// A searcher of the program's own: x = 1, 0.9, …, down to 0.1, or from where its options say.
class Countdown : public manta::Searcher {
 public:
  static manta::Result<std::unique_ptr<manta::Searcher>> make(const manta::SearcherSetup& setup) {
    const int tenths = setup.options.empty() ? 10 : std::atoi(setup.options.c_str());
    if (tenths < 1 || tenths > 10) {
      return manta::Error{manta::ErrorCode::kInvalidArgument,
                          "Countdown begins at 1 to 10 tenths, not at " + setup.options};
    }
    return std::unique_ptr<manta::Searcher>(std::make_unique<Countdown>(tenths));
  }

  explicit Countdown(int tenths) : tenths_(tenths) {}
  manta::Result<std::optional<manta::Config>> ask(manta::TrialId trial) override {
    if (trial.number >= tenths_) return std::optional<manta::Config>();
    return std::optional(manta::Config{{"x", static_cast<double>(tenths_ - trial.number) / 10}});
  }
  void tell(const manta::Outcome&) override {}
  bool learns() const override { return false; }
  std::optional<std::int64_t> size() const override { return tenths_; }
  manta::Snapshot save() const override { return {R"({"Countdown":{}})"}; }
  manta::Result<void> restore(const manta::Snapshot&) override { return {}; }

 private:
  const int tenths_;
};

// As Curve, and the same process takes the next trial.
class Reused : public Curve {
 public:
  bool reset(const manta::Config& config) override {
    iteration_ = 0;
    setup(config);
    return true;
  }
};

// Ends after a report, or, where x is 2, once it has two CPUs.
class Spreads : public Reused {
 public:
  manta::Metrics step() override {
    manta::Metrics metrics = Reused::step();
    const int cpus = std::atoi(::getenv("MANTA_CPUS"));
    metrics.set("cpus", cpus);
    if (x_ < 2 || cpus == 2) finish();
    return metrics;
  }
  bool reset(const manta::Config& config) override { return restart(), Reused::reset(config); }
};

struct Hyper {
  double x = 0;
  std::optional<int> n;
  static manta::ConfigBinding<Hyper> binding() {
    return manta::ConfigBinding<Hyper>().field("x", &Hyper::x).field("n", &Hyper::n);
  }
};

class Typed : public manta::TypedTrainable<Hyper> {
 public:
  void setup(const Hyper& hyper) override { hyper_ = hyper; }
  manta::Metrics step() override { return {{"score", hyper_.x + hyper_.n.value_or(100)}}; }

 private:
  Hyper hyper_;
};

void typed_function(const Hyper& hyper, manta::Trial& trial) { trial.report({{"score", hyper.x}}); }

class Throws : public Curve {
 public:
  manta::Metrics step() override { throw std::runtime_error("no luck with x"); }
};

class Segfaults : public Curve {
 public:
  manta::Metrics step() override {
    std::puts("about to fall");
    std::signal(SIGSEGV, SIG_DFL);  // A sanitizer's handler would end the process by exit().
    std::raise(SIGSEGV);
    return {};
  }
};

class NotANumber : public Curve {
 public:
  manta::Metrics step() override { return {{"score", std::numeric_limits<double>::quiet_NaN()}}; }
};

class Talks : public Curve {
 public:
  manta::Metrics step() override {
    std::printf("hello from trial with x\n");
    return Curve::step();
  }
};

// Cannot work where x is small: found out when it is set up, in an iteration, or not at all.
class Picky : public Curve {
 public:
  void setup(const manta::Config& config) override {
    Curve::setup(config);
    if (x_ < 0.3) infeasible("x is too small");
  }
  manta::Metrics step() override {
    if (x_ < 0.6 && iteration_ == 2) infeasible("x is too small for three iterations");
    return Curve::step();
  }
};

void picky(manta::Trial& trial) {
  const auto x = trial.config()["x"].as<double>();
  trial.report({{"score", x}});
  if (x < 0.6) trial.infeasible("x is too small");
  trial.report({{"score", 2 * x}});
}

// Where a program that is stuck says that it is.
[[gnu::noinline]] void wait_for_a_lock_that_nobody_releases() {
  for (volatile bool held = true; held;) ::usleep(1000);
}

// Gets stuck in its second iteration, the first time that it comes there.
class Sticks : public Curve {
 public:
  void setup(const manta::Config& config) override {
    Curve::setup(config);
    is_first_ = ::getenv("MANTA_ATTEMPT") == std::string("1");
  }
  manta::Metrics step() override {
    if (iteration_ == 1 && is_first_) wait_for_a_lock_that_nobody_releases();
    return Curve::step();
  }

 private:
  bool is_first_ = false;
};

// As above, as a function, whose thread is not the one that answers calls.
void sticks(manta::Trial& trial) {
  const auto x = trial.config()["x"].as<double>();
  trial.report({{"score", x}});
  wait_for_a_lock_that_nobody_releases();
}

// Takes 64 MiB more in each iteration.
class Grows : public Curve {
 public:
  manta::Metrics step() override {
    held_.emplace_back(std::size_t{64} << 20, 'x');
    return Curve::step();
  }

 private:
  std::vector<std::string> held_;
};

// Never comes to an end by itself.
class Endless : public Curve {
 public:
  manta::Metrics step() override {
    double sum = 0;
    for (int i = 1; i < 1'000'000; ++i) sum += std::sqrt(i);
    if (sum < 0) finish();  // Never; but the compiler must not drop the work.
    return Curve::step();
  }
};

// As above, as a function.
void endless(manta::Trial& trial) {
  int iteration = trial.checkpoint() != nullptr ? trial.checkpoint()->read<int>("iteration") : 0;
  const auto x = trial.config()["x"].as<double>();
  for (;;) {
    ++iteration;
    ::usleep(1000);
    trial.report({{"score", x * iteration}}, [&](manta::CheckpointWriter& out) { out.write("iteration", iteration); });
  }
}

// Is on the list of a GPU's processes from its first report on, and says how many others are: the driver's library is a
// fake, and the list a file that the test and the trials take turns at.
class OnGpu : public Curve {
 public:
  manta::Metrics step() override {
    manta::Metrics metrics = Curve::step();
    if (iteration_ == 1) listed_ = enter();
    metrics.set("listed", listed_);
    metrics.set("device", std::atoi(::getenv("CUDA_VISIBLE_DEVICES")));
    return metrics;
  }

 private:
  static int enter() {
    const int file = ::open(::getenv("MANTA_FAKE_NVML_FILE"), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    ::flock(file, LOCK_EX);
    const std::string device = ::getenv("CUDA_VISIBLE_DEVICES");
    const std::string line = device + " " + std::to_string(::getpid()) + "\n";
    if (::write(file, line.data(), line.size()) < 0) std::abort();
    ::lseek(file, 0, SEEK_SET);
    std::string text(100'000, '\0');
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::read(file, text.data(), text.size()))));
    ::close(file);
    int listed = 0;
    const std::string begin = device + " ";
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) listed += text.compare(at, begin.size(), begin) == 0 ? 1 : 0;
    return listed;
  }

  int listed_ = 0;
};

// Appends to a file each row that report() has acknowledged.
void Acknowledged(manta::Trial& trial) {
  std::ofstream file(trial.config()["acknowledged"].as<std::string>(), std::ios::app);
  const auto x = trial.config()["x"].as<double>();
  const std::string name = ::getenv("MANTA_TRIAL") + std::string(" ") + ::getenv("MANTA_ATTEMPT");
  for (int i = 1; i <= 40; ++i) {
    trial.report({{"score", x * i}});
    file << name + " " + std::to_string(i) + "\n" << std::flush;
  }
}

}  // namespace

MANTA_SEARCHER(Countdown);
MANTA_TRAINABLE(Curve);
MANTA_TRAINABLE(Walk);
MANTA_TRAINABLE(Typed);
MANTA_TRAINABLE_FUNCTION(typed_function);
MANTA_TRAINABLE(Reused);
MANTA_TRAINABLE(Spreads);
MANTA_TRAINABLE(Throws);
MANTA_TRAINABLE(Segfaults);
MANTA_TRAINABLE(NotANumber);
MANTA_TRAINABLE(Talks);
MANTA_TRAINABLE(Endless);
MANTA_TRAINABLE(Grows);
MANTA_TRAINABLE(OnGpu);
MANTA_TRAINABLE(Sticks);
MANTA_TRAINABLE_FUNCTION(endless);
MANTA_TRAINABLE_FUNCTION(sticks);
MANTA_TRAINABLE(Picky);
MANTA_TRAINABLE_FUNCTION(picky);
MANTA_TRAINABLE_FUNCTION(Acknowledged);
