// SPDX-License-Identifier: Apache-2.0
// The calls that one worker has and has not answered.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/no_memory.h"
#include "core/net/call.h"

namespace manta {

/// Calls by consecutive numbers; most are answered in order, so a number is a place in a circle that grows as needed.
/// Few that stay long, as those of coroutines may, are moved out of it rather than make it grow.
///
/// Thread-safety: none.
class CallWindow {
 public:
  /// The number that put() will give.
  std::uint64_t next() const { return next_; }
  /// Whether put() finds a place, or memory for more of them; some are always found.
  bool has_room() {
    constexpr std::size_t kFew = 64;
    if (next_ - first_ != places_.size() || places_.size() < kFew) return true;
    return with_memory("calls", [this] { make_room(); }).has_value();
  }
  std::uint64_t put(Call&& call) {
    if (next_ - first_ == places_.size()) make_room();
    Place& place = place_of(next_);
    place.call = std::move(call);
    place.is_taken = true;
    ++count_;
    return next_++;
  }
  /// Call `number`, or null if it is not here.
  Call* find(std::uint64_t number) {
    if (number >= next_) return nullptr;
    if (number < first_) {
      const auto it = old_.find(number);
      return it == old_.end() ? nullptr : &it->second;
    }
    Place& place = place_of(number);
    return place.is_taken ? &place.call : nullptr;
  }
  /// Takes out call `number`; none if it is not here.
  std::optional<Call> take(std::uint64_t number) {
    Call* call = find(number);
    if (call == nullptr) return std::nullopt;
    std::optional<Call> taken(std::move(*call));
    if (number < first_) {
      old_.erase(number);
      --count_;
      return taken;
    }
    free(place_of(number));
    skip_free();
    return taken;
  }
  /// Ends call `number`, which is here.
  void drop(std::uint64_t number) {
    if (number < first_) {
      old_.erase(number);
      --count_;
      return;
    }
    Place& place = place_of(number);
    let_go(place.call);
    free(place);
    skip_free();
  }
  /// The oldest, or null if there is none.
  Call* oldest() { return find(first_); }
  bool empty() const { return count_ == 0; }
  std::size_t size() const { return count_; }
  /// For how many it has places: the memory that it keeps.
  std::size_t room() const { return places_.size(); }

  /// `visit(Call&)` for each, oldest first.
  template <class Visit>
  void for_each(Visit&& visit) {
    for_each_numbered([&](std::uint64_t, Call& call) { visit(call); });
  }
  /// As for_each(), with the numbers.
  template <class Visit>
  void for_each_numbered(Visit&& visit) {
    for (auto& [number, call] : old_) visit(number, call);
    for (std::uint64_t number = first_; number != next_; ++number)
      if (place_of(number).is_taken) visit(number, place_of(number).call);
  }
  /// Takes out those that `wanted(const Call&)` says; `visit(Call)` for each, latest first. It must not put.
  template <class Wanted, class Visit>
  void take_latest_first(Wanted&& wanted, Visit&& visit) {
    for (std::uint64_t number = next_; number-- != first_;) {
      Place& place = place_of(number);
      if (!place.is_taken || !wanted(place.call)) continue;
      visit(std::move(place.call));
      place.call = Call();  // Lets go of what was left in it.
      free(place);
    }
    skip_free();
    for (auto it = old_.end(); it != old_.begin();) {
      if (!wanted((--it)->second)) continue;
      visit(std::move(it->second));
      it = old_.erase(it);
      --count_;
    }
  }
  /// Takes all out; `visit(Call)` for each, latest first, as they go back to the front of a queue.
  template <class Visit>
  void drain_latest_first(Visit&& visit) {
    take_latest_first([](const Call&) { return true; }, visit);
  }

 private:
  struct Place {
    Call call;
    bool is_taken = false;
  };

  Place& place_of(std::uint64_t number) { return places_[number & (places_.size() - 1)]; }
  void free(Place& place) {
    place.is_taken = false;
    --count_;
  }
  // Frees what the call kept; put() writes over the rest.
  static void let_go(Call& call) {
    call.result.reset();
    call.more_results.clear();
    call.late.clear();
    call.blocks.clear();
    call.references.clear();
    call.task.reset();
  }
  void skip_free() {
    while (first_ != next_ && !place_of(first_).is_taken) ++first_;
  }
  void make_room() {
    constexpr std::size_t kWorthIt = 1024;
    if (places_.size() < kWorthIt || count_ - old_.size() > places_.size() / 4) return grow();
    for (; first_ != next_; ++first_) {
      Place& place = place_of(first_);
      if (place.is_taken) old_.emplace(first_, std::move(place.call));
      place.is_taken = false;
    }
  }
  void grow() {
    std::vector<Place> places(std::max<std::size_t>(16, 2 * places_.size()));
    for (std::uint64_t number = first_; number != next_; ++number)
      places[number & (places.size() - 1)] = std::move(place_of(number));
    places_ = std::move(places);
  }

  std::vector<Place> places_;          // As many as a power of two. Call `number` has the place of its lowest bits.
  std::uint64_t first_ = 1;            // No number below it is in places_.
  std::map<std::uint64_t, Call> old_;  // Those below it that are here.
  std::uint64_t next_ = 1;
  std::size_t count_ = 0;
};

}  // namespace manta
