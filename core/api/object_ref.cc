// SPDX-License-Identifier: Apache-2.0
#include "core/api/object_ref.h"

#include <algorithm>
#include <atomic>

namespace manta::internal {
namespace {

// Without a node nothing becomes ready any more: what is ready now is all there will be.
bool wait_until(const std::function<bool()>& done, TimePoint deadline) {
  const std::shared_ptr<Node> node = current_node();
  return node ? node->wait(done, deadline) : done();
}

}  // namespace

TimePoint deadline_after(Duration timeout) {
  const TimePoint now = std::chrono::steady_clock::now();
  return timeout >= TimePoint::max() - now ? TimePoint::max() : now + timeout;
}

Result<ValueView> wait_for(const ObjectPtr& state, TimePoint deadline) {
  if (!state) return Error{ErrorCode::kFailedPrecondition, "this ref is empty: it refers to no object"};
  if (!state->is_ready() && !wait_until([&] { return state->is_ready(); }, deadline))
    return Error{ErrorCode::kTimeout, "the object was not ready in time; it is still being made"};
  if (!state->outcome()) return state->outcome().error();
  const EncodedValue& value = *state->outcome();
  return ValueView{value.bytes(), value.block};
}

std::vector<std::size_t> wait_for_some(const std::vector<ObjectPtr>& states, std::size_t count, TimePoint deadline) {
  const auto empty = std::count(states.begin(), states.end(), nullptr);  // They never become ready.
  const std::size_t wanted = std::min(count, states.size() - static_cast<std::size_t>(empty));
  // Counting is done by those who complete: looking at each object again and again would cost more than the waiting.
  auto ready = std::make_shared<std::atomic<std::size_t>>(0);
  for (const ObjectPtr& state : states)
    if (state) state->then([ready] { ready->fetch_add(1); });
  wait_until([&] { return ready->load() >= wanted; }, deadline);
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < states.size(); ++i)
    if (states[i] && states[i]->is_ready()) indices.push_back(i);
  return indices;
}

}  // namespace manta::internal
