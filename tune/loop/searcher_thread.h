// SPDX-License-Identifier: Apache-2.0
// The thread that a searcher thinks on.
#pragma once

#include <memory>
#include <thread>

#include "tune/loop/work_queue.h"

namespace manta {

/// A thread for work that may hang, which must keep nobody from ending.
///
/// Thread-safety: one thread calls.
class SearcherThread final : public WorkQueue {
 public:
  SearcherThread();
  /// As close(), with all the time in the world unless that was called.
  ~SearcherThread() override;
  SearcherThread(const SearcherThread&) = delete;
  SearcherThread& operator=(const SearcherThread&) = delete;

  /// Nothing is done any more once close() was called.
  void post(std::function<void()> work) override;
  bool drain(Duration limit) override;

  /// Drops what has not begun and waits for what has, for `limit` at most. False: it goes on, on a thread that nobody
  /// waits for any more, and whatever it uses must live on. Does nothing the second time.
  bool close(Duration limit);

 private:
  struct State;

  const std::shared_ptr<State> state_;  // The thread's too, which may outlive this.
  std::thread thread_;
};

}  // namespace manta
