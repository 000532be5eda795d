// SPDX-License-Identifier: Apache-2.0
#include "tune/loop/searcher_thread.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

namespace manta {

struct SearcherThread::State {
  std::mutex mutex;  // Guards all that follows.
  std::condition_variable work;
  std::condition_variable rest;
  std::deque<std::function<void()>> queue;
  bool is_busy = false;
  bool is_closing = false;
  bool has_ended = false;

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      work.wait(lock, [this] { return is_closing || !queue.empty(); });
      if (is_closing) break;
      std::function<void()> piece = std::move(queue.front());
      queue.pop_front();
      is_busy = true;
      lock.unlock();
      piece();
      piece = nullptr;
      lock.lock();
      is_busy = false;
      if (queue.empty()) rest.notify_all();
    }
    has_ended = true;
    rest.notify_all();
  }
};

SearcherThread::SearcherThread() : state_(std::make_shared<State>()), thread_([state = state_] { state->run(); }) {}

SearcherThread::~SearcherThread() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_closing = true;
  }
  state_->work.notify_one();
  thread_.join();
}

void SearcherThread::post(std::function<void()> work) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->queue.push_back(std::move(work));
  }
  state_->work.notify_one();
}

bool SearcherThread::drain(Duration limit) {
  std::unique_lock lock(state_->mutex);
  return state_->rest.wait_for(lock, limit, [this] { return state_->queue.empty() && !state_->is_busy; });
}

bool SearcherThread::close(Duration limit) {
  if (!thread_.joinable()) return true;
  {
    std::unique_lock lock(state_->mutex);
    state_->is_closing = true;
    state_->queue.clear();
    state_->work.notify_one();
    if (state_->rest.wait_for(lock, limit, [this] { return state_->has_ended; })) {
      lock.unlock();
      thread_.join();
      return true;
    }
  }
  thread_.detach();
  return false;
}

}  // namespace manta
