// SPDX-License-Identifier: Apache-2.0
// The one place from which a running loop speaks to its searcher.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tune/loop/work_queue.h"
#include "tune/searcher.h"

namespace manta::internal {

/// What became of a question.
struct SearcherAnswer {
  TrialId trial;
  Result<std::optional<Config>> suggestion = std::optional<Config>();  ///< As of Searcher::ask().
  /// It was not asked, because it expects only this of another trial.
  std::optional<double> too_small_gain;
  std::string description;  ///< What it says of itself afterwards.
};

/// Asks for the suggestion of trial `trial`, unless the searcher expects less than `min_gain` of it.
SearcherAnswer ask_searcher(Searcher& searcher, TrialId trial, std::optional<double> min_gain);

/// Hands questions and outcomes to the searcher, in the order in which they come here: on a queue that works elsewhere,
/// or at once.
///
/// Thread-safety: the loop's thread only. `wake` is called on the queue's.
/// Ownership: searcher and queue outlive it; what of its work has begun when it ends uses the searcher until it is done.
class SearcherDesk {
 public:
  /// `queue`: null: each call is done when it returns. `wake` says that an answer has come, or that rest has come where
  /// somebody waits for it.
  SearcherDesk(Searcher& searcher, WorkQueue* queue, std::function<void()> wake);
  ~SearcherDesk();
  SearcherDesk(const SearcherDesk&) = delete;
  SearcherDesk& operator=(const SearcherDesk&) = delete;

  bool is_elsewhere() const { return queue_ != nullptr; }
  std::optional<std::int64_t> size() const { return size_; }

  /// One at a time: has_question() must be false.
  void ask(TrialId trial, std::optional<double> min_gain);
  bool has_question() const { return has_question_; }
  /// The answer to it, once it has come.
  std::optional<SearcherAnswer> take_answer();
  /// Whether the searcher was told something since it was asked.
  bool was_told_since() const { return was_told_since_; }

  void tell(const Outcome& outcome);

  /// Whether the searcher has done all that it was handed; then, and until something else is, it can be used from here.
  bool is_at_rest() const;
  /// `wake` is called when it is.
  void wake_at_rest();
  /// Waits for that, `limit` at most.
  bool rest(Duration limit);

 private:
  struct Shared;

  void post(std::function<void()> work);

  Searcher& searcher_;
  WorkQueue* const queue_;
  const std::optional<std::int64_t> size_;
  const std::shared_ptr<Shared> shared_;  // Work's too, which may outlive this.
  bool has_question_ = false;
  bool was_told_since_ = false;
};

}  // namespace manta::internal
