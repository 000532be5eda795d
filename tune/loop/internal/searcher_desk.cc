// SPDX-License-Identifier: Apache-2.0
#include "tune/loop/internal/searcher_desk.h"

#include <exception>
#include <mutex>
#include <string>
#include <utility>

namespace manta::internal {

namespace {

// It may be the user's, and must not end the trials. None: `call` has thrown nothing.
template <class Call>
std::optional<Error> thrown_by(const Call& call) {
  try {
    call();
    return std::nullopt;
  } catch (const std::exception& error) {
    return Error{ErrorCode::kTaskFailed, "the searcher has thrown: " + std::string(error.what())};
  } catch (...) {
    return Error{ErrorCode::kTaskFailed, "the searcher has thrown something that is no exception"};
  }
}

void ask_unguarded(Searcher& searcher, std::optional<double> min_gain, SearcherAnswer& answer) {
  const std::optional<double> gain = min_gain ? searcher.expected_gain() : std::nullopt;
  if (gain && *gain < *min_gain) {
    answer.too_small_gain = gain;
    return;
  }
  answer.suggestion = searcher.ask(answer.trial);
  answer.description = searcher.describe();
}

}  // namespace

SearcherAnswer ask_searcher(Searcher& searcher, TrialId trial, std::optional<double> min_gain) {
  SearcherAnswer answer;
  answer.trial = trial;
  std::optional<Error> thrown = thrown_by([&] { ask_unguarded(searcher, min_gain, answer); });
  if (thrown) answer.suggestion = *std::move(thrown);
  return answer;
}

struct SearcherDesk::Shared {
  mutable std::mutex mutex;  // Guards all that follows.
  std::function<void()> wake;
  std::optional<SearcherAnswer> answer;
  std::int64_t undone = 0;  // Pieces of work.
  bool wakes_at_rest = false;
  std::optional<Error> thrown;  // By a tell(): what it would suggest after that is worth nothing.

  SearcherAnswer ask(Searcher& searcher, TrialId trial, std::optional<double> min_gain) {
    {
      const std::lock_guard lock(mutex);
      if (thrown) return {.trial = trial, .suggestion = *thrown, .too_small_gain = std::nullopt, .description = ""};
    }
    return ask_searcher(searcher, trial, min_gain);
  }

  void tell(Searcher& searcher, const Outcome& outcome) {
    std::optional<Error> error = thrown_by([&] { searcher.tell(outcome); });
    if (!error) return;
    const std::lock_guard lock(mutex);
    thrown = std::move(error);
  }

  void done() {
    const std::lock_guard lock(mutex);
    --undone;
    if (undone == 0 && std::exchange(wakes_at_rest, false) && wake) wake();
  }
};

SearcherDesk::SearcherDesk(Searcher& searcher, WorkQueue* queue, std::function<void()> wake)
    : searcher_(searcher), queue_(queue), size_(searcher.size()), shared_(std::make_shared<Shared>()) {
  shared_->wake = std::move(wake);
}

SearcherDesk::~SearcherDesk() {
  const std::lock_guard lock(shared_->mutex);
  shared_->wake = nullptr;
}

void SearcherDesk::post(std::function<void()> work) {
  {
    const std::lock_guard lock(shared_->mutex);
    ++shared_->undone;
  }
  queue_->post([shared = shared_, work = std::move(work)] {
    work();
    shared->done();
  });
}

void SearcherDesk::ask(TrialId trial, std::optional<double> min_gain) {
  has_question_ = true;
  was_told_since_ = false;
  if (queue_ == nullptr) {
    shared_->answer = shared_->ask(searcher_, trial, min_gain);
    return;
  }
  post([shared = shared_, &searcher = searcher_, trial, min_gain] {
    SearcherAnswer answer = shared->ask(searcher, trial, min_gain);
    const std::lock_guard lock(shared->mutex);
    shared->answer = std::move(answer);
    if (shared->wake) shared->wake();
  });
}

std::optional<SearcherAnswer> SearcherDesk::take_answer() {
  if (!has_question_) return std::nullopt;
  const std::lock_guard lock(shared_->mutex);
  has_question_ = !shared_->answer;
  return std::exchange(shared_->answer, std::nullopt);
}

void SearcherDesk::tell(const Outcome& outcome) {
  was_told_since_ = true;
  if (queue_ == nullptr) return shared_->tell(searcher_, outcome);
  const std::optional<Metrics> metrics = outcome.metrics != nullptr ? std::optional(*outcome.metrics) : std::nullopt;
  post([shared = shared_, &searcher = searcher_, trial = outcome.trial, config = outcome.config, state = outcome.state,
        iteration = outcome.iteration, value = outcome.value, seconds = outcome.seconds, metrics] {
    shared->tell(searcher, {trial, config, state, iteration, value, seconds, metrics ? &*metrics : nullptr});
  });
}

bool SearcherDesk::is_at_rest() const {
  if (queue_ == nullptr) return true;
  const std::lock_guard lock(shared_->mutex);
  return shared_->undone == 0;
}

void SearcherDesk::wake_at_rest() {
  const std::lock_guard lock(shared_->mutex);
  if (shared_->undone > 0) {
    shared_->wakes_at_rest = true;
  } else if (shared_->wake) {
    shared_->wake();
  }
}

// The queue is at rest a moment before this hears of it, or after: what counts is what is heard here.
bool SearcherDesk::rest(Duration limit) { return is_at_rest() || (queue_->drain(limit) && is_at_rest()); }

}  // namespace manta::internal
