// SPDX-License-Identifier: Apache-2.0
// Which workers wait for which actors (core/worker/actor_waits.h): the node passes it on.
#include <algorithm>
#include <span>
#include <utility>

#include "core/net/lost_call.h"
#include "core/node/node.h"

namespace manta {
namespace {

constexpr std::size_t kTitles = 16;  // Of one circle that are told.

}  // namespace

void Node::hear_wait(const Message& message) {
  constexpr std::size_t kLongest = 256;  // Of a title.
  ActorWait wait{message.header, {}};
  for (const MessageValue& title : std::span(message.values).first(std::min(message.values.size(), kTitles)))
    wait.titles.emplace_back(title.text().substr(0, kLongest));
  actor_waits_.push_back(std::move(wait));
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
  for (const auto& [wait, titles] : std::exchange(actor_waits_, {})) {
    const ActorRecord* actor = find_actor(wait.a);
    const auto worker = actor != nullptr ? workers_.find(actor->worker) : workers_.end();
    if (worker == workers_.end()) continue;
    builder_.start(
        {.type = MessageType::kWaitsFor, .call = wait.call, .function = wait.function, .a = wait.a, .b = wait.b});
    for (const std::string& title : titles) builder_.add_text(title);
    if (titles.size() < kTitles)
      builder_.add_text(title_of_actor(actor->spec.name, actor->spec.type, worker->second->shown_pid()));
    worker->second->send(builder_.bytes());
  }
}

}  // namespace manta
