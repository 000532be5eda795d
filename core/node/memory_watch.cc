// SPDX-License-Identifier: Apache-2.0
#include "core/node/memory_watch.h"

#include <algorithm>

#include "core/base/process_memory.h"

namespace manta {

MemoryWatch::MemoryWatch() : MemoryWatch(Reader{.quick = anonymous_memory, .exact = anonymous_memory_share}) {}

void MemoryWatch::add(std::uint64_t worker, pid_t pid, std::uint64_t limit, TimePoint now) {
  workers_[worker] = {.pid = pid, .limit = limit, .next = now};
}

std::optional<TimePoint> MemoryWatch::next() const {
  std::optional<TimePoint> next;
  for (const auto& [worker, watched] : workers_)
    if (!next || watched.next < *next) next = watched.next;
  return next;
}

std::vector<MemoryWatch::Excess> MemoryWatch::look(TimePoint now) {
  std::vector<Excess> excesses;
  for (auto it = workers_.begin(); it != workers_.end();) {
    Watched& watched = it->second;
    if (watched.next > now) {
      ++it;
      continue;
    }
    const std::uint64_t found = own_memory(watched).value_or(0);  // None: its death will be told.
    if (found > watched.limit) {
      excesses.push_back({.worker = it->first, .limit = watched.limit, .found = found});
      it = workers_.erase(it);
      continue;
    }
    watched.next = now + pause_for(watched.limit - found);
    ++it;
  }
  return excesses;
}

// The exact reading takes long, so it comes only after a quick one that would be too much.
std::optional<std::uint64_t> MemoryWatch::own_memory(Watched& watched) const {
  const auto quick = reader_.quick(watched.pid);
  if (!quick || *quick <= watched.limit + watched.inherited)
    return quick ? *quick - std::min(*quick, watched.inherited) : quick;
  const auto exact = reader_.exact(watched.pid);
  if (!exact) return quick;
  watched.inherited = *quick - std::min(*quick, *exact);
  return exact;
}

Duration MemoryWatch::pause_for(std::uint64_t room) {
  constexpr std::uint64_t kBytesPerMillisecond = 4'000'000;  // What one thread can fill.
  constexpr std::uint64_t kShortest = 5;
  constexpr std::uint64_t kLongest = 250;
  return std::chrono::milliseconds(std::clamp(room / kBytesPerMillisecond, kShortest, kLongest));
}

}  // namespace manta
