// SPDX-License-Identifier: Apache-2.0
#include "tune/actor/actor_executor.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/api/promise.h"
#include "core/placement/resource_ledger.h"
#include "tune/actor/abort_process.h"

namespace manta {
namespace {

// How long a trial's destructor may take; a function that does not unwind is cut off.
constexpr Duration kStopGrace = std::chrono::seconds(2);
// How long an aborted process may take to say where it was.
constexpr Duration kAbortGrace = std::chrono::seconds(2);
constexpr std::string_view kCrashReport = "*** signal ";  // As core/worker/crash_report.cc begins it.
constexpr std::streamoff kTailBytes = 2000;

// The end of what the attempt printed: where the reason of a crash stands.
std::string tail_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return {};
  const std::streamoff size = file.tellg();
  file.seekg(std::max<std::streamoff>(0, size - kTailBytes));
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (size > kTailBytes) text.erase(0, text.find('\n') + 1);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

// How many trials of `need` fit into `have`; without a need, as many as the machine has CPUs.
double fits(double have, double need, double otherwise) {
  return need > 0 ? std::floor(have / need + 1e-9) : otherwise;
}

template <class Answer>
bool is_failure(const Answer& answer) {
  return std::visit([](const auto& reference) { return !get(reference).has_value(); }, answer);
}

}  // namespace

ActorExecutor::ActorExecutor(ActorExecutorOptions options, int slots) : options_(std::move(options)), slots_(slots) {}

// What the loop did not wait for is looked at: else the runtime says that nobody asked.
ActorExecutor::~ActorExecutor() {  // NOLINT(bugprone-exception-escape): as in the header.
  const std::lock_guard lock(mailbox_->mutex);
  for (const Mail& mail : mailbox_->mail) static_cast<void>(is_failure(mail.answer));
}

Result<std::unique_ptr<ActorExecutor>> ActorExecutor::create(ActorExecutorOptions options) {
  MANTA_ASSIGN_OR_RETURN(const Machine machine, internal::current_machine());
  if (auto possible =
          ResourceLedger(machine).check({options.cpus_per_trial, options.gpus_per_trial, options.memory_per_trial});
      !possible)
    return Error{possible.error().code, "a trial cannot run: " + possible.error().message};
  // A worker may be somewhere else.
  options.log_directory = std::filesystem::absolute(options.log_directory);
  const double by_gpus = fits(static_cast<double>(machine.gpus.size()), options.gpus_per_trial, machine.cpus);
  const double by_cpus = fits(machine.cpus, options.cpus_per_trial, std::max(machine.cpus, by_gpus));
  const double by_memory =
      fits(static_cast<double>(machine.memory), static_cast<double>(options.memory_per_trial), by_cpus);
  const double slots = std::min(options.gpus_per_trial > 0 ? std::min(by_cpus, by_gpus) : by_cpus, by_memory);
  return std::unique_ptr<ActorExecutor>(new ActorExecutor(std::move(options), static_cast<int>(std::max(1.0, slots))));
}

std::filesystem::path ActorExecutor::log_path(TrialId trial, int attempt) const {
  return options_.log_directory / to_string(trial) / (std::to_string(attempt) + ".log");
}

Actor<TrialActor> ActorExecutor::new_actor(TrialId trial, const Attempt& attempt) const {
  const Actor<TrialActor> made = actor<TrialActor>.with(
      {.cpus = options_.cpus_per_trial * attempt.slots,
       .gpus = options_.gpus_per_trial,
       .memory = options_.memory_per_trial,
       .name = "trial-" + to_string(trial) + "." + std::to_string(attempt.number)})(options_.trainable);
  static_cast<void>(made.monitor());  // Its death is the attempt's failure, which the loop hears of by its calls.
  return made;
}

void ActorExecutor::launch(Launch launch) {
  const TrialId trial = launch.trial;
  Attempt& attempt = attempts_[trial];
  attempt.number = launch.attempt;
  attempt.slots = launch.slots;
  attempt.launch = std::move(launch);
  if (attempt.slots > 1) retire_idle();  // They hold CPUs that it has now.
  if (idle_.empty()) {
    attempt.actor = new_actor(trial, attempt);
  } else {
    attempt.actor = std::move(idle_.back());
    idle_.pop_back();
  }
  start(trial, attempt);
}

void ActorExecutor::start(TrialId trial, Attempt& attempt) {
  const std::filesystem::path log = log_path(trial, attempt.number);
  const std::uint64_t run = next_call_;
  const TrialStart start{trial.number, attempt.number, attempt.launch.config.to_json(), log.string(), run};
  const SharedArray<std::byte> bytes =
      attempt.launch.checkpoint ? attempt.launch.checkpoint->bytes : SharedArray<std::byte>();
  expect(trial, attempt, attempt.actor.call<&TrialActor::start>(start, bytes));
  if (attempt.launch.may_go_on) expect(trial, attempt, attempt.actor.call<&TrialActor::step>(run));
}

// All calls are made at once, and each is answered as soon as it has an answer.
void ActorExecutor::advance_up_to(TrialId trial, int iterations) {
  Attempt& attempt = attempts_.at(trial);
  attempt.early.clear();  // Void ones.
  const std::uint64_t run = next_call_;
  for (int i = 0; i < iterations; ++i) expect(trial, attempt, attempt.actor.call<&TrialActor::step>(run));
}

void ActorExecutor::save(TrialId trial) {
  Attempt& attempt = attempts_.at(trial);
  expect(trial, attempt, attempt.actor.call<&TrialActor::save>());
}

template <class T>
void ActorExecutor::expect(TrialId trial, Attempt& attempt, ObjectRef<T> answer) {
  attempt.last_call = next_call_++;
  if (attempt.call == 0) attempt.call = attempt.last_call;
  answer.then([mailbox = mailbox_, trial, call = attempt.last_call, answer] {
    const std::lock_guard lock(mailbox->mutex);
    mailbox->mail.push_back({trial, call, answer});
    mailbox->has_mail = true;
  });
}

void ActorExecutor::stop(TrialId trial) {
  const auto it = attempts_.find(trial);
  if (it == attempts_.end()) return;
  Attempt attempt = std::move(it->second);
  attempts_.erase(it);
  own_events_.push_back({trial, attempt.number, AttemptStopped{}});
  if (attempt.call != 0) {
    attempt.actor.kill();  // It is in the middle of something that nobody wants any more.
  } else if (reusable_ && attempt.slots == 1) {
    idle_.push_back(std::move(attempt.actor));
  } else {
    retire(std::move(attempt.actor));
  }
}

void ActorExecutor::abort(TrialId trial) {
  Attempt& attempt = attempts_.at(trial);
  attempt.is_aborted = true;
  const int pid = attempt.actor.pid();
  if (!options_.show_stack || pid == 0) return attempt.actor.kill();
  abort_process(pid);
  retired_.push_back({attempt.actor, clock_.now() + kAbortGrace});  // If it does not end by that.
}

std::string ActorExecutor::activity(TrialId trial) const {
  const auto attempt = attempts_.find(trial);
  if (attempt == attempts_.end() || !options_.show_stack) return {};
  const int pid = attempt->second.actor.pid();
  return pid == 0 ? std::string() : process_activity(pid);
}

void ActorExecutor::retire(Actor<TrialActor> actor) {
  actor.stop();
  retired_.push_back({std::move(actor), clock_.now() + kStopGrace});
}

void ActorExecutor::retire_idle() {
  for (Actor<TrialActor>& idle : std::exchange(idle_, {})) retire(std::move(idle));
}

void ActorExecutor::reap_retired() {
  const TimePoint now = clock_.now();
  std::erase_if(retired_, [now](const Retired& retired) {
    if (retired.actor.is_alive() && now < retired.deadline) return false;
    retired.actor.kill();
    return true;
  });
}

std::optional<Event> ActorExecutor::next_event(TimePoint deadline) {
  for (;;) {
    if (!own_events_.empty()) {
      Event event = std::move(own_events_.front());
      own_events_.pop_front();
      return event;
    }
    reap_retired();
    // As for an object: so this thread itself takes the answers in, without another one to wake it.
    internal::wait_until([this] { return mailbox_->has_mail || mailbox_->interrupted; }, deadline);
    std::unique_lock lock(mailbox_->mutex);
    if (mailbox_->mail.empty()) {
      mailbox_->interrupted = false;
      return std::nullopt;
    }
    Mail mail = std::move(mailbox_->mail.front());
    mailbox_->mail.pop_front();
    mailbox_->has_mail = !mailbox_->mail.empty();
    lock.unlock();
    if (auto event = open(std::move(mail))) return event;
  }
}

void ActorExecutor::wait(TimePoint deadline) {
  internal::wait_until([this] { return mailbox_->interrupted.load(); }, deadline);
  mailbox_->interrupted = false;
}

void ActorExecutor::interrupt() {
  mailbox_->interrupted = true;
  Promise<void>().set();  // Whoever waits for an object looks again.
}

// None: the call was given up, or has led to another one.
std::optional<Event> ActorExecutor::open(Mail mail) {
  const auto it = attempts_.find(mail.trial);
  if (it == attempts_.end() || it->second.call == 0 || mail.call < it->second.call) {
    static_cast<void>(is_failure(mail.answer));  // As in the destructor.
    return std::nullopt;
  }
  Attempt& attempt = it->second;
  if (mail.call > attempt.call) {
    const std::uint64_t call = mail.call;
    attempt.early.emplace(call, std::move(mail));
    return std::nullopt;
  }
  // Its answer was on the way when its process was ended: nothing else will come of that.
  if (attempt.is_aborted && !is_failure(mail.answer)) {
    return failed(mail.trial, attempt, {ErrorCode::kActorDied, "it answered when it was being ended"});
  }
  attempt.call = mail.call < attempt.last_call ? mail.call + 1 : 0;
  if (auto next = attempt.early.extract(attempt.call)) {
    const std::lock_guard lock(mailbox_->mutex);
    mailbox_->mail.push_front(std::move(next.mapped()));
    mailbox_->has_mail = true;
  }
  if (const auto* started = std::get_if<ObjectRef<TrialReady>>(&mail.answer)) {
    const Result<TrialReady> ready = get(*started);
    if (!ready) return failed(mail.trial, attempt, ready.error());
    if (ready->infeasible) return infeasible(mail.trial, attempt, *ready->infeasible);
    if (ready->needs_new_process) {  // The process belongs to its first trial: take a new one.
      reusable_ = false;
      attempt.call = 0;
      retire_idle();
      retire(std::exchange(attempt.actor, new_actor(mail.trial, attempt)));
      start(mail.trial, attempt);
      return std::nullopt;
    }
    attempt.launch = {};
    return Event{mail.trial, attempt.number, Launched{.goes_on = attempt.call != 0}};
  }
  if (const auto* stepped = std::get_if<ObjectRef<TrialStep>>(&mail.answer)) {
    Result<TrialStep> step = get(*stepped);
    if (!step) return failed(mail.trial, attempt, step.error());
    if (step->infeasible) return infeasible(mail.trial, attempt, *std::move(step->infeasible));
    if (step->is_void || step->finished || step->waits_for_disk) attempt.call = 0;  // What is behind it is void.
    if (step->is_void) return Event{mail.trial, attempt.number, Rested{}};
    return Event{mail.trial, attempt.number,
                 Stepped{std::move(step->metrics), step->seconds, step->finished, step->waits_for_disk,
                         /*goes_on=*/attempt.call != 0}};
  }
  Result<SharedArray<std::byte>> bytes = get(std::get<ObjectRef<SharedArray<std::byte>>>(mail.answer));
  if (!bytes) return failed(mail.trial, attempt, bytes.error());
  return Event{mail.trial, attempt.number, Saved{std::move(*bytes)}};
}

Event ActorExecutor::failed(TrialId trial, Attempt& attempt, Error error) {
  const int number = attempt.number;
  if (error.code == ErrorCode::kActorDied) {
    std::error_code ignored;  // What the process could not remove any more.
    std::filesystem::remove_all(log_path(trial, number).replace_extension(".checkpoints"), ignored);
    std::string tail = tail_of(log_path(trial, number));
    // The crash report stands in the message already, with readable names.
    if (error.message.find(kCrashReport) != std::string::npos)
      tail.erase(std::min(tail.find(kCrashReport), tail.size()));
    if (!tail.empty()) error.message += "; the end of its log:\n" + tail;
  } else {
    retire(std::move(attempt.actor));  // It lives, but its trainable may be in any state.
  }
  attempts_.erase(trial);
  return {trial, number, AttemptFailed{std::move(error)}};
}

Event ActorExecutor::infeasible(TrialId trial, Attempt& attempt, std::string reason) {
  const int number = attempt.number;
  retire(std::move(attempt.actor));
  attempts_.erase(trial);
  return {trial, number, AttemptFailed{{ErrorCode::kTaskFailed, std::move(reason)}, /*infeasible=*/true}};
}

}  // namespace manta
