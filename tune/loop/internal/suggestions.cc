// SPDX-License-Identifier: Apache-2.0
// Where new trials come from: what the searcher is asked, when, and what is made of its answers.
#include <cstdio>
#include <iterator>
#include <utility>

#include "tune/loop/internal/tune_loop_impl.h"

namespace manta {

namespace {

constexpr Duration kThinkingPatience = std::chrono::seconds(30);

}  // namespace

// Of the run before. What does not follow on the trials there are would get another one's number.
void TuneLoop::Impl::take_over(std::vector<Suggestion> suggestions) {
  for (Suggestion& one : suggestions) {
    if (one.trial.number != book_.asked() + std::ssize(suggestions_)) return;
    suggestions_.push_back(std::move(one));
  }
}

bool TuneLoop::Impl::more_to_come() const {
  return book_.asked() < options_.max_trials && (!suggestions_.empty() || (!searcher_done_ && !searcher_error_));
}

std::optional<Config> TuneLoop::Impl::next_suggestion() {
  if (!more_to_come()) return std::nullopt;
  if (suggestions_.empty()) {
    ask();
    take_answer();  // It is there already if the searcher thinks here.
  }
  if (suggestions_.empty()) return std::nullopt;
  Config config = std::move(suggestions_.front().config);
  suggestions_.pop_front();
  pace_.used(now(), slots());
  return config;
}

void TuneLoop::Impl::ask_ahead() {
  if (searcher_.is_elsewhere() && std::ssize(suggestions_) < pace_.ahead(slots())) ask();
}

// At most one question at a time, so that one which brings nothing has no others behind it.
void TuneLoop::Impl::ask() {
  const std::int64_t number = book_.asked() + std::ssize(suggestions_);
  const bool has_ended = number >= options_.max_trials || searcher_done_ || searcher_error_;
  if (has_ended || searcher_waits_ || leaving_ || asks_after_snapshot_ || searcher_.has_question()) return;
  if (searcher_.is_elsewhere()) book_.suggestion_asked(TrialId{number});
  asked_ = now();
  searcher_.ask(TrialId{number}, options_.min_gain);
}

void TuneLoop::Impl::take_answer() {
  std::optional<internal::SearcherAnswer> answer = searcher_.take_answer();
  if (!answer) return;
  pace_.thought(now() - asked_);
  if (answer->too_small_gain) return end_suggestions(*answer->too_small_gain);
  if (answer->suggestion && *answer->suggestion) {
    say_searcher(std::move(answer->description), /*is_news=*/true);
    return take_suggestion(answer->trial, **std::move(answer->suggestion));
  }
  if (leaving_) return;  // Nobody waited for it any more; a run that goes on asks again.
  if (answer->suggestion) {
    searcher_done_ = true;
    book_.close(std::ssize(suggestions_));
  } else if (answer->suggestion.error().code != ErrorCode::kExhausted) {
    searcher_error_ = answer->suggestion.error();
  } else if (!searcher_.was_told_since()) {
    searcher_waits_ = answer->suggestion.error();
  }
}

void TuneLoop::Impl::take_suggestion(TrialId number, Config config) {
  const Result<void> valid = check_config(config);
  if (!valid) {
    searcher_error_ = Error{ErrorCode::kInvalidArgument, "the searcher's suggestion for trial " + to_string(number) +
                                                             " lies outside the space: " + valid.error().message};
    return;
  }
  suggestions_.push_back({number, std::move(config)});
}

// Another trial does not pay by the searcher's own expectation; then there are no more.
void TuneLoop::Impl::end_suggestions(double gain) {
  searcher_done_ = true;
  book_.close(std::ssize(suggestions_));
  char numbers[64];
  std::snprintf(numbers, sizeof numbers, "%.3g, less than %.3g", gain, options_.min_gain.value_or(gain));
  std::string text =
      "no further trials: another one is expected to better " + options_.objective.metric + " by " + numbers;
  parts_.observer.on_searcher(text);
  book_.noted({.trial = std::nullopt, .text = std::move(text)});
}

void TuneLoop::Impl::say_searcher(std::string line, bool is_news) {
  if (line == searcher_line_) return;
  searcher_line_ = std::move(line);
  parts_.observer.on_searcher(searcher_line_);
  if (is_news) book_.noted({.trial = std::nullopt, .text = "searcher: " + searcher_line_});
}

void TuneLoop::Impl::check_thinking() {
  if (!searcher_.has_question() || now() - asked_ < kThinkingPatience || leaving_) return;
  if (std::exchange(has_warned_of_thinking_, true)) return;
  const std::int64_t idle = slots() - used_slots_;
  parts_.observer.on_warning("the searcher " + options_.searcher + " has been thinking about its next suggestion for " +
                             "half a minute; trials that run go on" +
                             (idle > 0 ? ", and " + std::to_string(idle) + (idle == 1 ? " slot waits" : " slots wait")
                                       : std::string()));
}

}  // namespace manta
