// SPDX-License-Identifier: Apache-2.0
// Unexpected deaths of actors on their way up, from owner to owner, until one has handled them.
#include <utility>

#include "core/net/lost_call.h"
#include "core/node/node.h"

namespace manta {
namespace {

// What a death is at the root, where nobody has handled it: one line, without what the actor printed.
std::string unhandled(const ChildDeath& death) {
  const std::string cause = death.cause.substr(0, death.cause.find(kLastLines));
  return "manta: nobody handles the death of an actor (Actor::monitor, manta::on_child_death): " + cause + "\n";
}

}  // namespace

Result<void> Node::on_child_death(ChildDeathHandler handler) {
  const std::lock_guard lock(mutex_);
  if (closing_) return shut_down_error();
  child_death_handler_ = handler ? std::make_shared<const ChildDeathHandler>(std::move(handler)) : nullptr;
  return {};
}

// An actor has died. Its owner is told, unless that was to be expected, or the owner watches the actor by itself.
void Node::report_death(const ActorRecord& actor, Deferred& deferred) {
  if (closing_ || actor.ended_as_expected() || actor.ended_with_owner || actor.is_watched_by_owner) return;
  report_up({.name = actor.spec.name,
             .type = actor.spec.type,
             .pid = actor.last_pid,
             .code = actor.died->code,
             .cause = actor.died->message},
            actor.owner, deferred);
}

// `owner` is the process to be told, or the next above it that wants to know.
void Node::report_up(ChildDeath death, std::uint64_t owner, Deferred& deferred) {
  while (owner != ids_.self()) {
    const auto it = workers_.find(owner);
    if (it == workers_.end()) break;
    WorkerRecord& worker = *it->second;
    if (worker.handles_deaths && worker.killed_because.empty()) {
      if (const auto encoded = encode(death, *arena_); encoded && !encoded->block) {
        builder_.start({.type = MessageType::kChildDied, .call = death_reports_.ask(worker.id, std::move(death))});
        builder_.add(*encoded);
        worker.send(builder_.bytes());
        return;
      }
    }
    const ActorRecord* actor = find_actor(worker.actor);
    owner = actor != nullptr ? actor->owner : ids_.self();
    ++death.levels;
  }
  deferred.deaths.push_back(std::move(death));
}

// A worker that runs tasks has the driver above it.
std::uint64_t Node::owner_of(const WorkerRecord& worker) {
  const ActorRecord* actor = find_actor(worker.actor);
  return actor != nullptr ? actor->owner : ids_.self();
}

bool Node::take_judgement(WorkerRecord& worker, const MessageHeader& judgement, Deferred& deferred) {
  std::optional<ChildDeath> death = death_reports_.take(worker.id, judgement.call);
  if (!death) return false;
  if (judgement.a != 0) return true;
  ++death->levels;
  report_up(std::move(*death), owner_of(worker), deferred);
  return true;
}

// `worker` has died and will judge nothing any more.
void Node::pass_reports_on(const WorkerRecord& worker, Deferred& deferred) {
  for (ChildDeath& death : death_reports_.take_all(worker.id)) {
    ++death.levels;
    report_up(std::move(death), owner_of(worker), deferred);
  }
}

// At the root.
void Node::judge_death(const ChildDeath& death) {
  const std::shared_ptr<const ChildDeathHandler> handler = [&] {
    const std::lock_guard lock(mutex_);
    return child_death_handler_;
  }();
  bool is_handled = false;
  try {
    const MemoryReserve::Pause pause;
    is_handled = handler && (*handler)(death);
  } catch (...) {  // A handler that throws has handled nothing.
    is_handled = false;
  }
  if (is_handled) return;
  printer_->print(unhandled(death));
}

}  // namespace manta
