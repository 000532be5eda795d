// SPDX-License-Identifier: Apache-2.0
// The calls of a worker to actors in other workers that do not go by way of the node.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/net/call.h"
#include "core/worker/worker_link.h"

namespace manta {

/// The calls of one pair that wait for their answers, by the numbers of their objects; these grow, but for threads that
/// overtake each other. Most are answered in order.
///
/// Thread-safety: none.
class PendingCalls {
 public:
  struct Entry {
    std::uint64_t number = 0;
    std::uint64_t function = 0;
    ObjectPtr result;
  };

  void add(Entry entry);
  /// None: there is no such call.
  std::optional<Entry> take(std::uint64_t number);
  bool contains(std::uint64_t number) const;
  /// Takes out all, oldest first.
  std::vector<Entry> drain();
  std::size_t size() const { return live_; }
  /// For how many it has places: the memory that it keeps.
  std::size_t places() const { return entries_.size(); }

 private:
  std::deque<Entry>::const_iterator find(std::uint64_t number) const;

  std::deque<Entry> entries_;  // By number; those that are answered have no result, and go when they come first.
  std::size_t live_ = 0;
};

/// Counts the calls of each actor, has the node join this worker to those that are called often, and then writes calls
/// into shared memory, where the other worker reads them. Only calls whose arguments are small values; one that is not
/// goes by the node, and so do the next ones. Calls arrive in their order: before the first direct one after others, a
/// fence goes by the node, and the callee leaves what stands behind the fence until that has come.
///
/// Thread-safety: any method, from any thread, but those for the one thread that takes the process' messages.
class DirectCalls {
 public:
  /// What user code waits for: an answer, or that there will be none.
  struct Settled {
    ObjectPtr result;
    ObjectState::Outcome outcome;
  };

  /// `link` must outlive it. Stepped, it never waits.
  DirectCalls(WorkerLink& link, bool is_stepped)
      : link_(link), after_(link.layout().direct_after), is_stepped_(is_stepped) {}

  /// False: all calls go by the node.
  bool is_on() const { return after_ != 0; }
  /// Who sends a call, by whatever way, holds it from send() until the call is on its way.
  std::mutex& order() { return order_; }
  /// Sends the call if it can go directly. False: it goes by the node. With order() held. The result's number is
  /// its name; from before it is sent, on_its_way() has said which slot it went to.
  template <class OnItsWay>
  bool send(std::uint64_t actor, const Call& call, OnItsWay&& on_its_way) {
    Route* route = route_of(actor, call);
    if (route == nullptr) return false;
    on_its_way(route->pair->slot);
    if (push(*route, call)) return true;
    on_its_way(kNoSlot);
    return false;
  }
  static constexpr std::uint32_t kNoSlot = ~std::uint32_t{0};
  /// Calls of the actor go by the node from now on: it is to end.
  void leave(std::uint64_t actor);
  /// No handle is left.
  void forget(std::uint64_t actor);
  /// Those of which it keeps something.
  std::size_t known_actors();

  /// Nobody waits for anything any more.
  void abandon();

  // For the thread that takes messages.

  void open(std::uint64_t actor, std::uint32_t slot);
  void refuse(std::uint64_t actor);
  bool has_answers() const;
  /// Takes at most `most` answers to `settled`. How many. They stay in the ring, where the node finds them should this
  /// process die, until release_answers() says that all who are to hear of them have.
  std::size_t take_answers(std::size_t most, std::vector<Settled>& settled);
  void release_answers();
  /// The actor is dead: takes the last answers, and then `error_of(function)` for each of the calls that have none.
  template <class ErrorOf>
  void lose(std::uint64_t actor, std::vector<Settled>& settled, ErrorOf&& error_of) {
    const std::shared_ptr<Pair> pair = leave_pair(actor);
    if (!pair) return;
    take_answers_of(*pair, SIZE_MAX, settled);
    for (PendingCalls::Entry& entry : drain(*pair))
      settled.push_back({std::move(entry.result), error_of(entry.function)});
  }
  /// After lose(), once what it gave is settled: the slot may be used again.
  void close(std::uint64_t actor);
  /// The answer to `call` comes by the node: it is pending no more. Null: it is not pending.
  ObjectPtr take(std::uint64_t call);

 private:
  struct Pair {
    std::uint32_t slot = 0;
    SharedMemory memory;
    Doorbell* bell = nullptr;
    RingProducer calls;      // Guarded by order_.
    std::uint64_t made = 0;  // Likewise.
    RingConsumer answers;    // Of the thread that takes messages.
    Message incoming;        // Likewise.
    bool has_taken = false;  // Answers that are not released yet. Likewise.
    bool is_damaged = false;
    std::mutex mutex;  // Guards pending.
    PendingCalls pending;
  };
  struct Route {
    std::shared_ptr<Pair> pair;  // Null: there is none yet.
    std::uint64_t fence = 0;     // The last.
    std::uint32_t in_a_row = 0;  // Calls that went by the node and could have gone directly.
    std::uint32_t wanted = 0;    // How many of them there are to be before the next goes directly.
    bool is_direct = false;
    bool is_asked = false;      // The node is to say whether there can be a pair.
    bool is_forgotten = false;  // Once it has, if there can be none.
    bool has_left = false;
  };

  Route* route_of(std::uint64_t actor, const Call& call);
  Route& find_route(std::uint64_t actor);
  static bool fits(const Call& call);
  bool push(Route& route, const Call& call);
  bool push_soon(Pair& pair, const MessageHeader& header, const Call& call) const;
  void fall_back(Route& route) const;
  std::size_t take_answers_of(Pair& pair, std::size_t most, std::vector<Settled>& settled);
  bool take_answer(Pair& pair, std::span<const std::byte> bytes, std::vector<Settled>& settled);
  std::shared_ptr<Pair> leave_pair(std::uint64_t actor);
  static std::vector<PendingCalls::Entry> drain(Pair& pair);

  WorkerLink& link_;
  const std::uint32_t after_;
  const bool is_stepped_;

  std::mutex order_;  // Guards the next three.
  std::unordered_map<std::uint64_t, Route> routes_;
  std::uint64_t last_actor_ = 0;
  Route* last_route_ = nullptr;  // Its; null: none.

  std::vector<std::shared_ptr<Pair>> taking_;                         // Of the thread that takes messages.
  std::unordered_map<std::uint64_t, std::shared_ptr<Pair>> leaving_;  // Likewise: between lose() and close().
};

}  // namespace manta
