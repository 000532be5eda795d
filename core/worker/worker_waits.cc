// SPDX-License-Identifier: Apache-2.0
// Waits of an actor for an actor, which may be in a circle; see ActorWaits.
#include <utility>

#include "core/worker/running_call.h"
#include "core/worker/worker_process.h"

namespace manta {

// Only a thread that runs calls keeps the actor from answering.
Caller::Circle WorkerProcess::wait_for_actor(std::uint64_t actor, const std::function<bool()>& done) {
  const MemoryReserve::Use reserve;
  if (actor_id_ == 0 || !is_running_call() || completion_.look(done)) {
    wait(done, TimePoint::max());
    return {};
  }
  ActorWaits::Wait own{
      .number = next_number_.fetch_add(1), .actor = actor != 0 ? actor : actor_id_.load(), .done = done};
  actor_waits_.begin(own);
  link_.send({.type = MessageType::kWaitsFor, .call = own.number, .a = actor_id_, .b = id_});
  wait([&] { return done() || own.is_circular; }, TimePoint::max());
  actor_waits_.end(own);
  return done() ? Circle() : std::move(own.circle);
}

Caller::Circle WorkerProcess::wait_for_answer(std::uint64_t actor, const std::function<bool()>& done) {
  constexpr Duration kUnsuspected = std::chrono::milliseconds(10);  // A circle can wait so long to be found.
  if (completion_.look(done) || (!is_stepped_ && wait(done, now() + kUnsuspected))) return {};
  return wait_for_actor(actor, done);
}

void WorkerProcess::hear_wait(const Message& message) {
  HeardWait heard{message.header.b, message.header.call, message.header.function, {}};
  for (const MessageValue& title : message.values) heard.titles.emplace_back(title.text());
  heard_waits_.push_back(std::move(heard));
}

// Those of other processes go on if this one answers nobody either. What it has been answered itself comes first.
void WorkerProcess::pass_on_waits() {
  constexpr std::uint64_t kHops = 1'000;  // What runs into a circle that it is no part of must end.
  if (direct_.has_answers()) return;
  for (const HeardWait& heard : heard_waits_) {
    const bool is_own = heard.worker == id_;
    if (is_own && heard.hops == 0) actor_waits_.confirm(heard.number);
    const std::uint64_t actor = actor_waits_.waited_for(thread_count_);
    if (actor == 0) continue;
    if (is_own && heard.hops > 0) {
      actor_waits_.break_circle(heard.number, heard.titles);
    } else if (heard.hops < kHops) {
      link_.send([&](MessageBuilder& builder) {
        builder.start({.type = MessageType::kWaitsFor,
                       .call = heard.number,
                       .function = heard.hops + 1,
                       .a = actor,
                       .b = heard.worker});
        for (const std::string& title : heard.titles) builder.add_text(title);
      });
    }
  }
  heard_waits_.clear();
}

}  // namespace manta
