// SPDX-License-Identifier: Apache-2.0
// Deaths of actors that this process has made.
#include <utility>

#include "core/worker/worker_process.h"

namespace manta {

Result<void> WorkerProcess::on_child_death(ChildDeathHandler handler) {
  const MemoryReserve::Use reserve;
  const std::lock_guard lock(deaths_mutex_);  // Held while it is sent: the node is to know the last one.
  child_death_handler_ = handler ? std::make_shared<const ChildDeathHandler>(std::move(handler)) : nullptr;
  link_.send({.type = MessageType::kHandleDeaths, .a = child_death_handler_ ? std::uint64_t{1} : 0});
  return {};
}

// The node asks whether this process handles a death.
void WorkerProcess::judge_death(const Message& message) {
  const std::shared_ptr<const ChildDeathHandler> handler = [&] {
    const std::lock_guard lock(deaths_mutex_);
    return child_death_handler_;
  }();
  MANTA_CHECK(!message.values.empty(), "the node reported a death without saying whose");
  const auto death = decode<ChildDeath>({.bytes = message.values.front().inline_bytes});
  bool is_handled = false;
  try {
    const MemoryReserve::Pause pause;
    is_handled = handler && death && (*handler)(*death);
  } catch (...) {  // A handler that throws has handled nothing.
    is_handled = false;
  }
  link_.send({.type = MessageType::kDeathJudged, .call = message.header.call, .a = is_handled ? std::uint64_t{1} : 0});
}

}  // namespace manta
