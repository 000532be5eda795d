// SPDX-License-Identifier: Apache-2.0
#include "tune/loop/simulated_executor.h"

#include <algorithm>
#include <bit>
#include <span>
#include <string>
#include <utility>

#include "core/base/check.h"

namespace manta {

namespace {

constexpr std::size_t kNumberSize = 8;

void append(std::vector<std::byte>& bytes, std::uint64_t number) {
  for (std::size_t index = 0; index < kNumberSize; ++index)
    bytes.push_back(static_cast<std::byte>(number >> (8 * index)));
}

SharedArray<std::byte> encode(std::int64_t iteration, const std::vector<double>& state) {
  std::vector<std::byte> bytes;
  append(bytes, static_cast<std::uint64_t>(iteration));
  for (const double number : state) append(bytes, std::bit_cast<std::uint64_t>(number));
  return SharedArray<std::byte>(std::move(bytes));
}

// The numbers of a checkpoint; none if it is not made by encode().
std::optional<std::vector<std::uint64_t>> decode(const SharedArray<std::byte>& bytes) {
  if (bytes.size() == 0 || bytes.size() % kNumberSize != 0) return std::nullopt;
  std::vector<std::uint64_t> numbers(bytes.size() / kNumberSize);
  for (std::size_t index = 0; index < bytes.size(); ++index) {
    numbers[index / kNumberSize] |= std::to_integer<std::uint64_t>(bytes[index]) << (8 * (index % kNumberSize));
  }
  return numbers;
}

AttemptFailed failure(std::string message) { return {{ErrorCode::kActorDied, std::move(message)}}; }

}  // namespace

TimePoint SimulatedExecutor::VirtualClock::now() const { return TimePoint(Duration(elapsed_.load())); }

WallTime SimulatedExecutor::VirtualClock::wall_now() const {
  using std::chrono::year;
  constexpr std::chrono::sys_days kStart = year(2000) / 1 / 1;
  return kStart + std::chrono::duration_cast<WallTime::duration>(now().time_since_epoch());
}

void SimulatedExecutor::VirtualClock::advance_to(TimePoint time) {
  elapsed_ = std::max(elapsed_.load(), time.time_since_epoch().count());
}

SimulatedExecutor::SimulatedExecutor(StepFunction step, Options options)
    : SimulatedExecutor([step = std::move(step)](const Config& config, TrialId trial, std::int64_t iteration,
                                                 std::vector<double>&) { return step(config, trial, iteration); },
                        std::move(options)) {}

SimulatedExecutor::SimulatedExecutor(StatefulStepFunction step, Options options)
    : step_(std::move(step)), options_(std::move(options)), free_slots_(options_.slots) {}

void SimulatedExecutor::launch(Launch launch) {
  const TrialId trial = launch.trial;
  Attempt& attempt = attempts_[trial];
  MANTA_CHECK(attempt.call == 0, "trial " + to_string(trial) + " has an attempt under way");
  attempt.launch = std::move(launch);
  attempt.call = ++calls_;
  if (free_slots_ >= attempt.launch.slots) {
    begin(attempt);
  } else {
    waiting_.push_back(trial);
  }
}

void SimulatedExecutor::begin(Attempt& attempt) {
  free_slots_ -= attempt.launch.slots;
  attempt.holds_slots = true;
  if (options_.on_launch) options_.on_launch(attempt.launch);
  if (attempt.launch.checkpoint) {
    const auto numbers = decode(attempt.launch.checkpoint->bytes);
    if (!numbers) return schedule(attempt, options_.launch_cost, failure("the checkpoint is none of a simulation"));
    attempt.iteration = static_cast<std::int64_t>(numbers->front());
    for (const std::uint64_t number : std::span(*numbers).subspan(1))
      attempt.state.push_back(std::bit_cast<double>(number));
  }
  if (auto failed = failure_in(attempt, 0)) return schedule(attempt, options_.launch_cost, *std::move(failed));
  schedule(attempt, options_.launch_cost, Launched{});
}

void SimulatedExecutor::advance(TrialId trial) {
  Attempt& attempt = attempts_.at(trial);
  const std::int64_t iteration = attempt.iteration + 1;
  std::optional<Stepped> stepped = step_(attempt.launch.config, trial, iteration, attempt.state);
  const Duration duration = stepped ? from_seconds(stepped->seconds) : Duration{};
  if (!stepped) return schedule(attempt, duration, Stepped{.metrics = {}, .seconds = 0, .finished = true});
  if (auto failed = failure_in(attempt, iteration)) return schedule(attempt, duration, *std::move(failed));
  attempt.iteration = iteration;
  schedule(attempt, duration, *std::move(stepped));
}

void SimulatedExecutor::save(TrialId trial) {
  Attempt& attempt = attempts_.at(trial);
  if (options_.saves && !options_.saves(trial)) return schedule(attempt, options_.save_cost, Saved{});
  schedule(attempt, options_.save_cost, Saved{encode(attempt.iteration, attempt.state)});
}

void SimulatedExecutor::stop(TrialId trial) {
  const auto place = attempts_.find(trial);
  if (place == attempts_.end()) return;
  schedule(place->second, options_.stop_cost, AttemptStopped{});
}

void SimulatedExecutor::abort(TrialId trial) {
  Attempt& attempt = attempts_.at(trial);
  schedule(attempt, options_.stop_cost, failure("it was aborted in iteration " + std::to_string(attempt.iteration)));
}

std::optional<Event> SimulatedExecutor::next_event(TimePoint deadline) {
  if (interrupted_.exchange(false)) return std::nullopt;
  while (!due_.empty() && due_.top().time <= std::max(deadline, clock_.now())) {
    Due due = due_.top();
    due_.pop();
    const auto place = attempts_.find(due.event.trial);
    if (place == attempts_.end() || place->second.call != due.call) continue;  // A stop() made it void.
    clock_.advance_to(due.time);
    const bool over =
        std::holds_alternative<AttemptFailed>(due.event.what) || std::holds_alternative<AttemptStopped>(due.event.what);
    if (over) end(due.event.trial);
    return std::move(due.event);
  }
  clock_.advance_to(deadline);
  return std::nullopt;
}

void SimulatedExecutor::wait(TimePoint deadline) {
  if (!interrupted_.exchange(false)) clock_.advance_to(deadline);
}

void SimulatedExecutor::schedule(Attempt& attempt, Duration delay, decltype(Event::what) what) {
  attempt.call = ++calls_;
  due_.push({clock_.now() + delay, attempt.call, {attempt.launch.trial, attempt.launch.attempt, std::move(what)}});
}

void SimulatedExecutor::end(TrialId trial) {
  const auto place = attempts_.find(trial);
  if (place->second.holds_slots) free_slots_ += place->second.launch.slots;
  attempts_.erase(place);
  while (!waiting_.empty()) {
    const auto next = attempts_.find(waiting_.front());
    const bool waits = next != attempts_.end() && !next->second.holds_slots;
    if (waits && next->second.launch.slots > free_slots_) return;
    waiting_.pop_front();
    if (waits) begin(next->second);
  }
}

std::optional<AttemptFailed> SimulatedExecutor::failure_in(const Attempt& attempt, std::int64_t iteration) const {
  const TrialId trial = attempt.launch.trial;
  if (options_.failure) {
    if (auto failed = options_.failure(trial, iteration)) return failed;
  }
  if (!options_.fails || !options_.fails(trial, attempt.launch.attempt, iteration)) return std::nullopt;
  if (iteration == 0) return failure("it was told to fail when launched");
  return failure("it was told to fail in iteration " + std::to_string(iteration));
}

}  // namespace manta
