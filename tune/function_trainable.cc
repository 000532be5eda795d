// SPDX-License-Identifier: Apache-2.0
// A function's thread and the trial's thread take turns; each waits while the other runs.
#include "tune/function_trainable.h"

#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace manta {

namespace {

// How long a function that another trial waits for may take to unwind; after that, the other gets a new process.
constexpr std::chrono::milliseconds kUnwindPatience{200};

// Unwinds the user's function. No std::exception, so that a catch of those lets it pass.
struct StopFunction {};

using SaveFunction = std::function<void(CheckpointWriter&)>;

// The two threads' meeting place. `turn_` says which of them runs; the other waits.
class FunctionTrial final : public Trial {
 public:
  explicit FunctionTrial(Config config) : config_(std::move(config)) {}

  const Config& config() const override { return config_; }
  void report(const Metrics& metrics) override { hand_over(metrics, nullptr); }
  void report(const Metrics& metrics, const SaveFunction& save) override { hand_over(metrics, &save); }
  const CheckpointReader* checkpoint() const override { return reader_ ? &*reader_ : nullptr; }

  // For the trial's thread, before the function starts.
  void set_checkpoint(std::vector<std::byte> bytes);

  // For the trial's thread: lets the function run until it reports or ends. None: it has ended.
  std::optional<Metrics> run_to_report();
  // For the trial's thread, while the function waits in report(): runs the callback of that report, if it has one.
  void run_save(CheckpointWriter& out);
  // For the trial's thread: makes report() throw from now on and lets the function run to its end.
  void stop();
  // For the trial's thread, after stop(): whether the function, if it ever began, is at its end within `patience`.
  bool wait_for_end(std::chrono::milliseconds patience);

  // For the function's thread.
  bool wait_for_start();
  void end(std::exception_ptr error);

 private:
  enum class Turn { kTrial, kFunction };

  void hand_over(const Metrics& metrics, const SaveFunction* save);
  std::exception_ptr run_callback(std::unique_lock<std::mutex>& lock);
  void give_turn(std::unique_lock<std::mutex>& lock);  // To the function, and waits to get it back.

  const Config config_;
  std::vector<std::byte> checkpoint_bytes_;  // What reader_ views. Fixed once the function runs, as is reader_.
  std::optional<CheckpointReader> reader_;

  std::mutex mutex_;  // Guards all that follows.
  std::condition_variable changed_;
  Turn turn_ = Turn::kTrial;
  bool ended_ = false;
  bool stopping_ = false;
  bool saving_ = false;  // The callback runs, on the function's thread.
  std::exception_ptr error_;
  std::optional<Metrics> metrics_;
  const SaveFunction* save_ = nullptr;       // Of the report that the function waits in.
  CheckpointWriter* save_target_ = nullptr;  // Set while the trial asks the function's thread to run save_.
};

void FunctionTrial::set_checkpoint(std::vector<std::byte> bytes) {
  checkpoint_bytes_ = std::move(bytes);
  reader_ = CheckpointReader::decode(checkpoint_bytes_).value();  // Encoded by load() a moment ago.
}

void FunctionTrial::give_turn(std::unique_lock<std::mutex>& lock) {
  turn_ = Turn::kFunction;
  changed_.notify_all();
  changed_.wait(lock, [this] { return turn_ == Turn::kTrial; });
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

std::optional<Metrics> FunctionTrial::run_to_report() {
  std::unique_lock lock(mutex_);
  if (ended_) return std::nullopt;
  metrics_.reset();
  give_turn(lock);
  return std::exchange(metrics_, std::nullopt);
}

void FunctionTrial::run_save(CheckpointWriter& out) {
  std::unique_lock lock(mutex_);
  if (ended_ || save_ == nullptr) return;
  save_target_ = &out;
  give_turn(lock);
}

void FunctionTrial::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  if (ended_) return;
  turn_ = Turn::kFunction;
  changed_.notify_all();
}

bool FunctionTrial::wait_for_end(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [this] { return ended_; });
}

