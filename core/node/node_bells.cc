// SPDX-License-Identifier: Apache-2.0
// The node page holds the doorbells of all processes, and any of these may write over it: here it is seen to that
// nobody sleeps for ever beside a message.
#include "core/node/node.h"

namespace manta {
namespace {

// Whoever is not rung waits for two of them at most.
constexpr Duration kLookAtBellsEvery = std::chrono::milliseconds(50);

bool lies(RingHeader& ring, Standstill& standstill, bool at_once) {
  const std::uint64_t taken = ring.head.load();
  const bool has_some = ring.tail.load() != taken;
  return standstill.look(has_some, taken) || (at_once && has_some);
}

}  // namespace

void Node::look_at_bells() {
  const std::lock_guard lock(mutex_);
  const TimePoint now = clock_->now();
  if (now < next_look_at_bells_) return;
  next_look_at_bells_ = now + kLookAtBellsEvery;
  ring_for_what_lies(false);
}

// Rings those who do not come for their messages, and those whose bells are damaged, which they put right when they
// wake up. `at_once`: any message counts, not only one that was there the last time.
void Node::ring_for_what_lies(bool at_once) {
  Doorbell& node_bell = layout_of<NodePage>(page_)->node_bell;
  bool is_wanted = at_once || !node_bell.is_plausible();
  for (const auto& [id, worker] : workers_) {
    const bool has_message = worker->has_message();
    if (worker->said.look(has_message, worker->from_worker.taken()) || (at_once && has_message)) {
      attention_.flag(*worker);
      is_wanted = true;
    }
    is_wanted |= worker->can_flush();
    const bool is_told = !worker->to_worker.is_drained();
    const bool must_ring = worker->told.look(is_told, worker->to_worker.taken()) || (at_once && is_told);
    if (must_ring || !worker->bell->is_plausible()) worker->bell->ring_all();
  }
  direct_.for_each([&](DirectPair& pair) { ring_for_pair(pair, at_once); });
  if (is_wanted) node_bell.ring_all();
}

void Node::ring_for_pair(DirectPair& pair, bool at_once) {
  if (!pair.is_open) return;
  const auto ring = [&](std::uint64_t worker_id) {
    const auto worker = workers_.find(worker_id);
    if (worker != workers_.end()) worker->second->bell->ring_all();
  };
  DirectLayout& layout = layout_of_pair(pair);
  if (lies(layout.calls, pair.calls, at_once)) ring(pair.callee);
  if (lies(layout.answers, pair.answers, at_once)) ring(pair.caller);
}

}  // namespace manta
