// SPDX-License-Identifier: Apache-2.0
// Which workers the node has to look at: of hundreds, those few that have something for it.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/net/link.h"

namespace manta {

/// Chooses from the flags that workers set when they have sent something (NodePage::arrivals), and from what the node
/// knows itself. The workers that were called last are *watched*: their rings are looked at directly, which is faster
/// than by way of a flag, and their flags are left alone.
///
/// `Worker` has `std::uint32_t flag`, and `bool is_watched`, which is this class's; it is removed before it goes.
///
/// Thread-safety: none.
template <class Worker>
class Attention {
 public:
  static constexpr std::size_t kWatched = 4;

  explicit Attention(ArrivalFlags& flags) : flags_(flags) {}

  /// A flag for the next worker; of more workers than there are flags, some share one.
  std::uint32_t choose_flag() {
    const auto free =
        std::find_if(by_flag_.begin(), by_flag_.end(), [](const auto& workers) { return workers.empty(); });
    const auto flag = static_cast<std::size_t>(free - by_flag_.begin());
    return static_cast<std::uint32_t>(flag < ArrivalFlags::kCount ? flag : next_shared_++ % ArrivalFlags::kCount);
  }
  /// `worker.flag` was chosen, and none since.
  void add(Worker& worker) {
    if (worker.flag == by_flag_.size()) by_flag_.emplace_back();
    by_flag_[worker.flag].push_back(&worker);
    set_watched_flags();
  }
  void remove(Worker& worker) {
    std::erase(by_flag_[worker.flag], &worker);
    for (Worker*& watched : watched_)
      if (watched == &worker) watched = nullptr;
    set_watched_flags();
  }
  void clear() {
    by_flag_.clear();
    watched_.fill(nullptr);
    watched_flags_.fill(0);
  }
  /// The worker has been called, so it will answer.
  void watch(Worker& worker) {
    if (worker.is_watched) return;
    Worker*& place = watched_[next_watched_++ % kWatched];
    if (place != nullptr) place->is_watched = false;
    place = &worker;
    worker.is_watched = true;
    set_watched_flags();
  }

  /// Sets the worker's flag, as if it had sent something.
  void flag(const Worker& worker) { flags_.set(worker.flag); }

  /// `visit(Worker&)` for each that is watched. It must not add, remove or watch.
  template <class Visit>
  void for_each_watched(Visit&& visit) {
    for (Worker* worker : watched_)
      if (worker != nullptr) visit(*worker);
  }
  /// Whether some flag is set of a worker that is not watched.
  bool any_flagged() const {
    for (std::size_t word = 0; word < words(); ++word)
      if ((flags_.words[word].load() & ~watched_flags_[word]) != 0) return true;
    return false;
  }
  /// Clears those flags, and then `visit(Worker&)` for each of their workers. Likewise.
  template <class Visit>
  void take_flagged(Visit&& visit) {
    for (std::size_t word = 0; word < words(); ++word) {
      if ((flags_.words[word].load() & ~watched_flags_[word]) == 0) continue;
      std::uint64_t set = flags_.words[word].fetch_and(watched_flags_[word]) & ~watched_flags_[word];
      for (; set != 0; set &= set - 1) {
        const std::size_t flag = word * 64 + static_cast<std::size_t>(std::countr_zero(set));
        if (flag >= by_flag_.size()) break;  // A worker wrote nonsense.
        for (Worker* worker : by_flag_[flag]) visit(*worker);
      }
    }
  }

 private:
  std::size_t words() const { return (by_flag_.size() + 63) / 64; }
  // A flag that several workers share is not left alone.
  void set_watched_flags() {
    watched_flags_.fill(0);
    for (const Worker* worker : watched_)
      if (worker != nullptr && by_flag_[worker->flag].size() == 1)
        watched_flags_[worker->flag / 64] |= std::uint64_t{1} << (worker->flag % 64);
  }

  ArrivalFlags& flags_;
  std::vector<std::vector<Worker*>> by_flag_;
  std::array<Worker*, kWatched> watched_{};
  std::array<std::uint64_t, ArrivalFlags::kCount / 64> watched_flags_{};
  std::size_t next_watched_ = 0;
  std::size_t next_shared_ = 0;
};

}  // namespace manta
