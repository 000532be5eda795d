// SPDX-License-Identifier: Apache-2.0
// A thread that goes on only when it is told to.
#pragma once

#include <functional>
#include <semaphore>
#include <thread>
#include <utility>

namespace manta {

/// Runs a function from one pause() to the next, while step() waits: of all threads that touch a test's state, one runs
/// at a time, and the test says which.
///
/// Thread-safety: pause() on the function's thread; the rest on one other thread.
class SteppedThread {
 public:
  /// Thrown by pause() on a thread that is to end. It is no std::exception: what catches errors lets it through.
  struct Ended {};

  explicit SteppedThread(std::function<void()> body)
      : thread_([this, run = std::move(body)] {
          go_.acquire();
          try {
            if (!is_to_end_) run();
          } catch (const Ended&) {
          }
          has_ended_ = true;
          gone_.release();
        }) {}
  ~SteppedThread() {
    end();
    thread_.join();
  }
  SteppedThread(const SteppedThread&) = delete;
  SteppedThread& operator=(const SteppedThread&) = delete;

  /// Lets the function go on to its next pause, or to its end.
  void step() {
    if (has_ended_) return;
    go_.release();
    gone_.acquire();
  }
  /// By the function: lets the others go on.
  void pause() {
    if (!is_to_end_) {
      gone_.release();
      go_.acquire();
    }
    if (is_to_end_) throw Ended();
  }
  /// Unwinds the function, wherever it pauses.
  void end() {
    is_to_end_ = true;
    while (!has_ended_) step();
  }
  bool has_ended() const { return has_ended_; }

 private:
  std::binary_semaphore go_{0};
  std::binary_semaphore gone_{0};
  bool is_to_end_ = false;  // These two change hands with the semaphores.
  bool has_ended_ = false;
  std::thread thread_;
};

}  // namespace manta
