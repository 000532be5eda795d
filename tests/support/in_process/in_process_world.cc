// SPDX-License-Identifier: Apache-2.0
#include "tests/support/in_process/in_process_world.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace manta {

InProcessWorld::InProcessWorld(Options options) {
  auto launcher = std::make_unique<InProcessLauncher>(clock_);
  launcher_ = launcher.get();
  auto node = Node::start({.machine = std::move(options.machine),
                           .id = options.node,
                           .store = {.capacity = options.object_store_bytes, .warm_bytes = options.object_store_bytes},
                           .use_cgroups = false,
                           .pace = {.clock = clock_, .pause = [this](TimePoint deadline) { wait(deadline); }},
                           .direct_after = options.direct_after},
                          std::move(launcher));
  MANTA_CHECK(node, "the node does not start");
  node_ = std::move(*node);
  scope_.emplace(node_);
}

InProcessWorld::~InProcessWorld() { node_->shut_down(); }

std::vector<std::uint64_t> InProcessWorld::living() const {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, worker] : launcher_->workers())
    if (worker->is_running()) ids.push_back(id);
  return ids;
}

std::vector<InProcessWorld::Step> InProcessWorld::steps(bool with_time) const {
  std::vector<Step> steps;
  for (const auto& [id, worker] : launcher_->workers()) {
    if (worker->has_said()) steps.push_back({Step::Kind::kNodeTakes, id});
    if (worker->can_take()) steps.push_back({Step::Kind::kWorkerTakes, id});
    if (worker->can_run()) steps.push_back({Step::Kind::kWorkerRuns, id});
  }
  if (launcher_->has_notice()) steps.push_back({Step::Kind::kNodeHears, 0});
  if (with_time && next_deadline()) steps.push_back({Step::Kind::kTimePasses, 0});
  return steps;
}

std::optional<TimePoint> InProcessWorld::next_deadline() const {
  std::optional<TimePoint> next = node_->next_deadline();
  for (const auto& [id, worker] : launcher_->workers()) {
    const TimePoint deadline = worker->deadline();
    if (deadline > clock_->now() && deadline != TimePoint::max() && (!next || deadline < *next)) next = deadline;
  }
  return next;
}

void InProcessWorld::take(const Step& step) {
  switch (step.kind) {
    case Step::Kind::kNodeTakes:
      note_node_step(step);
      if (tamper_) launcher_->worker(step.worker).tamper_with_next(tamper_);
      launcher_->worker(step.worker).hear();
      node_->step_message(step.worker);
      return;
    case Step::Kind::kNodeHears:
      note_node_step(step);
      launcher_->release_notice();
      node_->step_notices();
      launcher_->bury();
      return;
    case Step::Kind::kTimePasses:
      if (const auto deadline = next_deadline()) clock_->advance_to(*deadline);
      note_node_step(step);
      node_->step_deadlines();
      return;
    default: break;
  }
  InProcessWorker& worker = launcher_->worker(step.worker);
  std::uint64_t& history = histories_[step.worker];
  mix(history, static_cast<std::uint64_t>(step.kind));
  mix(history, worker.shared_words());
  mix(history, static_cast<std::uint64_t>(clock_->now().time_since_epoch().count()));
  step.kind == Step::Kind::kWorkerTakes ? worker.take() : worker.run();
  if (disturb_) disturb_(worker);
  launcher_->note_end(step.worker);
}

// Besides messages, the node sees the words that it shares with workers, and, where one has ended, all that they have
// said.
void InProcessWorld::note_node_step(const Step& step) {
  note(static_cast<std::uint64_t>(step.kind));
  note(step.worker);
  note(static_cast<std::uint64_t>(clock_->now().time_since_epoch().count()));
  for (const auto& [id, worker] : launcher_->workers()) {
    note(worker->shared_words());
    note(worker->is_dead() ? 1 : 0);
    if (step.kind == Step::Kind::kNodeHears) note(histories_.contains(id) ? histories_.at(id) : 0);
  }
}

void InProcessWorld::mix(std::uint64_t& history, std::uint64_t what) {
  history = (history ^ what) * 0x9E3779B97F4A7C15ull;
  history ^= history >> 29;
  history *= 0xBF58476D1CE4E5B9ull;
  history ^= history >> 32;
}

std::uint64_t InProcessWorld::fingerprint() const {
  std::uint64_t all = node_history_;
  for (const auto& [id, history] : histories_) {
    mix(all, id);
    mix(all, history);
  }
  for (const auto& [id, worker] : launcher_->workers()) mix(all, worker->is_running() ? id : ~id);
  for (const std::uint64_t news : launcher_->news()) mix(all, news);
  mix(all, static_cast<std::uint64_t>(clock_->now().time_since_epoch().count()));
  return all;
}

void InProcessWorld::settle() {
  for (;;) {
    node_->step_message(0);  // Handles that were let go of.
    const std::vector<Step> possible = steps();
    if (possible.empty()) return;
    take(possible[chooser_ ? chooser_(possible) : 0]);
  }
}

// Where the driver waits.
void InProcessWorld::wait(TimePoint deadline) {
  constexpr std::size_t kMostSteps = 200'000;  // Far more than any test takes: a call polls for what never comes.
  MANTA_CHECK(++steps_waited_ < kMostSteps, "the driver has waited for too many steps of others");
  node_->step_message(0);
  const std::vector<Step> possible = steps();
  if (!possible.empty()) return take(possible[chooser_ ? chooser_(possible) : 0]);
  const std::optional<TimePoint> next = next_deadline();
  if (next && *next < deadline) return take({Step::Kind::kTimePasses, 0});
  MANTA_CHECK(deadline != TimePoint::max(), "the driver waits for what will never come: nobody can take a step");
  clock_->advance_to(deadline);
}

std::string to_string(const InProcessWorld::Step& step) {
  using Kind = InProcessWorld::Step::Kind;
  const std::string worker = std::to_string(step.worker);
  switch (step.kind) {
    case Kind::kNodeTakes: return "node takes from " + worker;
    case Kind::kNodeHears: return "node hears";
    case Kind::kWorkerTakes: return worker + " takes";
    case Kind::kWorkerRuns: return worker + " runs";
    case Kind::kTimePasses: return "time passes";
  }
  return "?";
}

}  // namespace manta
