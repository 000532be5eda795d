// SPDX-License-Identifier: Apache-2.0
// Which workers wait for which actors (core/worker/actor_waits.h): the node passes it on.
#include <utility>

#include "core/net/lost_call.h"
#include "core/node/node.h"

namespace manta {

void Node::hear_wait(const MessageHeader& wait) {
  actor_waits_.push_back(wait);
  any_actor_waits_ = true;
}

// Whoever is told that it is waited for has first what it has been answered: else two that were just answered would
// hear that they wait for each other. So waits are passed on when no thread has anything to carry out.
void Node::carry_out_counted(Deferred&& deferred) {
  carry_out(std::move(deferred));
  if (carrying_out_.fetch_sub(1) == 1 && any_actor_waits_) pass_waits();
}

void Node::pass_waits() {
  const std::lock_guard lock(mutex_);
  if (carrying_out_ > 0) return;  // The last of those will do it.
  any_actor_waits_ = false;
  for (const MessageHeader& wait : std::exchange(actor_waits_, {})) {
    const ActorRecord* actor = find_actor(wait.a);
    const auto worker = actor != nullptr ? workers_.find(actor->worker) : workers_.end();
    if (worker == workers_.end()) continue;
    builder_.start(
        {.type = MessageType::kWaitsFor, .call = wait.call, .function = wait.function, .a = wait.a, .b = wait.b});
    builder_.add_text(title_of_actor(actor->spec.name, actor->spec.type, worker->second->shown_pid()));
    worker->second->send(builder_.bytes());
  }
}

}  // namespace manta
