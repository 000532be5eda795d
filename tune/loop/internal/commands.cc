// SPDX-License-Identifier: Apache-2.0
// What the user commands, carried out between two events.
#include <utility>

#include "tune/loop/internal/tune_loop_impl.h"

namespace manta {

namespace {

using Action = TrialCommand::Action;

std::string name_of(TrialId trial) { return "trial " + to_string(trial); }

Error refused(TrialId trial, const std::string& why) {
  return {ErrorCode::kFailedPrecondition, name_of(trial) + " " + why};
}

}  // namespace

void TuneLoop::Impl::post(Command command, CommandDone done) {
  {
    const std::lock_guard lock(inbox_mutex_);
    if (!inbox_closed_) inbox_.emplace_back(std::move(command), std::exchange(done, nullptr));
  }
  if (done) return done(Error{ErrorCode::kFailedPrecondition, "the run has ended"});
  has_commands_ = true;
  parts_.executor.interrupt();
}

void TuneLoop::Impl::take_commands() {
  if (is_too_early_for_commands() || !has_commands_.exchange(false)) return;
  std::vector<std::pair<Command, CommandDone>> commands;
  {
    const std::lock_guard lock(inbox_mutex_);
    commands.swap(inbox_);
  }
  for (auto& [command, done] : commands) {
    if (leaving_) {
      done(Error{ErrorCode::kFailedPrecondition, "the run is ending: say it again when it has ended"});
    } else if (options_.deterministic && !std::holds_alternative<AddNote>(command)) {
      done(Error{ErrorCode::kFailedPrecondition,
                 "the experiment is deterministic: its trials depend on nothing but what they report, so they and its "
                 "limits cannot be changed; end it with Ctrl-C, go on with --resume"});
    } else {
      std::visit([this, &done = done](auto& held) { execute(std::move(held), std::move(done)); }, command);
    }
  }
}

void TuneLoop::Impl::close_inbox() {
  std::vector<std::pair<Command, CommandDone>> late;
  {
    const std::lock_guard lock(inbox_mutex_);
    inbox_closed_ = true;
    late.swap(inbox_);
  }
  for (const auto& [command, done] : late) done(Error{ErrorCode::kFailedPrecondition, "the run has ended"});
  for (auto& [trial, live] : live_) {
    for (const internal::WantedClone& clone : std::exchange(live.clones, {}))
      clone.done(refused(trial, "was not checkpointed before the run ended"));
  }
}

void TuneLoop::Impl::answer(Result<std::string> result, CommandDone done) {
  if (!result) return done(std::move(result));
  answers_.push_back({book_.last_change(), std::move(result), std::move(done)});
}

void TuneLoop::Impl::give_answers() {
  const std::uint64_t durable = parts_.sink.durable();
  while (!answers_.empty() && answers_.front().change <= durable) {
    const Answer answer = std::move(answers_.front());
    answers_.pop_front();
    answer.done(answer.result);
  }
}

void TuneLoop::Impl::execute(TrialCommand command, CommandDone done) {
  for (const TrialId trial : command.trials) {
    if (const Result<void> possible = check(command.action, trial); !possible) return done(Error{possible.error()});
  }
  std::string text;
  for (const TrialId trial : command.trials) {
    // Named twice, or moved on by what became of the one before.
    if (!check(command.action, trial)) continue;
    text += (text.empty() ? "" : "\n") + name_of(trial) + " " + carry_out(command, trial);
  }
  answer(std::move(text), std::move(done));
}

Error TuneLoop::Impl::no_such_trial(TrialId trial) const {
  const std::string last = book_.size() == 0 ? "there is none yet" : "the last is " + std::to_string(book_.size() - 1);
  return {ErrorCode::kNotFound, "there is no " + name_of(trial) + ": " + last};
}

Result<void> TuneLoop::Impl::check(TrialCommand::Action action, TrialId trial) {
  if (trial.number < 0 || trial.number >= book_.size()) return no_such_trial(trial);
  const TrialState state = book_[trial].state;
  const LiveTrial* const live = find(trial);
  if (action == Action::kRetry) {
    if (state != TrialState::kFailed) return refused(trial, "has not failed, it is " + std::string(to_string(state)));
    if (live != nullptr) return refused(trial, "has failed, but its process has not ended yet: try again in a moment");
    return {};
  }
  if (action == Action::kKill && live != nullptr && live->has_attempt()) return {};
  if (is_ended(state)) return refused(trial, "has ended already: it is " + std::string(to_string(state)));
  if (action == Action::kKill) return refused(trial, "has no process now: manta stop ends it");
  if (action == Action::kRelease && state != TrialState::kHeld) {
    return refused(trial, "is not held by manta pause, it is " + std::string(to_string(state)) +
                              (state == TrialState::kPaused ? ": the scheduler resumes it" : ""));
  }
  if (action == Action::kHold && state == TrialState::kHeld) return refused(trial, "is held already");
  if (action == Action::kHold && live->phase == Phase::kStopping && live->after_stop == AfterStop::kClone)
    return refused(trial, "is just taking over another's weights: try again in a moment");
  return {};
}

std::string TuneLoop::Impl::carry_out(TrialCommand& command, TrialId trial) {
  switch (command.action) {
    case Action::kStop: {
      const bool is_working = live_.at(trial).has_attempt();
      end_trial(trial, TrialState::kStopped, "stopped by the user");
      return is_working ? "is stopped; its process ends with what it is doing" : "is stopped";
    }
    case Action::kKill: return kill(trial, live_.at(trial));
    case Action::kHold: return hold(trial, live_.at(trial));
    case Action::kRelease: return release(trial, live_.at(trial));
    case Action::kRetry: {
      const auto saved = command.checkpoints.find(trial);
      LiveTrial& live = live_[trial];
      if (saved != command.checkpoints.end()) live.checkpoint = std::move(saved->second);
      book_.revived(trial);
      queue_.push_back(trial);
      return "is tried again, from " +
             (live.checkpoint ? "iteration " + std::to_string(live.checkpoint->iteration) : "its beginning");
    }
  }
  return "";
}

std::string TuneLoop::Impl::kill(TrialId trial, LiveTrial& live) {
  if (!live.ended) end_trial(trial, TrialState::kFailed, "killed by the user");
  // It may be gone: an idle one is stopped at once.
  if (LiveTrial* const still = find(trial); still != nullptr && still->phase != Phase::kStopping)
    stop(trial, *still, AfterStop::kForget);
  return "is killed";
}

std::string TuneLoop::Impl::hold(TrialId trial, LiveTrial& live) {
  // Recorded at once, whatever call is under way: a resumed run finds it held.
  book_.state_changed(trial, TrialState::kHeld, book_[trial].cause);
  ++held_;
  live.paused_by_scheduler = live.phase == Phase::kPaused || live.wish == Wish::kPause ||
                             (live.phase == Phase::kStopping && live.after_stop == AfterStop::kPause);
  if (live.phase == Phase::kPaused) --paused_;
  if (!live.has_attempt()) {
    live.phase = Phase::kHeld;
    live.wish = Wish::kNone;
    return "is paused";
  }
  live.wish = Wish::kHold;
  if (live.phase == Phase::kStopping && live.after_stop == AfterStop::kPause) live.after_stop = AfterStop::kHold;
  if (live.phase == Phase::kIdle) proceed(trial);
  return "is paused after its current iteration";
}

std::string TuneLoop::Impl::release(TrialId trial, LiveTrial& live) {
  --held_;
  const bool waits_for_scheduler = std::exchange(live.paused_by_scheduler, false);
  if (!live.has_attempt()) {
    settle(trial, live, waits_for_scheduler);
  } else if (live.phase == Phase::kStopping) {
    live.wish = waits_for_scheduler ? Wish::kPause : Wish::kNone;
    book_.state_changed(trial, TrialState::kPending, book_[trial].cause);
  } else {
    live.wish = waits_for_scheduler ? Wish::kPause : Wish::kNone;
    book_.state_changed(trial, TrialState::kRunning, book_[trial].cause);
  }
  return waits_for_scheduler ? "waits for the scheduler again, which had paused it" : "goes on";
}

void TuneLoop::Impl::settle(TrialId trial, LiveTrial& live, bool waits_for_scheduler) {
  if (waits_for_scheduler) return pause_without_attempt(trial, live, book_[trial].cause);
  live.phase = Phase::kQueued;
  live.wish = Wish::kNone;
  book_.state_changed(trial, TrialState::kPending, book_[trial].cause);
  queue_.push_front(trial);
}

void TuneLoop::Impl::execute(AddTrial command, CommandDone done) {
  if (!command.donor) return add_by_hand(std::move(command), std::move(done));
  const TrialId donor = *command.donor;
  if (donor.number < 0 || donor.number >= book_.size()) return done(no_such_trial(donor));
  Config config = book_[donor].config;
  for (const auto& [name, value] : command.config.values()) config.set(name, value);
  command.config = std::move(config);
  LiveTrial* const live = find(donor);
  if (live != nullptr && live->has_attempt() && !live->ended) {
    if (const Result<void> valid = check_config(command.config); !valid) return done(Error{valid.error()});
    live->clones.push_back({std::move(command.config), std::move(done)});
    if (live->phase == Phase::kIdle) proceed(donor);
    return;
  }
  if (live != nullptr && live->checkpoint) command.checkpoint = live->checkpoint;
  add_by_hand(std::move(command), std::move(done));
}

Result<void> TuneLoop::Impl::check_config(const Config& config) const {
  return options_.space == nullptr ? Result<void>() : options_.space->validate(config);
}

void TuneLoop::Impl::add_by_hand(AddTrial command, CommandDone done) {
  if (const Result<void> valid = check_config(command.config); !valid) return done(Error{valid.error()});
  const bool has_state = command.checkpoint && !command.checkpoint->bytes.empty();
  if (command.donor && !has_state) {
    return done(refused(*command.donor, "has no checkpoint to go on from: manta add-trial starts the configuration " +
                                            command.config.to_json() + " from its beginning"));
  }
  const TrialId trial = book_.add_by_hand(std::move(command.config));
  LiveTrial& live = live_[trial];
  std::string text = name_of(trial) + " is added";
  if (command.donor) {
    text += ": a clone of trial " + to_string(*command.donor) + " from iteration " +
            std::to_string(command.checkpoint->iteration);
    book_.checkpoint_saved(trial, *command.checkpoint);
    live.checkpoint = std::move(command.checkpoint);
  }
  queue_.push_front(trial);
  answer(std::move(text), std::move(done));
}

void TuneLoop::Impl::execute(ChangeLimits command, CommandDone done) {
  const std::optional<std::int64_t> most = searcher_.size();
  if (most && command.options.max_trials > *most) {
    return done(Error{ErrorCode::kFailedPrecondition,
                      "the searcher has " + std::to_string(*most) +
                          " suggestions in all: end the run, then go on with --resume and more --samples"});
  }
  options_.concurrency = command.options.concurrency;
  options_.max_trials = command.options.max_trials;
  options_.time_budget = command.options.time_budget;
  options_.min_gain = command.options.min_gain;
  options_.limits = command.options.limits;
  // Also for what is under way, perhaps for longer than that; what held before is void.
  for (const TrialId trial : attempts_) {
    LiveTrial& live = live_.at(trial);
    if (!live.has_call()) continue;
    live.call = ++calls_;
    set_deadline(live, trial);
  }
  options_.retry_wait = command.options.retry_wait;
  options_.max_failures = command.options.max_failures;
  options_.checkpoint_every = command.options.checkpoint_every;
  options_.grow_every = command.options.grow_every;
  book_.limits_changed(std::move(command.spec));
  answer(std::string(), std::move(done));
}

void TuneLoop::Impl::execute(AddNote command, CommandDone done) {
  const std::optional<TrialId> trial = command.trial;
  if (trial && (trial->number < 0 || trial->number >= book_.size())) return done(no_such_trial(*trial));
  book_.noted(std::move(command));
  answer(std::string("noted"), std::move(done));
}

}  // namespace manta
