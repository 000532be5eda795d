// SPDX-License-Identifier: Apache-2.0
#include "tune/loop/ordered_executor.h"

#include <iterator>
#include <string>
#include <variant>

#include "core/base/check.h"

namespace manta {

namespace {

bool is_last(const Event& event) {
  return std::holds_alternative<AttemptStopped>(event.what) || std::holds_alternative<AttemptFailed>(event.what);
}

// It says something of the machine as it is now: a run that goes on tries again.
bool ends_the_run(const Event& event) {
  const auto* const failed = std::get_if<AttemptFailed>(&event.what);
  return failed != nullptr && !failed->infeasible &&
         (failed->error.code == ErrorCode::kWorkerDied || failed->error.code == ErrorCode::kSystem);
}

bool is_report(const Stepped& stepped) { return !stepped.metrics.empty() || !stepped.finished; }

}  // namespace

// --- Calls ---

OrderedExecutor::Attempt& OrderedExecutor::expect(TrialId trial, Call call, std::int64_t cost) {
  Attempt& attempt = attempts_.at(trial);
  due_.erase({attempt.due, trial});  // A stop may overtake another call.
  attempt.answer.reset();
  attempt.call = call;
  attempt.due = now_ + cost;
  due_.insert({attempt.due, trial});
  return attempt;
}

void OrderedExecutor::launch(Launch launch) {
  const TrialId trial = launch.trial;
  Attempt& attempt = attempts_[trial];
  attempt = {.number = launch.attempt, .config = launch.config, .slots = launch.slots};
  attempt.iteration = launch.checkpoint ? launch.checkpoint->iteration : 0;
  expect(trial, Call::kLaunch, 0);
  if (log_.is_repeating()) return attempt.bases.push_back({std::move(launch.checkpoint)});
  if (launch.checkpoint) {
    Result<Checkpoint> checkpoint = log_.checkpoints().find(*launch.checkpoint);
    if (!checkpoint) {
      return answer(trial, attempt, AttemptFailed{checkpoint.error()});
    }
    launch.checkpoint = std::move(checkpoint).value();
  }
  executor_.launch(std::move(launch));
}

void OrderedExecutor::advance(TrialId trial) { make_call(trial, expect(trial, Call::kAdvance, kIterationCost)); }

void OrderedExecutor::save(TrialId trial) { make_call(trial, expect(trial, Call::kSave, 0)); }

void OrderedExecutor::stop(TrialId trial) {
  Attempt& attempt = expect(trial, Call::kStop, 0);
  attempt.is_catching_up = false;
  make_call(trial, attempt);
}

void OrderedExecutor::make_call(TrialId trial, const Attempt& attempt) {
  if (log_.is_repeating() || attempt.is_catching_up) return;
  if (attempt.call == Call::kAdvance) executor_.advance(trial);
  if (attempt.call == Call::kSave) executor_.save(trial);
  if (attempt.call == Call::kStop) executor_.stop(trial);
}

// --- Events ---

std::optional<Event> OrderedExecutor::next_event(TimePoint deadline) {
  if (log_.is_repeating()) {
    if (std::optional<EventHandled> recorded = log_.next_recorded())
      return repeat(*std::move(recorded->event), recorded->iteration);
    go_on();
  }
  log_.end_group();
  if (!relaunched_.empty()) {
    Event event = relaunched_.front();
    relaunched_.pop_front();
    log_.begin({event, std::get<Relaunched>(event.what).from_iteration});
    return event;
  }
  for (;;) {
    if (!due_.empty() && attempts_.at(due_.begin()->second).answer) return deliver(*due_.begin());
    std::optional<Event> event = executor_.next_event(deadline);
    if (!event) return std::nullopt;
    take(*std::move(event));
  }
}

void OrderedExecutor::wait(TimePoint deadline) {
  log_.end_group();
  executor_.wait(deadline);
}

Event OrderedExecutor::deliver(Due due) {
  const TrialId trial = due.second;
  Attempt& attempt = attempts_.at(trial);
  Event event = *std::exchange(attempt.answer, std::nullopt);
  now_ = due.first;
  due_.erase(due);
  attempt.call = Call::kNone;
  if (const auto* const stepped = std::get_if<Stepped>(&event.what); stepped && is_report(*stepped))
    ++attempt.iteration;
  if (!ends_the_run(event)) log_.begin({event, attempt.iteration});
  if (is_last(event)) attempts_.erase(trial);
  return event;
}

void OrderedExecutor::take(Event event) {
  const auto place = attempts_.find(event.trial);
  if (place == attempts_.end() || place->second.number != event.attempt) return;
  Attempt& attempt = place->second;
  if (attempt.is_catching_up) return catch_up(place->first, attempt, std::move(event));
  // A stop leaves the call before without an answer.
  if (attempt.call == Call::kStop && !std::holds_alternative<AttemptStopped>(event.what)) return;
  answer(event.trial, attempt, std::move(event.what));
}

void OrderedExecutor::answer(TrialId trial, Attempt& attempt, decltype(Event::what) what) {
  if (attempt.call == Call::kNone) {  // It fails though nothing was asked of it.
    attempt.due = now_;
    due_.insert({now_, trial});
  }
  attempt.answer = Event{trial, attempt.number, std::move(what)};
}

// --- Repeating ---

Event OrderedExecutor::repeat(Event event, std::int64_t iteration) {
  const TrialId trial = event.trial;
  const auto place = attempts_.find(trial);
  const bool is_relaunch = std::holds_alternative<Relaunched>(event.what);
  const bool fits = place != attempts_.end() && place->second.number == event.attempt &&
                    (is_relaunch || (!due_.empty() && due_.begin()->second == trial));
  if (!fits) return refuse_to_repeat(event);
  Attempt& attempt = place->second;
  if (is_relaunch) {
    ++attempt.number;
    return event;
  }
  now_ = attempt.due;
  due_.erase({attempt.due, trial});
  attempt.call = Call::kNone;
  attempt.iteration = iteration;
  if (std::holds_alternative<Stepped>(event.what)) {
    for (Base& base : attempt.bases) ++base.steps;
  } else if (auto* const saved = std::get_if<Saved>(&event.what); saved && !saved->bytes.empty()) {
    saved->bytes = log_.checkpoints().stand_in();
    attempt.bases.push_back({Checkpoint{iteration, 0, saved->bytes}});
  } else if (is_last(event)) {
    attempts_.erase(place);
  }
  return event;
}

// An answer that ends the loop.
Event OrderedExecutor::refuse_to_repeat(const Event& event) const {
  const auto anyone = attempts_.begin();
  MANTA_CHECK(anyone != attempts_.end(), "nobody waits for an event");
  return {anyone->first, anyone->second.number,
          AttemptFailed{{ErrorCode::kSystem,
                         "the experiment does not repeat what it did: it is not trial " + to_string(event.trial) +
                             "'s turn, attempt " + std::to_string(event.attempt) +
                             ". Its program, searcher or scheduler is another one now: resume it with those that it "
                             "began with"}}};
}

// All events have been repeated: brings the attempts that were under way back to life.
void OrderedExecutor::go_on() {
  for (auto& [trial, attempt] : attempts_) {
    if (attempt.call == Call::kStop) {
      answer(trial, attempt, AttemptStopped{});
      continue;
    }
    Result<Base> base = newest_base(attempt);
    attempt.bases.clear();
    if (!base) {
      answer(trial, attempt, AttemptFailed{base.error()});
      continue;
    }
    const std::int64_t from = base->checkpoint ? base->checkpoint->iteration : 0;
    relaunched_.push_back({trial, attempt.number, Relaunched{from}});
    ++attempt.number;
    attempt.is_catching_up = attempt.call != Call::kLaunch;
    attempt.behind = base->steps;
    executor_.launch({trial, attempt.number, attempt.config, std::move(base->checkpoint), attempt.slots});
  }
}

Result<OrderedExecutor::Base> OrderedExecutor::newest_base(const Attempt& attempt) const {
  for (auto base = attempt.bases.rbegin();; ++base) {
    if (!base->checkpoint) return *base;
    Result<Checkpoint> checkpoint = log_.checkpoints().find(*base->checkpoint);
    if (checkpoint) return Base{std::move(checkpoint).value(), base->steps};
    if (std::next(base) == attempt.bases.rend()) return checkpoint.error();
  }
}

void OrderedExecutor::catch_up(TrialId trial, Attempt& attempt, Event event) {
  if (std::holds_alternative<AttemptFailed>(event.what)) {
    attempt.is_catching_up = false;
    return answer(trial, attempt, std::move(event.what));
  }
  const auto* const stepped = std::get_if<Stepped>(&event.what);
  if (stepped != nullptr && stepped->finished && attempt.behind > 1) {
    executor_.stop(trial);
    attempt.is_catching_up = false;
    return answer(
        trial, attempt,
        AttemptFailed{{ErrorCode::kTaskFailed, "it ended after fewer iterations than before the run was interrupted"}});
  }
  if (stepped != nullptr) --attempt.behind;
  if (attempt.behind > 0) return executor_.advance(trial);
  attempt.is_catching_up = false;
  make_call(trial, attempt);  // None: the loop has it wait for another trial.
}

}  // namespace manta
