// SPDX-License-Identifier: Apache-2.0
#include "core/worker/call_timer.h"

#include <algorithm>

namespace manta {

CallTimer::Scope::Scope(CallTimer& timer, TimePoint begin, std::uint64_t function)
    : timer_(timer), call_(std::max<std::int64_t>(1, begin.time_since_epoch().count()), function) {
  const std::lock_guard lock(timer_.mutex_);
  timer_.running_.insert(call_);
  timer_.tell();
}

CallTimer::Scope::~Scope() {
  const std::lock_guard lock(timer_.mutex_);
  timer_.running_.erase(timer_.running_.find(call_));
  timer_.tell();
}

void CallTimer::tell() {
  const bool is_idle = running_.empty();
  link_.running_function.store(is_idle ? 0 : running_.begin()->second);
  link_.running_since.store(is_idle ? 0 : running_.begin()->first);
}

}  // namespace manta