bool FunctionTrial::wait_for_start() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return turn_ == Turn::kFunction; });
  return !stopping_;
}

void FunctionTrial::hand_over(const Metrics& metrics, const SaveFunction* save) {
  std::unique_lock lock(mutex_);
  if (stopping_) throw StopFunction{};
  if (saving_) throw std::logic_error("report() was called by the save callback of a report()");
  metrics_ = metrics;
  save_ = save != nullptr && *save ? save : nullptr;
  while (true) {
    turn_ = Turn::kTrial;
    changed_.notify_all();
    changed_.wait(lock, [this] { return turn_ == Turn::kFunction; });
    if (stopping_) throw StopFunction{};
    if (save_target_ == nullptr) break;
    error_ = run_callback(lock);
  }
  save_ = nullptr;
}

// On the function's own thread, so that the callback may use the function's locals without locks.
std::exception_ptr FunctionTrial::run_callback(std::unique_lock<std::mutex>& lock) {
  CheckpointWriter& target = *std::exchange(save_target_, nullptr);
  saving_ = true;
  lock.unlock();  // Else a callback that calls report() by mistake would wait for itself.
  std::exception_ptr error;
  try {
    (*save_)(target);
  } catch (...) {
    error = std::current_exception();
  }
  lock.lock();
  saving_ = false;
  return error;
}

void FunctionTrial::end(std::exception_ptr error) {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  error_ = std::move(error);
  metrics_.reset();
  save_ = nullptr;
  turn_ = Turn::kTrial;
  changed_.notify_all();
}

class FunctionTrainable final : public Trainable {
 public:
  explicit FunctionTrainable(std::function<void(Trial&)> function) : function_(std::move(function)) {}
  ~FunctionTrainable() override { stop(); }

  void setup(const Config& config) override {
    stop();
    trial_ = std::make_unique<FunctionTrial>(config);
  }

  bool reset(const Config& config) override {
    if (thread_.joinable()) {
      trial_->stop();
      if (!trial_->wait_for_end(kUnwindPatience)) return false;
    }
    restart();
    setup(config);
    return true;
  }

  Metrics step() override {
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
    std::optional<Metrics> metrics = trial_->run_to_report();
    if (!metrics) finish();
    return metrics ? *std::move(metrics) : Metrics{};
  }

  void save(CheckpointWriter& out) override {
    if (thread_.joinable()) return trial_->run_save(out);
    // Nothing ran since load(): what was loaded is still the newest state.
    if (const CheckpointReader* loaded = trial_->checkpoint()) copy_entries(*loaded, out);
  }

  bool waits_for_disk() const override { return true; }  // Trial::report() promises it.

  void load(const CheckpointReader& in) override {
    CheckpointWriter copy;  // `in` is valid during this call only; the function reads later.
    copy_entries(in, copy);
    trial_->set_checkpoint(copy.encode());
  }

 private:
  static void copy_entries(const CheckpointReader& from, CheckpointWriter& to) {
    for (const auto& [name, bytes] : from.entries()) to.write_bytes(name, bytes);
  }

  void stop() {
    if (!thread_.joinable()) return;
    trial_->stop();
    thread_.join();
  }

  void run() {
    ::pthread_setname_np(::pthread_self(), kFunctionThreadName);
    if (!trial_->wait_for_start()) return trial_->end(nullptr);
    std::exception_ptr error;
    try {
      function_(*trial_);
    } catch (const StopFunction&) {
      // What the destructor asked for.
    } catch (...) {
      error = std::current_exception();
    }
    // After the catch, which holds the exception as well: the trial's thread shall be the only one to free it.
    trial_->end(std::move(error));
  }

  std::function<void(Trial&)> function_;
  std::unique_ptr<FunctionTrial> trial_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Trainable> make_function_trainable(std::function<void(Trial&)> function) {
  return std::make_unique<FunctionTrainable>(std::move(function));
}

}  // namespace manta
